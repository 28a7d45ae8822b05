"""Keys come from the server's secret or from a caller's token, and stay the same."""

from __future__ import annotations

import base64
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor

from producer_client import Serve, calling
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from callback_receiver import receiving
from songwright.access import LOCAL, TokenRing, principal_of
from songwright.http.keys import Keys
from songwright.settings import Settings

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - made up


def test_servers_that_start_at_once_share_one_secret(settings: Settings) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda _: Keys(settings, TokenRing(())), range(16)))
    assert len({key.for_links for key in keys}) == 1
    assert [path.name for path in settings.home.iterdir()] == ["secret.key"]


def test_the_operators_secret_is_used_and_nothing_is_kept(settings: Settings) -> None:
    given = settings.model_copy(update={"secret": SecretStr("s" * 32)})
    assert Keys(given, TokenRing(())).for_links == Keys(given, TokenRing(())).for_links
    assert not settings.home.exists()


def test_each_token_signs_with_a_secret_of_its_own(settings: Settings) -> None:
    ring = TokenRing((SecretStr(TOKEN), SecretStr(TOKEN + "2")))
    keys = Keys(settings, ring)
    secrets = {
        keys.for_callbacks(principal) for principal in (principal_of(TOKEN), principal_of(TOKEN + "2"), LOCAL)
    }
    assert len(secrets) == 3


async def test_a_tokens_holder_can_verify_its_callbacks(serve: Serve, settings: Settings) -> None:
    async with receiving() as receiver:
        guarded = settings.model_copy(
            update={"tokens": (SecretStr(TOKEN),), "allowed_hosts": (receiver.host,)}
        )
        async with serve(guarded) as app, calling(app, TOKEN) as client:
            body = {"action": "generate", "prompt": "folk", "callback_url": receiver.url}
            task_id = (await client.post("/producer/audios", json=body)).json()["task_id"]
            [came] = await receiver.until(1)
            digest = hmac.digest(TOKEN.encode(), b"songwright callbacks", hashlib.sha256)
            secret = "whsec_" + base64.b64encode(digest).decode()
            assert Webhook(secret).verify(came.body, came.headers)["task_id"] == task_id
            assert principal_of(TOKEN) not in came.body.decode()
            page = (await client.get("/docs")).text
            assert "songwright callbacks" in page

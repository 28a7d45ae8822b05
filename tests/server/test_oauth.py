"""Access tokens of an authorization server: whose they are, whom they are for, and what is refused."""

from __future__ import annotations

from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from pydantic import HttpUrl, SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from songwright.access import PRINCIPAL_KEY
from songwright.errors import ConfigurationError
from songwright.server.guard import BearerGate, parse_bind
from songwright.server.oauth import (
    Granted,
    InsufficientScope,
    InvalidToken,
    Unavailable,
    oauth_resource,
)
from songwright.settings import Settings
from standins.issuer import ISSUER, RESOURCE, Issuer

KEYS = "https://login.example/keys"
METADATA = "https://songs.example/.well-known/oauth-protected-resource/mcp"
OWN_TOKEN = "correct-horse-battery-staple"  # noqa: S105 - made up


@pytest.fixture
def issuer() -> Issuer:
    """An issuer with one key."""
    return Issuer()


async def test_a_token_for_this_server_lets_its_subject_in(issuer: Issuer) -> None:
    resource = issuer.resource("songs")
    ada, again = await resource.check(issuer.token()), await resource.check(issuer.token())
    bob = await resource.check(issuer.token(sub="bob", aud=["https://other.example", RESOURCE]))
    assert isinstance(ada, Granted)
    assert ada == again != bob
    assert "ada" not in ada.principal
    assert issuer.asked.count(KEYS) == 1


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://other.example/mcp"},
        {"aud": None},
        {"iss": "https://login.example/other"},
        {"iss": None},
        {"exp": 1_000_000},
        {"exp": None},
        {"sub": None},
        {"nbf": 32_503_680_000},
    ],
    ids=lambda claims: "-".join(f"{name} {value}" for name, value in claims.items())[:40],
)
async def test_a_token_that_is_not_for_this_server_now_is_refused(
    issuer: Issuer, claims: dict[str, Any]
) -> None:
    assert await issuer.resource().check(issuer.token(**claims)) == InvalidToken()


async def test_a_token_that_another_key_signed_is_refused(issuer: Issuer) -> None:
    forged = issuer.token(signed_by=generate_private_key(SECP256R1()))
    unsigned = jwt.encode(
        {"iss": ISSUER, "aud": RESOURCE, "sub": "ada", "exp": 2**40}, None, algorithm="none"
    )
    for token in (forged, unsigned, "nonsense", "", "x" * 20_000):
        assert await issuer.resource().check(token) == InvalidToken()


async def test_a_token_with_too_little_scope_is_good_but_not_enough(issuer: Issuer) -> None:
    resource = issuer.resource("songs", "edit")
    assert await resource.check(issuer.token()) == InsufficientScope()
    assert isinstance(await resource.check(issuer.token(scope="edit songs")), Granted)


async def test_new_keys_are_found_and_unknown_ones_do_not_flood_the_issuer(
    issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = issuer.resource()
    await resource.check(issuer.token())
    issuer.keys["two"] = generate_private_key(SECP256R1())
    for _ in range(5):
        assert await resource.check(issuer.token(key="two")) == InvalidToken()
    assert issuer.asked.count(KEYS) == 1
    monkeypatch.setattr("songwright.server.oauth._REFETCH_SECONDS", 0)
    assert isinstance(await resource.check(issuer.token(key="two")), Granted)


async def test_an_issuer_that_is_down_or_speaks_for_another_vouches_for_nobody(issuer: Issuer) -> None:
    issuer.is_down = True
    assert await issuer.resource().check(issuer.token()) == Unavailable()
    issuer.is_down, issuer.says_issuer = False, "https://elsewhere.example"
    assert await issuer.resource().check(issuer.token()) == Unavailable()


async def whose(request: Request) -> Response:
    return JSONResponse({"principal": request.scope.get(PRINCIPAL_KEY)})


def guarded(
    issuer: Issuer, *, tokens: tuple[str, ...] = (), scopes: tuple[str, ...] = ()
) -> httpx.AsyncClient:
    resource = issuer.resource(*scopes)
    gate = Middleware(BearerGate, tokens=[SecretStr(token) for token in tokens], oauth=resource)
    paths = [Route(path, whose) for path in ("/mcp", "/producer/audios", "/healthz")]
    app = Starlette(routes=[*paths, *resource.routes()], middleware=[gate])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://songs.example")


async def test_clients_are_led_from_the_refusal_to_the_issuer(issuer: Issuer) -> None:
    async with guarded(issuer, scopes=("songs",)) as http:
        refused = await http.get("/mcp")
        assert refused.status_code == 401
        assert f'resource_metadata="{METADATA}"' in refused.headers["www-authenticate"]
        metadata = (await http.get(METADATA)).json()
        assert metadata["resource"] == RESOURCE
        assert [url.rstrip("/") for url in metadata["authorization_servers"]] == [ISSUER]
        assert metadata["scopes_supported"] == ["songs"]
        poor = await http.get("/mcp", headers={"Authorization": f"Bearer {issuer.token(scope='')}"})
        assert poor.status_code == 403
        assert 'error="insufficient_scope"' in poor.headers["www-authenticate"]
        good = await http.get("/mcp", headers={"Authorization": f"Bearer {issuer.token()}"})
        assert good.json()["principal"].startswith("oauth-")
        issuer.is_down = True
        assert (await http.get("/healthz")).status_code == 200


async def test_own_tokens_stay_good_beside_access_tokens(issuer: Issuer) -> None:
    async with guarded(issuer, tokens=(OWN_TOKEN,)) as http:
        told = await http.get("/mcp", headers={"Authorization": f"Bearer {OWN_TOKEN}"})
        assert told.json()["principal"].startswith("token-")


async def test_the_rest_api_learns_whose_an_access_token_is_and_hears_no_other_call(
    issuer: Issuer,
) -> None:
    async with guarded(issuer, scopes=("songs",)) as http:
        good = {"Authorization": f"Bearer {issuer.token()}"}
        told = (await http.get("/producer/audios", headers=good)).json()
        assert told == (await http.get("/mcp", headers=good)).json()
        assert told["principal"].startswith("oauth-")
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Basic {issuer.token()}"}):
            refused = await http.get("/producer/audios", headers=headers)
            assert refused.status_code in (400, 401)
            assert f'resource_metadata="{METADATA}"' in refused.headers["www-authenticate"]
            assert not refused.json()["success"]


def test_oauth_needs_a_public_url_and_a_safe_issuer(settings: Settings) -> None:
    assert oauth_resource(settings, "/mcp") is None
    issuer = settings.model_copy(update={"oauth_issuer": HttpUrl(ISSUER)})
    with pytest.raises(ConfigurationError, match="SONGWRIGHT_PUBLIC_URL"):
        oauth_resource(issuer, "/mcp")
    plain = settings.model_copy(update={"oauth_issuer": HttpUrl("http://login.example")})
    with pytest.raises(ConfigurationError, match="SONGWRIGHT_OAUTH_ISSUER"):
        oauth_resource(plain, "/mcp")
    whole = issuer.model_copy(update={"public_url": HttpUrl("https://songs.example")})
    resource = oauth_resource(whole, "/mcp")
    assert resource is not None
    assert resource.metadata_url == METADATA


def test_with_an_issuer_the_server_may_listen_beyond_this_machine() -> None:
    assert not parse_bind("0.0.0.0:80", (), has_oauth=True).is_loopback

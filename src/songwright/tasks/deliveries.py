"""Delivers callbacks: signed by Standard Webhooks, to public addresses, again and again for a day.

See https://www.standardwebhooks.com for the three ``webhook-`` headers. Redirects are not followed; a 2xx
answer alone counts as taken, and 410 ends the attempts.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import anyio
import anyio.to_thread
import httpx
from standardwebhooks.webhooks import Webhook

from songwright.outbound import AddressRules, ForbiddenAddressError, Resolve, guarded_client
from songwright.tasks.callbacks import Callback, Callbacks

__all__ = ["Compose", "Deliveries"]

Compose = Callable[[Callback], Awaitable[dict[str, Any]]]
"""The body of a callback whose task has ended."""

_POLL_SECONDS = 0.5
_ATTEMPT_SECONDS = 15.0
_AT_ONCE = 32
_AT_ONCE_TO_A_HOST = 8
_GONE = 410

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Delivers what is owed, as long as it runs. Any number may run on one database.

    Attributes:
        callbacks: What is owed.
        compose: Makes the bodies.
        secret_of: The signing secret, ``whsec_...``, of a principal.
        rules: Which private hosts the operator allows.
        clock: The time, aware.
        note: Told of each attempt: ``delivered``, ``failed`` or ``refused``.
        resolve: Looks names up; the system's resolver where left out.
    """

    callbacks: Callbacks
    compose: Compose
    secret_of: Callable[[str], str]
    rules: AddressRules
    clock: Callable[[], datetime]
    note: Callable[[Literal["delivered", "failed", "refused"]], None] = lambda _: None
    resolve: Resolve | None = None

    async def run(self) -> None:
        """Deliver until cancelled. One attempt hangs up no other."""
        under_way: Counter[str] = Counter()
        async with (
            guarded_client(self.rules, resolve=self.resolve) as client,
            anyio.create_task_group() as group,
        ):

            async def attempt(callback: Callback) -> None:
                try:
                    await self._attempt(client, callback)
                except Exception:  # noqa: BLE001 - the claim runs out, and it is tried again
                    _log.exception("what became of task %s's callback could not be kept", callback.task_id)
                finally:
                    under_way[callback.host] -= 1

            while True:
                try:
                    for callback in await self._claimed(under_way):
                        under_way[callback.host] += 1
                        group.start_soon(attempt, callback)
                except Exception:  # noqa: BLE001 - whatever it was, callbacks must not be left alone
                    _log.exception("callbacks could not be looked for; trying again")
                await anyio.sleep(_POLL_SECONDS)

    async def deliver_due(self) -> int:
        """Try everything that is due now, once, and return how many there were."""
        async with guarded_client(self.rules, resolve=self.resolve) as client:
            claimed = await self._claimed(Counter())
            async with anyio.create_task_group() as group:
                for callback in claimed:
                    group.start_soon(self._attempt, client, callback)
        return len(claimed)

    async def _claimed(self, under_way: Counter[str]) -> list[Callback]:
        room = _AT_ONCE - under_way.total()
        if room <= 0:
            return []
        busy = [host for host, count in under_way.items() if count >= _AT_ONCE_TO_A_HOST]
        return await anyio.to_thread.run_sync(
            lambda: self.callbacks.claim(
                self.clock(), room, most_to_a_host=_AT_ONCE_TO_A_HOST, busy_hosts=busy
            )
        )

    async def _attempt(self, client: httpx.AsyncClient, callback: Callback) -> None:
        try:
            body = json.dumps(await self.compose(callback), ensure_ascii=False, separators=(",", ":"))
            with anyio.fail_after(_ATTEMPT_SECONDS):
                status = await self._post(client, callback, body)
        except ForbiddenAddressError:
            await self._settle(self.callbacks.abandoned, callback, "address refused")
            self.note("refused")
        except (httpx.HTTPError, TimeoutError) as error:
            slow = isinstance(error, TimeoutError | httpx.TimeoutException)
            await self._settle(
                self.callbacks.failed, callback, "no answer in time" if slow else "no connection"
            )
            self.note("failed")
        except Exception:  # noqa: BLE001 - one callback's failure is no other's
            _log.exception("the callback of task %s could not be tried", callback.task_id)
            await self._settle(self.callbacks.failed, callback, "failed inside songwright")
            self.note("failed")
        else:
            taken = 200 <= status < 300
            end = self.callbacks.delivered if taken else self.callbacks.failed
            if status == _GONE:
                end = self.callbacks.abandoned
            await self._settle(end, callback, f"HTTP {status}")
            self.note("delivered" if taken else "failed")

    async def _post(self, client: httpx.AsyncClient, callback: Callback, body: str) -> int:
        now = self.clock()
        message_id = f"msg_{callback.task_id}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "songwright",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(self.secret_of(callback.principal)).sign(message_id, now, body),
        }
        # The answer's body is nobody's business: only its first line is read.
        async with client.stream("POST", callback.url, content=body.encode(), headers=headers) as response:
            return response.status_code

    async def _settle(
        self, end: Callable[[str, datetime, str], None], callback: Callback, outcome: str
    ) -> None:
        _log.info("callback of task %s: %s", callback.task_id, outcome)
        await anyio.to_thread.run_sync(end, callback.task_id, self.clock(), outcome)

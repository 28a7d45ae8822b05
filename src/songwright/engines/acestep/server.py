"""An ACE-Step server over HTTP."""

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import anyio
import httpx
from pydantic import SecretStr

from songwright.bounded_http import UNBOUNDED, bounded_client
from songwright.engines.acestep.replies import (
    Outcome,
    ServerFacts,
    malformed,
    read_envelope,
    read_models,
    read_outcome,
    read_task_id,
)
from songwright.engines.remote.errors import (
    MalformedReplyError,
    OutcomeUnknownError,
    RemoteFailureError,
    TokenRefusedError,
    TooManyRequestsError,
    UnreachableError,
)
from songwright.engines.remote.patience import Patience, Pause
from songwright.errors import ConfigurationError, RequestError, SongwrightError

__all__ = ["KEY_SETTING", "URL_SETTING", "AceStepServer", "probe"]

URL_SETTING = "SONGWRIGHT_ACESTEP_URL"
KEY_SETTING = "SONGWRIGHT_ACESTEP_API_KEY"

_PROBE_SECONDS = 3.0
_SUBMIT = httpx.Timeout(300.0, connect=10.0)
_SUBMIT_SECONDS = 900.0
_LOOK_SECONDS = 60.0
_LOOK = httpx.Timeout(30.0, connect=10.0)


def probe(base_url: str, key: SecretStr | None) -> ServerFacts:
    """Ask a server what it can do. Blocks, for some seconds at most.

    Raises:
        ConfigurationError: It can't be reached, is not healthy, or does not accept the key.
        MalformedReplyError: What answers is not an ACE-Step server.
    """
    try:
        with bounded_client(base_url=base_url, headers=_headers(key), timeout=_PROBE_SECONDS) as client:
            health = client.get("/health")
            if health.status_code != httpx.codes.OK:
                raise ConfigurationError(
                    "the ACE-Step server there is not healthy; look at its log, and restart it",
                    setting=URL_SETTING,
                )
            models = client.get("/v1/model_inventory")
            if models.status_code == httpx.codes.NOT_FOUND:
                # Older servers; there, what lets them stand in for OpenRouter may own the documented route.
                models = client.get("/v1/models")
            return read_models(_data(models))
    except httpx.TransportError:
        raise ConfigurationError(
            "no ACE-Step server answers there; start one with: uv run acestep-api", setting=URL_SETTING
        ) from None


class AceStepServer:
    """One server, through a client that stays open as long as this is used."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base_url: str,
        key: SecretStr | None,
        pause: Pause,
        patience: Patience,
    ) -> None:
        """See :class:`songwright.engines.acestep.engine.AceStepEngine`."""
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._pause = pause
        self._patience = patience

    async def release(self, fields: dict[str, Any], source: Path | None) -> str:
        """Ask for work; the id of the task.

        The source goes along as a file: paths on the server's disk are refused by it. Only a request that was
        certainly not accepted is made again.

        Raises:
            SongwrightError: It was refused.
            OutcomeUnknownError: What became of it is not known.
        """
        gaps = iter(self._patience.retry_gaps)
        for tries_left in range(self._patience.retries, -1, -1):
            problem: SongwrightError
            try:
                with anyio.fail_after(_SUBMIT_SECONDS):
                    response = await self._release_once(fields, source)
                if response.status_code == httpx.codes.UNSUPPORTED_MEDIA_TYPE:
                    raise RemoteFailureError(
                        "the ACE-Step server takes no uploads; update it to version 1.5", retryable=False
                    )
                return read_task_id(_data(response))
            except TooManyRequestsError as error:
                problem = error
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
                problem = _unreachable()
            except (httpx.TransportError, TimeoutError, MalformedReplyError):
                raise OutcomeUnknownError(
                    "the request was sent to the ACE-Step server and its answer was lost; the work may be "
                    "under way there. Look at the server before you ask again",
                    retryable=False,
                ) from None
            if tries_left == 0:
                raise problem
            await self._pause.sleep(next(gaps))
        raise AssertionError("the last try returns or raises")

    async def outcome(self, task_id: str) -> Outcome | None:
        """Where a task stands; None where the server could not say this time.

        Raises:
            TokenRefusedError: The key is no longer accepted.
        """
        body = {"task_id_list": json.dumps([task_id])}
        try:
            with anyio.fail_after(_LOOK_SECONDS):
                response = await self._client.post(
                    self._base_url + "/query_result", json=body, headers=_headers(self._key), timeout=_LOOK
                )
            return read_outcome(_data(response), task_id)
        except TokenRefusedError:
            raise
        except (httpx.TransportError, TimeoutError, SongwrightError):
            return None

    async def is_idle(self) -> bool:
        """Whether the server says that it has nothing to do; a task it shows nothing of is lost then."""
        try:
            with anyio.fail_after(_LOOK_SECONDS):
                response = await self._client.get(
                    self._base_url + "/v1/stats", headers=_headers(self._key), timeout=_LOOK
                )
            jobs = _data(response).get("jobs")
        except (httpx.TransportError, TimeoutError, SongwrightError, AttributeError):
            return False
        return isinstance(jobs, dict) and jobs.get("running") == 0 and jobs.get("queued") == 0

    def audio(self, path: str) -> AbstractAsyncContextManager[httpx.Response]:
        """A recording on the server, by the path that a result gave."""
        return self._client.stream(
            "GET", self._base_url + path, headers=_headers(self._key), timeout=_LOOK, extensions=UNBOUNDED
        )

    async def _release_once(self, fields: dict[str, Any], source: Path | None) -> httpx.Response:
        url = self._base_url + "/release_task"
        headers = _headers(self._key)
        if source is None:
            return await self._client.post(url, json=fields, headers=headers, timeout=_SUBMIT)
        with source.open("rb") as file:
            return await self._client.post(
                url,
                data={name: _form(value) for name, value in fields.items()},
                files={"src_audio": ("source.flac", file, "audio/flac")},
                headers=headers,
                timeout=_SUBMIT,
            )


def _form(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _headers(key: SecretStr | None) -> dict[str, str]:
    return {} if key is None else {"authorization": f"Bearer {key.get_secret_value()}"}


def _data(response: httpx.Response) -> Any:
    """The data of an answer.

    Raises:
        SongwrightError: It is an error, by its status or by the code inside it.
        MalformedReplyError: It is not of the documented shape.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    status = response.status_code
    if status == httpx.codes.OK:
        if body is None:
            raise malformed()
        status, data = read_envelope(body)
        if status == httpx.codes.OK:
            return data
    match status:
        case 401 | 403:
            raise _key_refused()
        case 503 if "key" in str(body).lower():
            raise _key_refused()
        case 429:
            raise TooManyRequestsError(
                "the ACE-Step server's queue is full; ask again later, or name another engine", retryable=True
            )
        case 400 | 413 | 422:
            raise RequestError(
                "the ACE-Step server does not accept the request; change its fields, or name another engine"
            )
        case 404:
            raise ConfigurationError(
                "what answers there has no such route; let it lead to an ACE-Step 1.5 server",
                setting=URL_SETTING,
            )
        case _:
            raise RemoteFailureError(
                "the ACE-Step server failed; look at its log, then ask again", retryable=True
            )


def _key_refused() -> TokenRefusedError:
    return TokenRefusedError(
        "the ACE-Step server does not accept it; set the same key here and as ACESTEP_API_KEY there",
        setting=KEY_SETTING,
    )


def _unreachable() -> UnreachableError:
    return UnreachableError(
        f"the ACE-Step server can't be reached; start it, or correct {URL_SETTING}", retryable=True
    )

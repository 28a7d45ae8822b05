"""The Producer API over HTTP: six endpoints, and which requests may be sent twice.

Questions about a task cost nothing and are repeated. Everything else may be charged, so it is repeated only
where it was certainly not accepted: no connection came about, or the gateway answered 429.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx
from pydantic import SecretStr

from songwright.engines.hosted.refusals import is_known, refusal
from songwright.engines.hosted.replies import (
    Accepted,
    Lyrics,
    Record,
    Refused,
    Submitted,
    Upload,
    read_export_link,
    read_lyrics,
    read_record,
    read_refusal,
    read_submitted,
    read_upload,
)
from songwright.engines.remote.errors import (
    MalformedReplyError,
    OutcomeUnknownError,
    TooManyRequestsError,
    UnreachableError,
)
from songwright.engines.remote.patience import Patience, Pause
from songwright.errors import SongwrightError

__all__ = ["ProducerService", "Timeouts"]


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long one request may take, in seconds.

    Attributes:
        connect: Until a connection stands.
        submit: For an answer to a request that may be charged. A service that ignores ``async`` makes the
            song first, so this is long.
        look: For an answer about a task.
    """

    connect: float = 10.0
    submit: float = 300.0
    look: float = 30.0


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    body: Any
    is_json: bool
    retry_after_seconds: float | None


class _NotSentError(Exception):
    pass


class ProducerService:
    """One account at the Producer API."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base_url: str,
        token: SecretStr,
        pause: Pause,
        patience: Patience,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Talk through ``client``, which bounds what it reads and stays open as long as this is used."""
        self._client = client
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._pause = pause
        self._patience = patience
        self._timeouts = timeouts or Timeouts()

    async def submit(self, body: dict[str, Any]) -> Accepted | Submitted:
        """Ask for audio: a new song, an edit, or stems.

        Raises:
            SongwrightError: It was refused, and nothing was charged.
            OutcomeUnknownError: It was sent, and what became of it is not known.
        """
        reply = await self._charged("/producer/audios", body)
        try:
            outcome = read_submitted(reply.body)
        except MalformedReplyError:
            raise _unknown_outcome() from None
        if not isinstance(outcome, Refused):
            return outcome
        if outcome.task_id and reply.status == httpx.codes.GATEWAY_TIMEOUT:
            # The gateway stopped waiting for work that goes on.
            return Accepted(outcome.task_id)
        raise refusal(reply.status, outcome.code, outcome.message)

    async def record(self, task_id: str) -> Record | None:
        """Where a task stands; None where the service could not say this time.

        Raises:
            TokenRefusedError: The token is no longer accepted.
        """
        body = {"action": "retrieve", "id": task_id}
        try:
            reply = await self._post("/producer/tasks", body, self._timeouts.look)
        except (_NotSentError, httpx.TransportError):
            return None
        if reply.status == httpx.codes.NOT_FOUND:
            return read_record(None, task_id)
        if reply.status in (httpx.codes.UNAUTHORIZED, httpx.codes.BAD_REQUEST, httpx.codes.FORBIDDEN):
            refused = read_refusal(reply.body)
            raise refusal(reply.status, refused.code if refused else "")
        if reply.status != httpx.codes.OK or not reply.is_json:
            return None
        return read_record(reply.body, task_id)

    async def lyrics(self, prompt: str) -> Lyrics:
        """Have lyrics written.

        Raises:
            SongwrightError: It was refused.
            OutcomeUnknownError: What became of it is not known.
        """
        # Answers that carry words also carry a status, so the words decide.
        reply = await self._charged("/producer/lyrics", {"prompt": prompt})
        return read_lyrics(self._granted(reply))

    async def upload(self, audio_url: str) -> Upload:
        """Have the service fetch audio from a public address.

        Raises:
            SongwrightError: It was refused.
            OutcomeUnknownError: What became of it is not known.
        """
        return read_upload(self._granted(await self._charged("/producer/upload", {"audio_url": audio_url})))

    async def wav(self, audio_id: str) -> str:
        """A link to a song's audio as WAV.

        Raises:
            SongwrightError: It was refused.
            OutcomeUnknownError: What became of it is not known.
        """
        reply = await self._charged("/producer/wav", {"audio_id": audio_id})
        return read_export_link(self._granted(reply), "file_url", "audio_url", "wav_url")

    async def video(self, audio_id: str) -> str:
        """A link to a song's video, MP4.

        Raises:
            SongwrightError: It was refused.
            OutcomeUnknownError: What became of it is not known.
        """
        reply = await self._charged("/producer/videos", {"audio_id": audio_id})
        return read_export_link(self._granted(reply), "video_url", "file_url")

    def _granted(self, reply: _Reply) -> Any:
        refused = read_refusal(reply.body)
        if refused is not None:
            raise refusal(reply.status, refused.code, refused.message)
        return reply.body

    async def _charged(self, path: str, body: dict[str, Any]) -> _Reply:
        gaps = iter(self._patience.retry_gaps)
        for tries_left in range(self._patience.retries, -1, -1):
            gap = next(gaps)
            problem: SongwrightError
            try:
                reply = await self._post(path, body, self._timeouts.submit)
            except _NotSentError:
                problem = UnreachableError(
                    "the hosted API can't be reached; check the network and SONGWRIGHT_HOSTED_URL, or name "
                    "another engine",
                    retryable=True,
                )
            except httpx.TransportError:
                raise _unknown_outcome() from None
            else:
                if reply.status != httpx.codes.TOO_MANY_REQUESTS:
                    return _understood(reply)
                problem = _rate_limited(reply)
                asked = reply.retry_after_seconds
                if asked is not None and asked > self._patience.longest_retry_after_seconds:
                    raise problem
                gap = max(gap, asked or 0.0)
            if tries_left == 0:
                raise problem
            await self._pause.sleep(gap)
        raise AssertionError("the last try returns or raises")

    async def _post(self, path: str, body: dict[str, Any], answer_within_seconds: float) -> _Reply:
        timeout = httpx.Timeout(
            answer_within_seconds, connect=self._timeouts.connect, pool=answer_within_seconds
        )
        headers = {
            "authorization": f"Bearer {self._token.get_secret_value()}",
            "accept": "application/json",
        }
        try:
            # The limits above are for each step; a service that drips its answer is held to this one.
            with anyio.fail_after(answer_within_seconds + self._timeouts.connect):
                async with self._opened(path, body, headers, timeout) as response:
                    return await _read(response)
        except TimeoutError:
            raise httpx.ReadTimeout("the answer took too long") from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _NotSentError from error

    @asynccontextmanager
    async def _opened(
        self, path: str, body: dict[str, Any], headers: dict[str, str], limits: httpx.Timeout
    ) -> AsyncIterator[httpx.Response]:
        url = self._base_url + path
        async with self._client.stream("POST", url, json=body, headers=headers, timeout=limits) as response:
            yield response


async def _read(response: httpx.Response) -> _Reply:
    await response.aread()
    retry_after = response.headers.get("retry-after", "")
    try:
        body, is_json = response.json(), True
    except ValueError:
        body, is_json = None, False
    return _Reply(
        status=response.status_code,
        body=body,
        is_json=is_json,
        retry_after_seconds=float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None,
    )


def _understood(reply: _Reply) -> _Reply:
    """The reply, where it says for certain whether the request was accepted.

    Raises:
        SongwrightError: It says that the request was not.
        OutcomeUnknownError: It leaves it open.
    """
    if reply.status < httpx.codes.BAD_REQUEST:
        if not reply.is_json:
            raise _unknown_outcome()
        return reply
    refused = read_refusal(reply.body)
    if reply.status < httpx.codes.INTERNAL_SERVER_ERROR:
        if refused is None:
            raise refusal(reply.status, "")
        raise refusal(reply.status, refused.code, refused.message)
    if refused is None or not is_known(refused.code):
        raise _unknown_outcome()
    if reply.status == httpx.codes.GATEWAY_TIMEOUT and not refused.task_id:
        raise _unknown_outcome()
    return reply


def _rate_limited(reply: _Reply) -> SongwrightError:
    error = refusal(reply.status, "too_many_requests")
    assert isinstance(error, TooManyRequestsError)  # noqa: S101 - by the table of codes
    return error


def _unknown_outcome() -> OutcomeUnknownError:
    return OutcomeUnknownError(
        "the request was sent to the hosted API and its answer was lost, so it may have been accepted and "
        "charged; it is not sent again. Look at the account's task list before you ask again",
        retryable=False,
    )

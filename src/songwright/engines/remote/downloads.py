"""Fetches results to disk: within limits of size and time, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio
import httpx

from songwright.bounded_http import EncodedBodyError
from songwright.engines.remote.errors import DownloadError
from songwright.engines.remote.patience import Gaps, Pause
from songwright.outbound import ForbiddenAddressError

__all__ = ["Limits", "Stream", "fetch"]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})

_GAPS = Gaps(1.0, 2.0, 8.0)

_Checked = TypeVar("_Checked")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a download may take.

    Attributes:
        max_bytes: Larger files are refused.
        seconds: For one try.
        retries: So many tries after the first.
        redirects: So many are followed; each leads through the same checks as the link.
    """

    max_bytes: int = 512 * 1024**2
    seconds: float = 300.0
    retries: int = 3
    gaps: Gaps = _GAPS
    redirects: int = 3


Stream = Callable[[str], AbstractAsyncContextManager[httpx.Response]]
"""Opens a GET request for a link; the response's body is unread."""


class _TryAgainError(Exception):
    pass


async def fetch(
    stream: Stream,
    url: str,
    path: Path,
    pause: Pause,
    check: Callable[[Path], _Checked],
    limits: Limits | None = None,
) -> _Checked:
    """Fetch a file and check it.

    Args:
        stream: Opens the link.
        url: The link.
        path: Where to put the file.
        pause: Lets time go by between tries.
        check: Reads the file, in another thread. Where it raises ``DownloadError`` the file is taken for
            damaged and fetched again.
        limits: What it may take.

    Returns:
        What ``check`` returned.

    Raises:
        DownloadError: The link is gone, forbidden or too large, or the file stays damaged.
    """
    limits = limits or Limits()
    gaps = iter(limits.gaps)
    for tries_left in range(limits.retries, -1, -1):
        try:
            with anyio.fail_after(limits.seconds):
                await _fetch_once(stream, url, path, limits)
            return await anyio.to_thread.run_sync(check, path)
        except EncodedBodyError as error:
            raise DownloadError(
                "the service sends the audio compressed although it was asked not to, and it was not fetched",
                retryable=False,
            ) from error
        except (_TryAgainError, httpx.TransportError, TimeoutError):
            problem = DownloadError(
                "the audio could not be fetched whole; the song exists at the service", retryable=False
            )
        except ForbiddenAddressError as error:
            raise DownloadError(
                "the service's link leads to an address that must not be reached; the operator may allow its "
                "host in SONGWRIGHT_ALLOWED_HOSTS",
                retryable=False,
            ) from error
        except DownloadError as error:
            if not error.retryable:
                raise
            problem = DownloadError(error.message, retryable=False)
        if tries_left == 0:
            raise problem
        await pause.sleep(next(gaps))
    raise AssertionError("the last try returns or raises")


async def _fetch_once(stream: Stream, url: str, path: Path, limits: Limits) -> None:
    for _ in range(limits.redirects + 1):
        async with stream(url) as response:
            if response.status_code in _REDIRECTS and "location" in response.headers:
                url = str(httpx.URL(url).join(response.headers["location"]))
                continue
            if response.status_code in _WORTH_ANOTHER_TRY:
                raise _TryAgainError
            if response.status_code != httpx.codes.OK:
                raise DownloadError(
                    f"the link to the audio no longer works (HTTP {response.status_code})", retryable=False
                )
            await _save(response, path, limits.max_bytes)
            return
    raise DownloadError("the link to the audio leads in circles", retryable=False)


async def _save(response: httpx.Response, path: Path, max_bytes: int) -> None:
    announced = response.headers.get("content-length", "")
    expected = int(announced) if announced.isascii() and announced.isdigit() else 0
    if expected > max_bytes:
        raise _too_large(max_bytes)
    received = 0
    async with await anyio.open_file(path, "wb") as file:
        async for part in response.aiter_raw():
            received += len(part)
            if received > max_bytes:
                raise _too_large(max_bytes)
            await file.write(part)
    if received < expected:
        raise _TryAgainError


def _too_large(max_bytes: int) -> DownloadError:
    return DownloadError(
        f"the audio is larger than {max_bytes // 1024**2} MiB and was not fetched", retryable=False
    )

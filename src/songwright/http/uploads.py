"""``POST /producer/upload``: take a recording from the web into the library."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urljoin

import anyio
import httpx

from songwright.errors import RequestError
from songwright.http.bodies import UploadBody, parse_body
from songwright.http.desk import Caller, Desk
from songwright.http.faults import ApiError
from songwright.music.song import Song
from songwright.outbound import AddressRules, guarded_client, refuse_forbidden_url

__all__ = ["ImportsAudio", "fetch", "upload"]

MAX_AUDIO_BYTES = 50 * 1024 * 1024
_FETCH_SECONDS = 60.0
_MAX_REDIRECTS = 3


@runtime_checkable
class ImportsAudio(Protocol):
    """A studio that takes recordings."""

    async def import_audio(self, path: Path, *, principal: str) -> Song:
        """Take a recording into the library as a song.

        Raises:
            RequestError: The file is not a recording that can be read.
        """
        ...


async def upload(desk: Desk, caller: Caller, value: Any, task_id: str) -> dict[str, str]:  # noqa: ARG001
    """Fetch the recording and make it a song, whose id later calls can name as ``audio_id``."""
    body = parse_body(UploadBody, value)
    url = str(body.audio_url)
    refuse_forbidden_url(url, desk.rules, field="audio_url")
    studio = await desk.studio()
    if not isinstance(studio, ImportsAudio):
        raise ApiError(400, "api_not_implemented", "This server takes no recordings yet.")
    with tempfile.TemporaryDirectory(prefix="songwright-upload-") as folder:
        target = Path(folder) / "recording"
        await fetch(url, target, desk.rules)
        song = await studio.import_audio(target, principal=caller.principal)
    link = desk.link(caller.base_url, song.id, caller.principal)
    return {"audio_id": song.id, "lyric": song.facts.lyric, "audio_url": link("audio.mp3")}


async def fetch(url: str, target: Path, rules: AddressRules) -> None:
    """Save what a URL holds. Each redirect, three at most, is checked like the first address.

    Raises:
        RequestError: The address is refused, or does not answer with a file of at most 50 MB in a minute.
    """
    try:
        with anyio.fail_after(_FETCH_SECONDS):
            async with guarded_client(rules) as client:
                for _ in range(_MAX_REDIRECTS + 1):
                    async with client.stream("GET", url) as response:
                        if response.has_redirect_location:
                            url = urljoin(url, response.headers["location"])
                            refuse_forbidden_url(url, rules, field="audio_url")
                            continue
                        if response.status_code != 200:
                            raise RequestError(
                                f"its server answered {response.status_code}", field="audio_url"
                            )
                        await _save(response, target)
                        return
    except TimeoutError:
        raise RequestError("took more than a minute to fetch", field="audio_url") from None
    except httpx.HTTPError:
        raise RequestError("could not be fetched", field="audio_url") from None
    raise RequestError(f"redirects more than {_MAX_REDIRECTS} times", field="audio_url")


async def _save(response: httpx.Response, target: Path) -> None:
    size = 0
    async with await anyio.open_file(target, "wb") as file:
        async for part in response.aiter_bytes():
            size += len(part)
            if size > MAX_AUDIO_BYTES:
                raise RequestError(f"has more than {MAX_AUDIO_BYTES} bytes", field="audio_url")
            await file.write(part)

"""Recordings are fetched from public addresses, within bounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from documented import mismatches, success, uuid
from documented import url as is_url
from producer_client import Serve, calling, made

from songwright.errors import RequestError
from songwright.http import uploads
from songwright.http.uploads import fetch
from songwright.music.actions import parse_action
from songwright.music.song import Song
from songwright.music.task import Succeeded
from songwright.outbound import AddressRules, ForbiddenAddressError
from songwright.settings import Settings
from songwright.studio import Studio


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[str, AddressRules]]:
    """A server that gives these answers, in order; its URL, and rules that allow it."""
    left = list(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(left.pop(0).replace(b"PORT", str(port).encode()))
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/a.mp3", AddressRules(frozenset({f"127.0.0.1:{port}"}))
    finally:
        server.close()
        await server.wait_closed()


def found(content: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + content


def moved(to: bytes) -> bytes:
    return b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: " + to + b"\r\n\r\n"


class TakesRecordings(Studio):
    """Makes a song of whatever it is given, and keeps what that was as its title."""

    async def import_audio(self, path: Path, *, principal: str) -> Song:
        title = await anyio.Path(path).read_text()
        action = parse_action({"action": "generate", "prompt": "x", "title": title})
        task = await self.wait((await self.submit(action, principal=principal)).id, 20, principal=principal)
        assert isinstance(task.state, Succeeded)
        return await self.song(task.state.song_id, principal)


async def test_an_upload_becomes_a_song_that_later_calls_name(serve: Serve, settings: Settings) -> None:
    async with answering(found(b"humming")) as (url, rules):
        allowing = settings.model_copy(update={"allowed_hosts": tuple(rules.allowed_hosts)})
        async with serve(allowing, studio=TakesRecordings) as app, calling(app) as client:
            answer = await client.post("/producer/upload", json={"audio_url": url})
            shape = success({"audio_id": uuid, "lyric": str, "audio_url": is_url})
            assert mismatches(answer.json(), shape) == []
            data = answer.json()["data"]
            assert (await client.get(data["audio_url"])).status_code == 200
            cover = await made(client, action="cover", audio_id=data["audio_id"])
            assert cover["title"] == "humming"


async def test_a_recording_is_fetched(tmp_path: Path) -> None:
    async with answering(found(b"sound")) as (url, rules):
        await fetch(url, tmp_path / "recording", rules)
    assert (tmp_path / "recording").read_bytes() == b"sound"


async def test_three_redirects_are_followed_and_no_more(tmp_path: Path) -> None:
    async with answering(*[moved(b"/b.mp3")] * 3, found(b"sound")) as (url, rules):
        await fetch(url, tmp_path / "recording", rules)
    assert (tmp_path / "recording").read_bytes() == b"sound"
    async with answering(*[moved(b"/b.mp3")] * 4) as (url, rules):
        with pytest.raises(RequestError, match="redirects"):
            await fetch(url, tmp_path / "another", rules)


@pytest.mark.parametrize("inside", [b"http://127.0.0.1/", b"http://169.254.169.254/", b"file:///etc/passwd"])
async def test_a_redirect_to_a_private_place_is_refused(tmp_path: Path, inside: bytes) -> None:
    async with answering(moved(inside)) as (url, rules):
        with pytest.raises(ForbiddenAddressError, match="audio_url"):
            await fetch(url, tmp_path / "recording", rules)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n", "404"),
        (b"nonsense\r\n\r\n", "could not be fetched"),
    ],
)
async def test_an_answer_that_holds_no_file_is_refused(tmp_path: Path, answer: bytes, said: str) -> None:
    async with answering(answer) as (url, rules):
        with pytest.raises(RequestError, match=said):
            await fetch(url, tmp_path / "recording", rules)


async def test_a_recording_that_is_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_AUDIO_BYTES", 1000)
    async with answering(found(b"x" * 100_000)) as (url, rules):
        with pytest.raises(RequestError, match="1000 bytes"):
            await fetch(url, tmp_path / "recording", rules)


async def test_a_server_that_is_too_slow_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_FETCH_SECONDS", 0.2)

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    gone = asyncio.Event()
    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(RequestError, match="a minute"):
        await fetch(
            f"http://127.0.0.1:{port}/", tmp_path / "r", AddressRules(frozenset({f"127.0.0.1:{port}"}))
        )
    gone.set()
    server.close()
    await server.wait_closed()

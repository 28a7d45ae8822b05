"""Files are fetched from public addresses, within bounds."""

from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest

from songwright.errors import FetchError, RequestError
from songwright.outbound import AddressRules, ForbiddenAddressError, fetch_file
from standins.plain_http import answering, bomb, found, moved, pouring


async def fetch(url: str, target: Path, *, max_bytes: int = 1024**2, seconds: float = 10) -> bytes:
    rules = AddressRules.trusting([urlsplit(url).netloc])
    await fetch_file(url, target, rules, max_bytes=max_bytes, seconds=seconds)
    return await anyio.Path(target).read_bytes()


async def test_a_file_is_fetched_and_says_how_far_it_has_come(tmp_path: Path) -> None:
    shares: list[float] = []
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsound"
    async with answering(answer) as url:
        rules = AddressRules.trusting([urlsplit(url).netloc])
        await fetch_file(url, tmp_path / "file", rules, max_bytes=5, seconds=10, report=shares.append)
    assert (tmp_path / "file").read_bytes() == b"sound"
    assert shares[-1] == 1


async def test_three_redirects_are_followed_and_no_more(tmp_path: Path) -> None:
    async with answering(*[moved(b"/b.mp3")] * 3, found(b"sound")) as url:
        assert await fetch(url, tmp_path / "file") == b"sound"
    async with answering(*[moved(b"/b.mp3")] * 4) as url:
        with pytest.raises(RequestError, match="redirects"):
            await fetch(url, tmp_path / "another")


@pytest.mark.parametrize("inside", [b"http://127.0.0.1/", b"http://169.254.169.254/", b"file:///etc/passwd"])
async def test_a_redirect_to_a_private_place_is_refused(tmp_path: Path, inside: bytes) -> None:
    async with answering(moved(inside)) as url:
        with pytest.raises(ForbiddenAddressError, match="url"):
            await fetch(url, tmp_path / "file")


async def test_a_redirect_to_another_port_of_this_machine_is_never_connected_to(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as trap:
        trap.setblocking(False)
        inside = f"http://127.0.0.1:{trap.getsockname()[1]}/".encode()
        async with answering(moved(b"/b.mp3"), moved(inside)) as url:
            with pytest.raises(ForbiddenAddressError, match="url"):
                await fetch(url, tmp_path / "file")
        with pytest.raises(BlockingIOError):
            trap.accept()


async def test_an_answer_that_holds_no_file_is_the_callers_to_change(tmp_path: Path) -> None:
    async with answering(b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n") as url:
        with pytest.raises(RequestError, match="404"):
            await fetch(url, tmp_path / "file")
    async with answering(found(b"")) as url:
        with pytest.raises(RequestError, match="nothing"):
            await fetch(url, tmp_path / "file")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", "503"),
        (b"HTTP/1.1 408 Slow\r\nContent-Length: 0\r\n\r\n", "408"),
        (b"HTTP/1.1 425 Early\r\nContent-Length: 0\r\n\r\n", "425"),
        (b"HTTP/1.1 429 Many\r\nContent-Length: 0\r\n\r\n", "429"),
        (b"nonsense\r\n\r\n", "could not be fetched"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsou", "could not be fetched"),
    ],
)
async def test_a_server_that_fails_may_do_better_later(tmp_path: Path, answer: bytes, said: str) -> None:
    async with answering(answer) as url:
        with pytest.raises(FetchError, match=said) as caught:
            await fetch(url, tmp_path / "file")
    assert caught.value.retryable


@pytest.mark.parametrize(
    "answer",
    [found(b"x" * 2_000_000), b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx"],
    ids=["told by its bytes", "told by its header"],
)
async def test_a_file_that_is_too_large_is_given_up(tmp_path: Path, answer: bytes) -> None:
    async with answering(answer) as url:
        with pytest.raises(RequestError, match=r"1 MB.*SONGWRIGHT_MAX_IMPORT_MB"):
            await fetch(url, tmp_path / "file")


async def test_a_server_that_is_too_slow_is_given_up(tmp_path: Path) -> None:
    async with answering() as url:
        with pytest.raises(FetchError, match="took more than"):
            await fetch(url, tmp_path / "file", seconds=0.2)


ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
A_CHUNK = b"10000\r\n" + bytes(0x10000) + b"\r\n"


@contextmanager
def little_memory() -> Iterator[None]:
    """Whatever happens inside holds at most 8 MiB at any time: a part of a body, some copies, no body."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * 1024**2


@pytest.mark.parametrize(
    "encoding", ["gzip", "GZIP", "deflate", "br", "zstd", "identity, gzip", "unheard-of"]
)
async def test_an_encoded_file_is_refused_unread(tmp_path: Path, encoding: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: {encoding}\r\n\r\n"
    async with answering(head.encode() + b"sound") as url:
        with pytest.raises(RequestError, match="url: its server sends the file compressed"):
            await fetch(url, tmp_path / "file")


async def test_a_file_that_says_it_is_not_encoded_is_taken(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Encoding: Identity\r\n\r\n"
    async with answering(head + b"sound") as url:
        assert await fetch(url, tmp_path / "file") == b"sound"


async def test_a_few_bytes_that_unpack_to_much_take_no_memory(tmp_path: Path) -> None:
    packed = bomb(64)
    assert len(packed) < 2000
    async with answering(packed) as url:
        with little_memory(), pytest.raises(RequestError, match="compressed"):
            await fetch(url, tmp_path / "file")


async def test_an_endless_file_is_given_up_at_the_limit_and_never_held_in_memory(tmp_path: Path) -> None:
    async with pouring(ENDLESS, A_CHUNK) as url:
        with little_memory(), pytest.raises(RequestError, match="holds more than 16 MB"):
            await fetch(url, tmp_path / "file", max_bytes=16 * 1024**2)
    assert (tmp_path / "file").stat().st_size <= 16 * 1024**2


async def test_more_bytes_than_were_announced_are_not_taken(tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    async with pouring(head, b"sound" * 10_000) as url:
        with little_memory():
            assert await fetch(url, tmp_path / "file") == b"sound"

"""Requests to addresses that strangers name never reach a private network."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.abc
import anyio.lowlevel
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songwright.errors import SongwrightError
from songwright.outbound import (
    AddressRules,
    ForbiddenAddressError,
    Resolve,
    guarded_client,
    refuse_forbidden_url,
)

pytestmark = pytest.mark.anyio

PUBLIC = "93.184.215.14"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def serving(handle: Callable[[anyio.abc.SocketStream], Awaitable[None]]) -> AsyncIterator[int]:
    """A server on loopback; yields its port."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        port: int = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
        yield port
        group.cancel_scope.cancel()


class Listener:
    """A socket on loopback that counts who connects."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen()
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    def was_reached(self) -> bool:
        try:
            connection, _ = self._socket.accept()
        except BlockingIOError:
            return False
        connection.close()
        return True

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def answers(*rounds: list[str]) -> Resolve:
    """A resolver that gives one answer a look-up, the last one for ever."""
    left = list(rounds)

    async def resolve(host: str, port: int) -> list[str]:
        del host, port
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",  # noqa: S104 - an address that must be refused
        "169.254.169.254",
        "100.64.0.1",
        "10.0.0.1",
        "metadata.google.internal",
        "printer.local",
        "intranet",
        "224.0.0.1",
        "239.255.255.250",
        "[ff02::1]",
        "[ff0e::1]",
        "[64:ff9b::a00:1]",
        "[64:ff9b::e000:1]",
        "[64:ff9b:1::5db8:d70e]",
        "[2002:e000:1::]",
        "240.0.0.1",
        "255.255.255.255",
    ],
)
async def test_a_private_host_in_any_spelling_is_refused_before_a_connection(
    host: str, listener: Listener
) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return [info[4][0] for info in socket.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)]

    async with guarded_client(
        AddressRules(frozenset({f"unused:{listener.port}"})), resolve=resolve
    ) as client:
        with pytest.raises((ForbiddenAddressError, httpx.TransportError, httpx.InvalidURL)):
            await client.get(f"http://{host}/")
    assert not listener.was_reached()


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        [PUBLIC, "10.1.2.3"],
        ["::1"],
        ["fe80::1%eth0"],
        ["169.254.169.254"],
        ["224.0.0.1"],
        ["ff02::1"],
    ],
)
async def test_a_name_is_refused_when_any_of_its_addresses_is_private(addresses: list[str]) -> None:
    async with guarded_client(AddressRules(), resolve=answers(addresses)) as client:
        with pytest.raises(ForbiddenAddressError):
            await client.get("http://songs.example.com/")


async def test_a_name_is_looked_up_once_so_that_rebinding_gains_nothing(listener: Listener) -> None:
    looked_up: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        del port
        looked_up.append(host)
        return ["10.0.0.1"] if len(looked_up) == 1 else ["127.0.0.1"]

    rules = AddressRules(frozenset({f"other.example.com:{listener.port}"}))
    async with guarded_client(rules, resolve=rebinding) as client:
        with pytest.raises(ForbiddenAddressError):
            await client.get("http://songs.example.com/")
    assert looked_up == ["songs.example.com"]
    assert not listener.was_reached()


async def test_a_host_that_the_operator_trusts_is_reached(listener: Listener) -> None:
    rules = AddressRules(frozenset({f"hooks.test:{listener.port}"}))
    async with guarded_client(rules, resolve=answers(["127.0.0.1"])) as client:
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:

                async def ask() -> None:
                    with pytest.raises(httpx.TransportError):
                        await client.get(f"http://hooks.test:{listener.port}/")

                group.start_soon(ask)
                while not listener.was_reached():
                    await anyio.lowlevel.checkpoint()


async def test_a_redirect_is_returned_and_not_followed() -> None:
    async def serve(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(
                b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"
            )

    async with serving(serve) as port:
        rules = AddressRules(frozenset({f"127.0.0.1:{port}"}))
        async with guarded_client(rules) as client:
            response = await client.get(f"http://127.0.0.1:{port}/")
    assert response.status_code == 302


@pytest.mark.parametrize(
    "host", [PUBLIC, "[2606:2800:21f:cb07::1]", "[64:ff9b::5db8:d70e]", "[2002:5db8:d70e::]"]
)
def test_a_public_address_in_any_spelling_may_be_reached(host: str) -> None:
    refuse_forbidden_url(f"http://{host}/", AddressRules(), field="url")


async def test_neither_credentials_nor_proxies_of_the_machine_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listener: Listener
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login operator password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    heard: list[bytes] = []

    async def serve(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            heard.append(await stream.receive())
            await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async with (
        serving(serve) as port,
        guarded_client(AddressRules.trusting([f"127.0.0.1:{port}"])) as client,
    ):
        assert client.trust_env is False
        await client.get(f"http://127.0.0.1:{port}/")
    assert b"authorization" not in heard[0].lower()
    assert not listener.was_reached()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://user:secret@example.com/",
        "http://example.com:22/",
        "http:///path",
        "//example.com/",
        "http://[::1",
        "http://example.com:99999/",
        "",
    ],
)
def test_a_url_of_the_wrong_kind_is_refused_by_its_field(url: str) -> None:
    with pytest.raises(ForbiddenAddressError, match=r"^callback_url: ") as caught:
        refuse_forbidden_url(url, AddressRules(), field="callback_url")
    assert "secret" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_either_allowed_or_refused(text: str) -> None:
    for url in (text, f"http://{text}/"):
        try:
            refuse_forbidden_url(url, AddressRules(), field="url")
        except SongwrightError:
            continue

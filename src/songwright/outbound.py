"""The way out: HTTP requests to addresses that strangers name, kept away from private networks.

A name is resolved once, every address it resolves to is checked, and the connection goes to an address
that was checked. A name that answers differently the second time (DNS rebinding) gains nothing, and a
refused address is never connected to. Redirects are not followed; proxies in the environment are ignored,
since a proxy would resolve for us.
"""

from __future__ import annotations

import ipaddress
import socket
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import anyio
import httpcore
import httpx

from songwright.bounded_http import EncodedBodyError, bounded_async_client
from songwright.errors import FetchError, RequestError

__all__ = [
    "AddressRules",
    "ForbiddenAddressError",
    "Resolve",
    "fetch_file",
    "guarded_client",
    "refuse_forbidden_url",
]

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Turns a host name and a port into the addresses, as text, that it stands for."""

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Ranges that carry an IPv4 address inside an IPv6 one: NAT64 (RFC 6052) and 6to4 (RFC 3056).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_TIMEOUT = httpx.Timeout(10.0)
_MAX_REDIRECTS = 3
_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})


class ForbiddenAddressError(RequestError):
    """A URL leads to an address that songwright must not reach."""

    code = "forbidden_address"


@dataclass(frozen=True, slots=True)
class AddressRules:
    """Which addresses may be reached.

    Attributes:
        allowed_hosts: Host names, or "host:port", that the operator trusts although they are private or
            on another port. Lower case.
    """

    allowed_hosts: frozenset[str] = frozenset()

    @classmethod
    def trusting(cls, hosts: Iterable[str]) -> AddressRules:
        """Rules that trust these hosts, in any case of letters, beside all public ones."""
        return cls(frozenset(host.lower() for host in hosts))

    def trusts(self, host: str, port: int) -> bool:
        """Whether the operator named this host, or this host and port."""
        name = host.lower().rstrip(".")
        return name in self.allowed_hosts or f"{name}:{port}" in self.allowed_hosts


def refuse_forbidden_url(url: str, rules: AddressRules, *, field: str) -> None:
    """Refuse a URL that can't be allowed whatever its name resolves to. Makes no connection.

    Args:
        url: An absolute URL.
        rules: What the operator allows.
        field: The request's field that holds the URL, for the message.

    Raises:
        ForbiddenAddressError: The scheme, the port, the credentials or the literal address are refused.
    """
    try:
        httpx.URL(url)
        parts = urlsplit(url)
        port = parts.port
    except (ValueError, httpx.InvalidURL):
        raise ForbiddenAddressError("is not a URL", field=field) from None
    host = parts.hostname or ""
    if parts.scheme not in _DEFAULT_PORTS or not host:
        raise ForbiddenAddressError("must be an http or https URL", field=field)
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddressError("must not carry a user name or password", field=field)
    port = _DEFAULT_PORTS[parts.scheme] if port is None else port
    if rules.trusts(host, port):
        return
    if port not in _DEFAULT_PORTS.values():
        raise ForbiddenAddressError(
            "must use port 80 or 443, unless the operator allows the host", field=field
        )
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if "." not in host.rstrip(".") or host.lower().rstrip(".").endswith(
            (".localhost", ".local", ".internal")
        ):
            raise ForbiddenAddressError("must name a public host", field=field) from None
        return
    if not _is_public(address):
        raise ForbiddenAddressError("must not lead to a private or loopback address", field=field)


def guarded_client(rules: AddressRules, *, resolve: Resolve | None = None) -> httpx.AsyncClient:
    """A client that connects to allowed addresses alone.

    Requests raise ``ForbiddenAddressError`` for an address that is refused, and httpx's own errors
    otherwise. Redirects are returned, not followed. Bodies come as they were sent, and encoded ones are
    refused; whoever reads them counts.

    Args:
        rules: What the operator allows.
        resolve: Looks names up; the system's resolver where left out.
    """
    return bounded_async_client(
        max_bytes=None,
        transport=_GuardedTransport(rules, resolve or _system_resolve),
        timeout=_TIMEOUT,
        follow_redirects=False,
        trust_env=False,
    )


async def fetch_file(
    url: str,
    target: Path,
    rules: AddressRules,
    *,
    max_bytes: int,
    seconds: float,
    report: Callable[[float], None] = lambda _fraction: None,
) -> None:
    """Save what a URL holds. Each redirect, three at most, is checked like the first address.

    Args:
        url: Where the file is.
        target: Where to put it.
        rules: What the operator allows.
        max_bytes: A larger file is given up.
        seconds: How long it may take in all.
        report: Told the share that has come, 0..1, where the server says how much there is.

    Raises:
        ForbiddenAddressError: The URL, or one that it redirects to, leads where songwright must not go.
        RequestError: It holds no file, or one that is too large.
        FetchError: Its server can't be reached, fails, or is too slow; it may do better later.
    """
    try:
        with anyio.fail_after(seconds):
            async with guarded_client(rules) as client:
                for _ in range(_MAX_REDIRECTS + 1):
                    async with client.stream("GET", url) as response:
                        if response.has_redirect_location:
                            url = urljoin(url, response.headers["location"])
                            refuse_forbidden_url(url, rules, field="url")
                            continue
                        _refuse_status(response.status_code)
                        await _save(response, target, max_bytes, report)
                        return
    except TimeoutError:
        raise FetchError(f"the URL took more than {seconds:.0f} s to fetch", retryable=True) from None
    except EncodedBodyError:
        raise RequestError(
            "its server sends the file compressed although it was asked not to; give a URL that holds the "
            "file itself",
            field="url",
        ) from None
    except httpx.HTTPError:
        raise FetchError(
            "the URL could not be fetched; check that its server answers", retryable=True
        ) from None
    raise RequestError(f"redirects more than {_MAX_REDIRECTS} times", field="url")


def _refuse_status(status: int) -> None:
    if status == httpx.codes.OK:
        return
    if status >= 500 or status in _WORTH_ANOTHER_TRY:
        raise FetchError(f"the URL's server answered {status}", retryable=True)
    raise RequestError(f"its server answered {status}; give a URL that holds the file itself", field="url")


async def _save(
    response: httpx.Response, target: Path, max_bytes: int, report: Callable[[float], None]
) -> None:
    announced = response.headers.get("content-length", "")
    expected = int(announced) if announced.isascii() and announced.isdigit() else 0
    size = 0
    async with await anyio.open_file(target, "wb") as file:
        async for part in response.aiter_raw():
            size += len(part)
            if max(size, expected) > max_bytes:
                raise RequestError(
                    f"holds more than {max_bytes // 1024**2} MB, which SONGWRIGHT_MAX_IMPORT_MB allows",
                    field="url",
                )
            await file.write(part)
            if expected:
                report(min(1.0, size / expected))
    if not size:
        raise RequestError("holds nothing", field="url")


def _is_public(address: _Address) -> bool:
    match address:
        case ipaddress.IPv6Address():
            inner = address.ipv4_mapped or address.sixtofour
            if address in _NAT64:
                inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
            if address.teredo is not None:
                return False
            if inner is not None:
                return _is_public(inner)
        case ipaddress.IPv4Address():
            pass
        case _:
            typing.assert_never(address)
    return address.is_global and not address.is_multicast and not address.is_reserved


async def _system_resolve(host: str, port: int) -> list[str]:
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class _GuardedBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, rules: AddressRules, resolve: Resolve) -> None:
        self._rules = rules
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        addresses = await self._checked_addresses(host, port, timeout)
        failure: Exception | None = None
        for address in addresses:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("the name has no address")

    async def _checked_addresses(self, host: str, port: int, timeout_seconds: float | None) -> list[str]:
        try:
            with anyio.fail_after(timeout_seconds):
                addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name could not be resolved") from error
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("looking the name up took too long") from error
        if not self._rules.trusts(host, port):
            for address in addresses:
                if not _is_public(ipaddress.ip_address(address.partition("%")[0])):
                    raise ForbiddenAddressError("the URL's host leads to a private or loopback address")
        return addresses


class _GuardedTransport(httpx.AsyncBaseTransport):
    def __init__(self, rules: AddressRules, resolve: Resolve) -> None:
        self._rules = rules
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            network_backend=_GuardedBackend(rules, resolve),
            keepalive_expiry=5.0,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        refuse_forbidden_url(str(request.url), self._rules, field="url")
        inner = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        try:
            response = await self._pool.handle_async_request(inner)
        except httpcore.TimeoutException as error:
            raise httpx.TimeoutException(str(error), request=request) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.TransportError(str(error), request=request) from error
        assert isinstance(response.stream, typing.AsyncIterable)  # noqa: S101 - httpcore's stream is a union
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response.stream, request),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: typing.AsyncIterable[bytes], request: httpx.Request) -> None:
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for part in self._stream:
                yield part
        except httpcore.TimeoutException as error:
            raise httpx.TimeoutException(str(error), request=self._request) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.TransportError(str(error), request=self._request) from error

    async def aclose(self) -> None:
        close = getattr(self._stream, "aclose", None)
        if close is not None:
            await close()

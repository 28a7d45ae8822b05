"""Who may talk to the HTTP server: addresses it may be bound to, Host and Origin headers, bearer tokens."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from pydantic import HttpUrl, SecretStr
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from songwright.access import TokenRing, principal_of
from songwright.errors import ConfigurationError
from songwright.server.app import PRINCIPAL_KEY

__all__ = ["OPEN_PATHS", "BearerGate", "Bind", "HeaderGate", "header_rules", "parse_bind", "principal_of"]

OPEN_PATHS = frozenset({"/", "/healthz", "/readyz"})
"""What a load balancer asks without a token, and the player, which holds no secret and asks for the token."""

OPEN_PREFIXES = ("/producer/", "/files/", "/docs", "/openapi.json")
"""Where no token is needed, or the REST API asks for it itself, in its own words."""

_LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised here, never chosen


@dataclass(frozen=True, slots=True)
class Bind:
    """An address to listen on. Port 0 lets the system choose."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def url(self, port: int | None = None) -> str:
        """The address as a URL, with the port that was really bound."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port if port is None else port}"


def parse_bind(words: str, tokens: Sequence[SecretStr]) -> Bind:
    """Parse ``HOST:PORT``, ``[IPV6]:PORT`` or ``PORT``.

    Raises:
        ConfigurationError: It is none of these, or it reaches beyond this machine and there are no tokens.
    """
    host, _, port = words.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ConfigurationError("must be HOST:PORT, such as 127.0.0.1:8765", setting="--http")
    bind = Bind(host, int(port))
    if not bind.is_loopback and not tokens:
        raise ConfigurationError(
            "set it before the server listens beyond this machine, or bind it to 127.0.0.1; "
            "it holds the bearer tokens that clients must show",
            setting="SONGWRIGHT_TOKENS",
        )
    return bind


def header_rules(bind: Bind, public_url: HttpUrl | None) -> TransportSecuritySettings:
    """Which Host and Origin headers are accepted, against DNS rebinding.

    Bound to every address without a public URL, the names that clients use are unknown; there the tokens,
    which a page in a browser does not have, are the guard.
    """
    hosts = (
        list(_LOOPBACK_HOSTS)
        if bind.is_loopback
        else [bind.url(0).removeprefix("http://").rpartition(":")[0]]
    )
    origins = [f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")]
    if public_url is not None:
        authority = str(public_url).partition("://")[2].partition("/")[0]
        hosts.append(authority)
        origins.append(f"{public_url.scheme}://{authority}")
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=bind.host not in _WILDCARDS or public_url is not None,
        allowed_hosts=[form for host in hosts for form in (host, f"{host}:*")],
        allowed_origins=[form for origin in origins for form in (origin, f"{origin}:*")],
    )


class HeaderGate:
    """Lets pass what comes under an accepted Host and from an accepted Origin."""

    def __init__(self, app: ASGIApp, rules: TransportSecuritySettings) -> None:
        self._app = app
        self._check = TransportSecurityMiddleware(rules)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with 421 or 403, or pass it on."""
        if scope["type"] == "http":
            refusal = await self._check.validate_request(Request(scope))
            if refusal is not None:
                await _told(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _told(refusal: Response) -> JSONResponse:
    """A refusal in the envelope of the REST API; other clients read the status alone."""
    trace_id = str(uuid.uuid4())
    error = {"code": "bad_request", "message": bytes(refusal.body).decode()}
    return JSONResponse(
        {"success": False, "error": error, "trace_id": trace_id},
        status_code=refusal.status_code,
        headers={"X-Trace-Id": trace_id},
    )


class BearerGate:
    """Lets pass what shows one of the tokens, and notes whose request it is."""

    def __init__(self, app: ASGIApp, tokens: Sequence[SecretStr]) -> None:
        self._app = app
        self._tokens = TokenRing(tokens)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with 401, or pass it on."""
        if scope["type"] == "http" and not self._tokens.is_empty and not _is_open(scope["path"]):
            principal = self._shown(Headers(scope=scope))
            if principal is None:
                refusal = JSONResponse(
                    {"error": "invalid_token", "error_description": "Send Authorization: Bearer TOKEN."},
                    status_code=401,
                    headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
                )
                await refusal(scope, receive, send)
                return
            scope[PRINCIPAL_KEY] = principal
        await self._app(scope, receive, send)

    def _shown(self, headers: Headers) -> str | None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self._tokens.holder(given.strip())


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)

"""Who may talk to the HTTP server: addresses it may be bound to, Host and Origin headers, bearer tokens."""

from __future__ import annotations

import ipaddress
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from mcp_types import INTERNAL_ERROR
from pydantic import HttpUrl, SecretStr
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from songwright.access import LOCAL, PRINCIPAL_KEY, TokenRing, principal_of
from songwright.errors import ConfigurationError, TooManyError
from songwright.rates import RequestRates

if TYPE_CHECKING:
    from songwright.server.oauth import OAuthResource

__all__ = [
    "OPEN_PATHS",
    "BearerGate",
    "Bind",
    "HeaderGate",
    "RateGate",
    "header_rules",
    "parse_bind",
    "principal_of",
]

_REST_PREFIX = "/producer/"
_FILES_PREFIX = "/files/"

OPEN_PATHS = frozenset({"/", "/healthz", "/readyz"})
"""What a load balancer asks without a token, and the player, which holds no secret and asks for the token."""

OPEN_PREFIXES = ("/.well-known/", "/files/", "/docs", "/openapi.json")
"""Where no token is needed: what describes the server, and links, which are their own permission."""

_RefusalCode = Literal["no_token", "invalid_token", "insufficient_scope", "temporarily_unavailable"]

_REST_REFUSALS: dict[_RefusalCode, tuple[int, str]] = {
    "no_token": (400, "no_token"),
    "invalid_token": (401, "invalid_token"),
    "insufficient_scope": (403, "forbidden"),
    "temporarily_unavailable": (503, "api_error"),
}
"""How the REST API tells of refusals: status and documented code."""

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


def parse_bind(words: str, tokens: Sequence[SecretStr], *, has_oauth: bool = False) -> Bind:
    """Parse ``HOST:PORT``, ``[IPV6]:PORT`` or ``PORT``.

    Raises:
        ConfigurationError: It is none of these, or it reaches beyond this machine and everyone is let in.
    """
    host, _, port = words.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise ConfigurationError("must be HOST:PORT, such as 127.0.0.1:8765", setting="--http")
    bind = Bind(host, int(port))
    if not bind.is_loopback and not tokens and not has_oauth:
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
    """Lets pass what comes under an accepted Host and from an accepted Origin.

    Links to files are their own permission, whichever page holds them.
    """

    def __init__(self, app: ASGIApp, rules: TransportSecuritySettings, origins: tuple[str, ...] = ()) -> None:
        self._app = app
        self._check = TransportSecurityMiddleware(rules)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with 421 or 403, or pass it on."""
        if scope["type"] == "http":
            refusal = await self._check.validate_request(Request(self._without_known_origin(scope)))
            if refusal is not None:
                await _told(refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _without_known_origin(self, scope: Scope) -> Scope:
        """A request as the check sees it, which knows of no pages but the server's own."""
        origin = Headers(scope=scope).get("origin", "")
        if not self._origins & {origin, "*"} and not scope["path"].startswith(_FILES_PREFIX):
            return scope
        return {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() != b"origin"]}


def _told(refusal: Response) -> JSONResponse:
    """A refusal in the envelope of the REST API; other clients read the status alone."""
    return _enveloped(refusal.status_code, "bad_request", bytes(refusal.body).decode())


def _enveloped(status: int, code: str, message: str) -> JSONResponse:
    trace_id = str(uuid.uuid4())
    return JSONResponse(
        {"success": False, "error": {"code": code, "message": message}, "trace_id": trace_id},
        status_code=status,
        headers={"X-Trace-Id": trace_id},
    )


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why a request is not let in: an HTTP status, a word for programs, a sentence for people."""

    status: int
    code: _RefusalCode
    description: str


class BearerGate:
    """Lets pass what shows one of the tokens, or an access token, and notes whose request it is."""

    def __init__(self, app: ASGIApp, tokens: Sequence[SecretStr], oauth: OAuthResource | None = None) -> None:
        self._app = app
        self._tokens = TokenRing(tokens, beside_oauth=oauth is not None)
        self._oauth = oauth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with 400, 401, 403 or 503, or pass it on."""
        if scope["type"] == "http" and not self._is_open(scope["path"]):
            found = await self._principal(Headers(scope=scope))
            if isinstance(found, _Refused):
                is_rest = scope["path"].startswith(_REST_PREFIX)
                await self._answer(found, is_rest=is_rest)(scope, receive, send)
                return
            scope[PRINCIPAL_KEY] = found
        await self._app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        if self._tokens.is_open or path in OPEN_PATHS or path.startswith(OPEN_PREFIXES):
            return True
        # Without OAuth the REST API asks for the token itself.
        return path.startswith(_REST_PREFIX) and self._oauth is None

    async def _principal(self, headers: Headers) -> str | _Refused:
        given = headers.get("authorization", "")
        scheme, _, shown = given.partition(" ")
        shown = shown.strip() if scheme.lower() == "bearer" else ""
        holder = self._tokens.holder(shown)
        if holder is not None:
            return holder
        if self._oauth is None:
            return _Refused(401, "invalid_token", "Send Authorization: Bearer TOKEN.")
        from songwright.server.oauth import Granted, InsufficientScope, InvalidToken, Unavailable

        match await self._oauth.check(shown):
            case Granted(principal=principal):
                return principal
            case InvalidToken():
                return _Refused(
                    401,
                    "invalid_token" if given.strip() else "no_token",
                    "Send Authorization: Bearer with an access token for this server.",
                )
            case InsufficientScope():
                return _Refused(
                    403,
                    "insufficient_scope",
                    f"The access token lacks a scope; ask for: {self._oauth.scope}.",
                )
            case Unavailable():
                return _Refused(
                    503, "temporarily_unavailable", "The issuer's keys can't be had now; try again later."
                )

    def _answer(self, refused: _Refused, *, is_rest: bool) -> JSONResponse:
        # OAuth (RFC 6750, section 3.1) has no word for a token that was not sent at all.
        error = "invalid_token" if refused.code == "no_token" else refused.code
        if is_rest:
            status, code = _REST_REFUSALS[refused.code]
            answer = _enveloped(status, code, refused.description)
        else:
            told = {"error": error, "error_description": refused.description}
            answer = JSONResponse(told, status_code=refused.status)
        challenge = f'Bearer error="{error}"'
        if self._oauth is not None:
            challenge += f', resource_metadata="{self._oauth.metadata_url}"'
            if self._oauth.scope:
                challenge += f', scope="{self._oauth.scope}"'
        answer.headers["WWW-Authenticate"] = challenge
        return answer


class RateGate:
    """Lets pass, at one path, as many requests of each caller as the rate allows."""

    def __init__(self, app: ASGIApp, rates: RequestRates, path: str) -> None:
        self._app = app
        self._rates = rates
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request with 429, in a message of JSON-RPC, or pass it on."""
        if scope["type"] == "http" and scope["path"] == self._path:
            try:
                self._rates.count(scope.get(PRINCIPAL_KEY, LOCAL))
            except TooManyError as error:
                await _too_many(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _too_many(error: TooManyError) -> JSONResponse:
    # Without the request's id, for which the body would have to be read; clients know which one they posted.
    refusal = {"code": INTERNAL_ERROR, "message": error.message}
    return JSONResponse(
        {"jsonrpc": "2.0", "id": None, "error": refusal},
        status_code=429,
        headers={"Retry-After": str(error.retry_after_seconds or 1)},
    )

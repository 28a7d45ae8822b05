"""OAuth resource server: access tokens that an authorization server signed for this server.

Tokens are JSON Web Tokens (RFC 9068) whose signature, issuer, audience and time are checked here, with the
keys that the issuer publishes (RFC 8414, RFC 7517). A token for another audience is refused, as the MCP
authorization specification demands. Clients find the issuer by the protected-resource metadata (RFC 9728).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import jwt
from mcp.server.auth.routes import build_resource_metadata_url, create_protected_resource_routes
from pydantic import AnyHttpUrl
from starlette.routing import BaseRoute

from songwright.access import oauth_principal
from songwright.bounded_http import bounded_async_client
from songwright.errors import ConfigurationError
from songwright.settings import Settings

__all__ = ["Granted", "InsufficientScope", "InvalidToken", "OAuthResource", "Unavailable", "oauth_resource"]

Fetch = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Gets a JSON document by its URL.

Raises:
    httpx.HTTPError: It can't be had.
"""

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_CLAIMS = ("exp", "iss", "aud", "sub")
_LEEWAY_SECONDS = 30
_KEYS_SECONDS = 600.0
_REFETCH_SECONDS = 10.0
_LONGEST_TOKEN = 16_384

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Granted:
    """The token is good; ``principal`` is whose songs and tasks these are."""

    principal: str


@dataclass(frozen=True, slots=True)
class InvalidToken:
    """The token is not one of the issuer's for this server, or no longer."""


@dataclass(frozen=True, slots=True)
class InsufficientScope:
    """The token is good and does not allow this."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The issuer's keys can't be had, so nothing can be said about the token."""


class OAuthResource:
    """Checks access tokens of one issuer for one resource."""

    def __init__(
        self, *, issuer: str, resource: str, scopes: tuple[str, ...] = (), fetch: Fetch | None = None
    ) -> None:
        """Trust an issuer.

        Args:
            issuer: Its URL.
            resource: This server's own URL, which a token must have as its audience.
            scopes: What a token must allow.
            fetch: Gets documents of the issuer instead of HTTP.
        """
        self._issuer = issuer.rstrip("/")
        self._resource = resource
        self._scopes = scopes
        self._fetch = fetch or _fetch
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._fetching = anyio.Lock()

    @property
    def metadata_url(self) -> str:
        """Where the protected-resource metadata is."""
        return str(build_resource_metadata_url(AnyHttpUrl(self._resource)))

    @property
    def scope(self) -> str:
        """What a token must allow, separated by blanks."""
        return " ".join(self._scopes)

    def routes(self) -> list[BaseRoute]:
        """The protected-resource metadata."""
        return [
            *create_protected_resource_routes(
                resource_url=AnyHttpUrl(self._resource),
                authorization_servers=[AnyHttpUrl(self._issuer)],
                scopes_supported=list(self._scopes) or None,
                resource_name="songwright",
            )
        ]

    async def check(self, token: str) -> Granted | InvalidToken | InsufficientScope | Unavailable:
        """Whether a token lets its bearer in."""
        if len(token) > _LONGEST_TOKEN:
            return InvalidToken()
        try:
            header = jwt.get_unverified_header(token)
            key = await self._key(str(header.get("kid", "")))
            if key is None or header.get("alg") not in _ALGORITHMS:
                return InvalidToken()
            claims = jwt.decode(
                token,
                key,
                algorithms=[header["alg"]],
                audience=self._resource,
                issuer=[self._issuer, f"{self._issuer}/"],
                leeway=_LEEWAY_SECONDS,
                options={"require": list(_CLAIMS)},
            )
        except jwt.PyJWTError as error:
            _log.info("an access token was refused: %s", type(error).__name__)
            return InvalidToken()
        except (httpx.HTTPError, ConfigurationError) as error:
            _log.warning("the issuer's keys can't be had: %s", error)
            return Unavailable()
        if not set(self._scopes) <= _scopes_of(claims):
            return InsufficientScope()
        return Granted(oauth_principal(self._issuer, str(claims["sub"])))

    async def _key(self, key_id: str) -> jwt.PyJWK | None:
        async with self._fetching:
            age = time.monotonic() - self._fetched_at
            # A key that is not known may be new; asking for it may not become a way to flood the issuer.
            if age > _KEYS_SECONDS or (key_id not in self._keys and age > _REFETCH_SECONDS):
                self._keys = _signing_keys(await self._fetch(await self._keys_url()))
                self._fetched_at = time.monotonic()
        if not key_id and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(key_id)

    async def _keys_url(self) -> str:
        parts = urlsplit(self._issuer)
        origin = f"{parts.scheme}://{parts.netloc}"
        places = (
            f"{origin}/.well-known/oauth-authorization-server{parts.path}",
            f"{self._issuer}/.well-known/openid-configuration",
        )
        for place in places:
            try:
                metadata = await self._fetch(place)
            except httpx.HTTPStatusError:
                continue
            found = str(metadata.get("jwks_uri", ""))
            # RFC 8414, section 3.3: the issuer in its metadata must be the one that was asked.
            if str(metadata.get("issuer", "")).rstrip("/") == self._issuer and _is_safe(found):
                return found
        raise ConfigurationError(
            "publishes no metadata of its own with an https jwks_uri; correct the issuer's URL",
            setting="SONGWRIGHT_OAUTH_ISSUER",
        )


def oauth_resource(settings: Settings, path: str) -> OAuthResource | None:
    """What the settings say about OAuth; None where it is off.

    Args:
        settings: The operator's choice.
        path: Path of the protected endpoint below the public URL.

    Raises:
        ConfigurationError: The issuer is not safe, or there is no public URL for the audience.
    """
    if settings.oauth_issuer is None:
        return None
    if not _is_safe(str(settings.oauth_issuer)):
        raise ConfigurationError("must be an https URL", setting="SONGWRIGHT_OAUTH_ISSUER")
    if settings.public_url is None:
        raise ConfigurationError(
            "set it to this server's own URL; access tokens must name it as their audience",
            setting="SONGWRIGHT_PUBLIC_URL",
        )
    return OAuthResource(
        issuer=str(settings.oauth_issuer),
        resource=str(settings.public_url).rstrip("/") + path,
        scopes=settings.oauth_scopes,
    )


async def _fetch(url: str) -> Mapping[str, Any]:
    async with bounded_async_client(timeout=10, follow_redirects=False) as client:
        response = await client.get(url, headers={"accept": "application/json"})
        response.raise_for_status()
        try:
            document = response.json()
        except ValueError as error:
            raise httpx.DecodingError("the issuer sent no JSON") from error
    return document if isinstance(document, dict) else {}


def _signing_keys(document: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    found: dict[str, jwt.PyJWK] = {}
    for given in document.get("keys", ()):
        try:
            key = jwt.PyJWK.from_dict(given)
        except jwt.PyJWTError:
            continue  # a key of a kind that signs nothing here
        if key.public_key_use in (None, "sig") and key.algorithm_name in _ALGORITHMS:
            found[key.key_id or ""] = key
    return found


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    )


def _scopes_of(claims: Mapping[str, Any]) -> set[str]:
    given = claims.get("scope", claims.get("scp", ()))
    return set(given.split() if isinstance(given, str) else given)

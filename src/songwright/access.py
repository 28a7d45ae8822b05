"""Whose request it is: bearer tokens, and the names under which their holders' songs are kept."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from songwright.errors import RequestError

__all__ = [
    "CALLER_TOKEN_HEADER",
    "LOCAL",
    "PRINCIPAL_KEY",
    "TokenRing",
    "caller_token",
    "oauth_principal",
    "principal_of",
    "was_forwarded",
]

CALLER_TOKEN_HEADER = "x-producer-token"  # noqa: S105 - the header's name, not a token
"""The HTTP header in which a caller lends its own token of the hosted Producer API, to pay for itself."""

LOCAL = "local"
"""The principal of everyone who needs no token."""

PRINCIPAL_KEY = "songwright.principal"
"""Where the guard of the HTTP server notes in the ASGI scope whose request it is."""

_LONGEST_TOKEN = 512
# RFC 7239 and RFC 9110, section 7.6.3; the others are what proxies sent before, and still do.
_PROXY_HEADERS = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "cf-connecting-ip"})
_OAUTH_PREFIX = "oauth-"


def principal_of(token: str) -> str:
    """The name under which a token's songs and tasks are kept; it does not reveal the token."""
    return "token-" + hashlib.sha256(token.encode()).hexdigest()[:24]


def oauth_principal(issuer: str, subject: str) -> str:
    """The name under which a user of an authorization server has its songs; it does not reveal the user."""
    return _OAUTH_PREFIX + hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()[:24]


def caller_token(headers: Mapping[str, str]) -> SecretStr | None:
    """The token that a caller lends for its request, by the headers' lower-case names.

    Raises:
        RequestError: It can't be a token.
    """
    given = headers.get(CALLER_TOKEN_HEADER, "").strip()
    if not given:
        return None
    if len(given) > _LONGEST_TOKEN or not given.isascii() or not given.isprintable() or " " in given:
        raise RequestError("must be one token of the Producer API", field=CALLER_TOKEN_HEADER)
    return SecretStr(given)


def was_forwarded(headers: Mapping[str, str]) -> bool:
    """Whether a proxy says, by the headers' lower-case names, that it passes on somebody's request."""
    return any(name in _PROXY_HEADERS or name.startswith("x-forwarded-") for name in headers)


class TokenRing:
    """The tokens that a server accepts. Without any, and without OAuth, everyone is :data:`LOCAL`."""

    def __init__(self, tokens: Sequence[SecretStr], *, beside_oauth: bool = False) -> None:
        """Accept tokens.

        Args:
            tokens: Those of the server itself.
            beside_oauth: Whether access tokens of an authorization server let in too.
        """
        self._tokens = [token.get_secret_value() for token in tokens]
        self._beside_oauth = beside_oauth

    @property
    def is_open(self) -> bool:
        """Whether everyone is let in."""
        return not self._tokens and not self._beside_oauth

    def lets_in(self, principal: str) -> bool:
        """Whether a principal can call the server, as far as its name tells."""
        if self.is_open:
            return principal == LOCAL
        if principal.startswith(_OAUTH_PREFIX):
            return self._beside_oauth
        return any(principal_of(token) == principal for token in self._tokens)

    def holder(self, shown: str) -> str | None:
        """The principal who shows a token; None when it is none of the ring's.

        Every token is compared, in constant time, so that timing tells nothing about any of them.
        """
        matches = [hmac.compare_digest(shown.encode(), token.encode()) for token in self._tokens]
        return principal_of(self._tokens[matches.index(True)]) if any(matches) else None

    def key_of(self, principal: str) -> bytes | None:
        """The token of a principal as a key to sign with; None where it has none."""
        return next((token.encode() for token in self._tokens if principal_of(token) == principal), None)

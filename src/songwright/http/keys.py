"""The keys that links and callbacks are signed with."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from songwright.access import TokenRing
from songwright.errors import ConfigurationError
from songwright.settings import Settings

__all__ = ["Keys", "callback_secret"]

_FILE = "secret.key"


class Keys:
    """Derives each key from the server's secret, or from its owner's token."""

    def __init__(self, settings: Settings, tokens: TokenRing) -> None:
        """Take the secret of the settings, or the one in the home folder, drawn where there is none.

        Raises:
            ConfigurationError: The home folder can't be written to.
        """
        given = settings.secret.get_secret_value() if settings.secret is not None else None
        self._secret = (given or _kept_secret(settings.home)).encode()
        self._tokens = tokens

    @property
    def for_links(self) -> bytes:
        """The key that links to files are signed with."""
        return hmac.digest(self._secret, b"songwright links", hashlib.sha256)

    def for_callbacks(self, principal: str) -> str:
        """The secret that a principal's callbacks are signed with, in the form ``whsec_...``.

        Those of a token's holder are signed with a secret made from the token: its holder can make it
        too, and no other.
        """
        return callback_secret(self._tokens.key_of(principal) or self._secret)


def callback_secret(key: bytes) -> str:
    """The Standard Webhooks secret of a bearer token, or of the server's secret where there are no tokens."""
    return "whsec_" + base64.b64encode(hmac.digest(key, b"songwright callbacks", hashlib.sha256)).decode()


def _kept_secret(home: Path) -> str:
    path = home / _FILE
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with contextlib.suppress(FileExistsError):
                _draw(path)
        return path.read_text(encoding="ascii").strip()
    except OSError:
        raise ConfigurationError(
            "the server's secret can't be kept there; name a folder that can be written to, or set "
            "SONGWRIGHT_SECRET",
            setting="SONGWRIGHT_HOME",
        ) from None


def _draw(path: Path) -> None:
    """Create the file with a secret, whole or not at all, readable by its owner alone."""
    arriving = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    descriptor = os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(arriving, path)
        except FileExistsError:
            raise
        except OSError:  # the file system has no links
            arriving.replace(path)
    finally:
        arriving.unlink(missing_ok=True)

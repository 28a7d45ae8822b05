"""Tokens that callers lend for one task, kept outside the database and no longer than the task."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from pydantic import SecretStr

from songwright.disk import flush_to_disk, remove_left_behind, storage_trouble
from songwright.errors import ConfigurationError

__all__ = ["TokenVault"]


class TokenVault:
    """A folder with one file a task, readable by the server's user alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, task_id: str, token: SecretStr) -> None:
        """Keep a token until :meth:`forget`.

        Raises:
            ConfigurationError: The home folder can't be written to.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._folder / task_id, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(token.get_secret_value())
                file.flush()
                os.fsync(file.fileno())
            flush_to_disk(self._folder)
        except OSError as error:
            raise storage_trouble(error) or ConfigurationError(
                "a caller's token can't be kept there; name a folder that can be written to",
                setting="SONGWRIGHT_HOME",
            ) from None

    def token(self, task_id: str) -> SecretStr | None:
        """The token of a task; None where none was lent."""
        try:
            return SecretStr((self._folder / task_id).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def forget(self, task_id: str) -> None:
        """Remove the token of a task that has ended."""
        (self._folder / task_id).unlink(missing_ok=True)

    def clear_up(self, unfinished: Collection[str]) -> None:
        """Remove what was left behind by processes that went: all tokens but those of some tasks."""
        remove_left_behind(self._folder, unfinished)

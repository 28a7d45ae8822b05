"""Runs a renderer in a process of its own, so that a cancel frees the processor and a crash harms nobody."""

from __future__ import annotations

from songwright.errors import EngineError

__all__ = ["CrashError"]


class CrashError(EngineError):
    """The process that rendered died; the same request may succeed if it is made again."""

    code = "crashed"

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)

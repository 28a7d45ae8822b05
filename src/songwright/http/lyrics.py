"""``POST /producer/lyrics``: words for a song, written by the embedded engine."""

from __future__ import annotations

from typing import Any

import anyio.to_thread

from songwright.http.bodies import LyricsBody, parse_body
from songwright.http.desk import Caller, Desk

__all__ = ["lyrics"]


async def lyrics(desk: Desk, caller: Caller, value: Any, task_id: str) -> dict[str, str]:  # noqa: ARG001
    """A title and words with section markers; other words each time.

    The words stand under ``text``, as the schema has it, and under ``lyrics``, as recorded answers have it.
    They are English; a prompt that asks for another language is refused.
    """
    body = parse_body(LyricsBody, value)
    title, words = await anyio.to_thread.run_sync(_write, body.prompt, task_id)
    return {"text": words, "lyrics": words, "title": title, "status": "complete"}


def _write(prompt: str, seed: str) -> tuple[str, str]:
    from songwright.engines.local import LocalEngine

    return LocalEngine().write_lyric(prompt, seed)

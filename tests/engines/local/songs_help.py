"""The record of a song that this engine made, for tests of what is refused before any work."""

from __future__ import annotations

from typing import Any

from songwright.music.song import Song


def stored_song(facts: dict[str, Any], **changes: object) -> Song:
    """A song with these facts, all stems and a score."""
    return Song.model_validate(
        {
            "id": "1",
            "task_id": "1",
            "created_at": "2026-01-01T00:00:00Z",
            "engine": "local",
            "engine_version": "1",
            "action": {"action": "generate", "prompt": "pop"},
            "stems": ["vocals", "drums", "bass", "other"],
            "has_score": True,
            "facts": facts,
            **changes,
        }
    )

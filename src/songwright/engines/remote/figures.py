"""Typed figures of a request for services that have no fields for them: said in the prompt, in words."""

from __future__ import annotations

from collections.abc import Collection

from songwright.music.actions import Action, Extend, Figured
from songwright.style.prompt_figures import without_figures

__all__ = ["FIGURES", "prompt_with_figures"]

FIGURES = ("duration_seconds", "tempo_bpm", "key", "time_signature", "chords")


def prompt_with_figures(
    prompt: str, action: Action, said: Collection[str], most_characters: int, service: str
) -> tuple[str, tuple[str, ...]]:
    """A prompt with typed figures in words, in the place of what it says of them itself.

    Args:
        prompt: As it is.
        action: What is asked.
        said: Which figures are to be said; others have fields of their own.
        most_characters: How long the prompt may be.
        service: What the service is called in notes.

    Returns:
        The prompt, and notes on what the service may not keep to, or was not told.
    """
    typed = _in_words(action)
    words = {name: text for name, text in typed.items() if name in said}
    whole = without_figures(prompt, typed.keys())
    told: list[str] = []
    untold: list[str] = []
    for name, text in words.items():
        longer = f"{whole}, {text}" if whole else text
        if len(longer) <= most_characters:
            whole = longer
            told.append(name)
        else:
            untold.append(name)
    notes = []
    if told:
        notes.append(f"{', '.join(told)}: said to {service} in words, which it may not keep to")
    if untold:
        notes.append(f"{', '.join(untold)}: the prompt has no room left for it, so {service} decided")
    return whole, tuple(notes)


def _in_words(action: Action) -> dict[str, str]:
    if not isinstance(action, Figured):
        return {}
    more = " more" if isinstance(action, Extend) else ""
    words = {
        "duration_seconds": f"{action.duration_seconds:g} seconds{more}" if action.duration_seconds else "",
        "tempo_bpm": f"{action.tempo_bpm:g} bpm" if action.tempo_bpm else "",
        "key": f"in {action.key}" if action.key else "",
        "time_signature": f"{action.time_signature} time" if action.time_signature else "",
        "chords": f"chords {action.chords}" if action.chords else "",
    }
    return {name: text for name, text in words.items() if text}

"""What a request wishes for: its prompt's words, and its typed figures, which win over them."""

from __future__ import annotations

from songwright.music.actions import Figured, Sounding
from songwright.music.figures import parse_key, parse_meter, parse_progression
from songwright.music.score import TimeSignature
from songwright.style.prompt_words import read_prompt
from songwright.style.wishes import Wishes

__all__ = ["read_wishes"]


def read_wishes(action: Sounding) -> Wishes:
    """The wishes of a prompt and of the typed figures beside it, such as ``tempo_bpm``.

    What the prompt says otherwise about a typed figure is taken out of what was understood, as a note says.
    """
    wishes = read_prompt(action.prompt)
    if not isinstance(action, Figured):
        return wishes
    if action.duration_seconds is not None:
        wishes.target_seconds, wishes.target_bars = action.duration_seconds, None
        _overrule(wishes, "duration_seconds", f"length {action.duration_seconds:g} s", ("length ",))
    if action.tempo_bpm is not None:
        wishes.tempo_bpm, wishes.tempo_place = action.tempo_bpm, None
        _overrule(wishes, "tempo_bpm", f"tempo {action.tempo_bpm:g} bpm", ("tempo ",))
    if action.key is not None:
        key = parse_key(action.key)
        wishes.tonic = key.tonic
        wishes.mode = key.mode or wishes.mode
        said = ("key ", "major mode", "minor mode") if key.mode else ("key ",)
        _overrule(wishes, "key", f"key {key.name}", said)
    if action.time_signature is not None:
        above, below = parse_meter(action.time_signature)
        wishes.meter = TimeSignature(above, 2 if below == 2 else 8 if below == 8 else 4)
        _overrule(wishes, "time_signature", f"time signature {wishes.meter}", ("time signature ",))
    if action.chords is not None:
        bars = parse_progression(action.chords)
        wishes.chords = tuple(" ".join(chord.symbol for chord in bar) for bar in bars)
        _overrule(wishes, "chords", f"chords {' | '.join(wishes.chords)}", ("chords ",))
    return wishes


def _overrule(wishes: Wishes, field: str, phrase: str, said: tuple[str, ...]) -> None:
    """Put a typed figure in the place of what the prompt says about it."""
    overruled = [wish for wish in wishes.understood if wish.startswith(said)]
    wishes.understood = [wish for wish in wishes.understood if wish not in overruled]
    wishes.understand(phrase)
    # "A jingle" and "long" leave the length open; a figure contradicts another figure.
    other = [
        wish for wish in overruled if "," not in wish and wish.replace("length about", "length") != phrase
    ]
    if other:
        wishes.notes.append(f"{field}: {phrase}, over the prompt's {', '.join(other)}")

"""Chord voicings: in register, close to the chord before, and clear at the bottom."""

from __future__ import annotations

from functools import cache
from itertools import product

from songwright.music.score import Chord

__all__ = ["fretted", "power_chord", "voice_led"]

# Thirds and seconds below about C3 beat against their overtones and sound like mud.
_CLEAR_ABOVE = 48
_OPEN_STRINGS = (40, 45, 50, 55, 59, 64)


def voice_led(
    chord: Chord, previous: tuple[int, ...], *, centre: int, top: int = 127, voices: int = 4
) -> tuple[int, ...]:
    """Spread a chord over a register so that its voices move as little as they can.

    Args:
        chord: The chord.
        previous: The voicing before it, ascending; empty at the start of a section.
        centre: The MIDI pitch that the voicing lies around.
        top: The highest pitch allowed, where that leaves room.
        voices: How many notes at most.

    Returns:
        Ascending MIDI pitches.
    """
    tones = _essential(chord.intervals, voices)
    classes = tuple((chord.root + interval) % 12 for interval in tones)
    options = _close_voicings(classes, centre)
    below_top = [voicing for voicing in options if voicing[-1] <= top] or list(options)

    def cost(voicing: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        middle = sum(voicing) / len(voicing)
        distance = abs(middle - centre)
        if not previous:
            return distance, voicing
        moved = sum(min(abs(pitch - other) for other in previous) for pitch in voicing)
        outer = abs(voicing[-1] - previous[-1]) + 0.5 * abs(voicing[0] - previous[0])
        return moved + 0.7 * outer + 0.5 * distance, voicing

    return min(below_top, key=cost)


def power_chord(chord: Chord, lowest: int) -> tuple[int, ...]:
    """Root, fifth and octave, the root in the octave above ``lowest``."""
    root = lowest + (chord.root - lowest) % 12
    fifth = 6 if 6 in chord.intervals and 7 not in chord.intervals else 7
    return root, root + fifth, root + 12


def fretted(chord: Chord) -> tuple[int, ...]:
    """The chord as a guitarist would grip it: at most four frets apart, open strings where they fit.

    Returns:
        Three to six ascending MIDI pitches, the chord's bass at the bottom where the neck allows it.
    """
    return _grip(tuple(sorted(chord.pitch_classes)), chord.root, chord.bass)


@cache
def _grip(classes: tuple[int, ...], root: int, bass: int) -> tuple[int, ...]:
    best: tuple[float, tuple[int, ...]] | None = None
    for position, first in product(range(8), range(3)):
        notes: list[int] = []
        for string, open_pitch in enumerate(_OPEN_STRINGS[first:]):
            frets = [0] if position <= 2 else []
            frets += range(max(position, 1), position + 4)
            wanted = {bass} if string == 0 else set(classes)
            fret = next((f for f in frets if (open_pitch + f) % 12 in wanted), None)
            if fret is None:
                if string == 0:
                    break
                continue
            pitch = open_pitch + fret
            if notes and (pitch <= notes[-1] or (pitch < 52 and pitch - notes[-1] < 5)):
                continue
            notes.append(pitch)
        if len(notes) < 3:
            continue
        missing = len(set(classes) - {note % 12 for note in notes})
        score = missing * 6 + position * 0.6 - len(notes) + (0 if notes[0] % 12 == bass else 2)
        if best is None or score < best[0]:
            best = (score, tuple(notes))
    if best is None:
        low = 48 + (root - 48) % 12
        return tuple(sorted({low, *(low + (c - root) % 12 for c in classes)}))
    return best[1]


def _essential(intervals: tuple[int, ...], voices: int) -> tuple[int, ...]:
    """Drop the fifth, then the root, of chords with more tones than voices: the bass has the root."""
    kept = list(dict.fromkeys(interval % 12 for interval in intervals))
    if len(kept) > voices and 7 in kept:
        kept.remove(7)
    if len(kept) > voices:
        kept.remove(0)
    return tuple(kept[-voices:] if len(kept) > voices else kept)


@cache
def _close_voicings(classes: tuple[int, ...], centre: int) -> tuple[tuple[int, ...], ...]:
    found: set[tuple[int, ...]] = set()
    for lowest in range(centre - 14, centre + 8):
        if lowest % 12 not in classes:
            continue
        close = tuple(sorted(lowest + (pitch_class - lowest) % 12 for pitch_class in classes))
        found.add(close)
        if len(close) >= 4:
            found.add(tuple(sorted((close[0], close[1], close[-2] - 12, close[-1]))))
    clear = [voicing for voicing in found if _is_clear(voicing)]
    return tuple(sorted(clear or found))


def _is_clear(voicing: tuple[int, ...]) -> bool:
    if voicing[0] < _CLEAR_ABOVE - 5:
        return False
    low = [pitch for pitch in voicing if pitch < _CLEAR_ABOVE]
    if not low:
        return True
    return len(low) == 1 and (len(voicing) == 1 or voicing[1] - low[0] >= 7)

"""Chords that were asked for: over which bars they stand, and which key they are in."""

from __future__ import annotations

from collections.abc import Sequence

from songwright.music.figures import ChordFigure, Progression, parse_chord_symbol
from songwright.music.score import MINOR_MODES, SCALES, Chord, Key, Mode

__all__ = ["chord_bars", "key_of_chords", "progression_of"]

_HOME_FIRST, _HOME_LAST, _OWN_SEVENTH = 0.9, 0.5, 0.25
_LEADING_TONE = 11
_DOMINANT = 7


def progression_of(bars: Sequence[str]) -> Progression:
    """Bars of chords from one text a bar, such as ("Am", "F G"); what is no chord symbol is passed over."""
    read = ([parse_chord_symbol(symbol) for symbol in bar.split()] for bar in bars)
    found = (tuple(chord for chord in bar if chord is not None) for bar in read)
    return tuple(bar for bar in found if bar)


def chord_bars(progression: Progression, bars: int) -> list[tuple[Chord, float]]:
    """The progression round and round for so many bars: chords, and how many bars each one lasts."""
    found: list[tuple[Chord, float]] = []
    for bar in range(bars):
        figures = progression[bar % len(progression)]
        found += [(_chord(figure), 1.0 / len(figures)) for figure in figures]
    return found


def key_of_chords(progression: Progression, tonic: int | None = None, mode: Mode | None = None) -> Key:
    """The major or minor key that chords are most at home in.

    A chord counts by the share of its tones that lie in the key's scale; in minor the dominant may have its
    leading tone. The tonic chord is likely to stand first, or else last.

    Args:
        progression: One chord at least.
        tonic: Given where it is known.
        mode: Given where it is known.
    """
    modes: tuple[Mode, ...] = ("major", "minor") if mode is None else (mode,)
    tonics = range(12) if tonic is None else (tonic,)
    chords = [chord for bar in progression for chord in bar]
    return max(
        (Key(each, kind) for each in tonics for kind in modes),
        key=lambda key: _fit(key, chords),
    )


def _fit(key: Key, chords: Sequence[ChordFigure]) -> float:
    scale = {(key.tonic + step) % 12 for step in SCALES[key.mode]}
    is_minor = key.mode in MINOR_MODES
    total = 0.0
    for chord in chords:
        own = set(scale)
        if is_minor and (chord.root - key.tonic) % 12 == _DOMINANT:
            own.add((key.tonic + _LEADING_TONE) % 12)
        tones = [(chord.root + interval) % 12 for interval in chord.intervals]
        total += sum(tone in own for tone in tones) / len(tones)
    mean = total / len(chords) * 4
    first, last = chords[0], chords[-1]
    return mean + _HOME_FIRST * _is_home(key, first) + _HOME_LAST * _is_home(key, last)


def _is_home(key: Key, chord: ChordFigure) -> float:
    if chord.root != key.tonic:
        return 0.0
    third = next((interval for interval in chord.intervals if interval in (3, 4)), None)
    if third is not None and (third == 3) != (key.mode in MINOR_MODES):
        return 0.0
    # A dominant seventh leads away from its root more often than it rests there.
    return 1.0 - _OWN_SEVENTH * 2 * (10 in chord.intervals and third == 4)


def _chord(figure: ChordFigure) -> Chord:
    return Chord(figure.root, figure.intervals, figure.symbol, figure.bass)

"""Melody: every line of the lyric as sung notes, and tunes for instruments.

Sections of one kind share rhythm, contour and motif, so that verse 2 is verse 1's tune fitted to new
syllables. Lines pair: the first of a pair ends open, the second closes.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from songwright.engines.local.form import PlacedLine
from songwright.engines.local.genre import MelodyFacts
from songwright.engines.local.meter import metric_weight
from songwright.engines.local.pitches import Cadence, Floats, Phrase, Slot, choose_pitches
from songwright.engines.local.prosody import Syllable, syllabify
from songwright.engines.local.randomness import stream
from songwright.engines.local.text_setting import RhythmHabit, draw_habit, pickup_beats, set_syllables
from songwright.music.score import (
    Chord,
    ChordSpan,
    Key,
    Note,
    ScoreSection,
    SectionKind,
    SungLine,
    SungNote,
    TimeSignature,
)

__all__ = ["MelodyRequest", "Register", "chord_at", "write_lines", "write_wordless"]

BREATH_BEATS = 1.0
_LONGEST_NOTE_BEATS = 4.0
_MOST_MELISMAS = 0.6
_PAUSE = re.compile(r"[,;:.!?\u2026\u2014]$")
_SCHEMES: dict[SectionKind, tuple[str, ...]] = {
    "chorus": ("ABAC", "AABA", "AAAB", "ABAB"),
    "verse": ("ABAB", "AABA", "ABAC", "AABC", "AAAB"),
    "bridge": ("AABC", "ABCD", "ABAC"),
    "pre-chorus": ("AAAB", "ABAC", "AABC"),
}
_SHAPES: dict[SectionKind, tuple[tuple[str, float], ...]] = {
    "verse": (("arch", 0.35), ("wave", 0.25), ("descent", 0.2), ("ascent", 0.1), ("valley", 0.1)),
    "pre-chorus": (("ascent", 0.7), ("wave", 0.15), ("arch", 0.15)),
    "chorus": (("arch", 0.35), ("descent", 0.35), ("wave", 0.2), ("valley", 0.1)),
    "bridge": (("ascent", 0.3), ("valley", 0.25), ("arch", 0.25), ("wave", 0.2)),
}
# Where in the song's range each kind lies: bottom and top as shares of the range, and its middle.
_BANDS: dict[SectionKind, tuple[float, float, float]] = {
    "intro": (0.05, 0.8, 0.4),
    "verse": (0.0, 0.68, 0.32),
    "pre-chorus": (0.12, 0.82, 0.46),
    "chorus": (0.28, 1.0, 0.66),
    "post-chorus": (0.28, 1.0, 0.64),
    "bridge": (0.1, 0.92, 0.5),
    "solo": (0.15, 1.0, 0.6),
    "break": (0.0, 0.8, 0.38),
    "drop": (0.28, 1.0, 0.66),
    "outro": (0.05, 0.8, 0.42),
}


@dataclass(frozen=True, slots=True)
class Register:
    """The range of a song's melody, as MIDI pitches, both included."""

    lowest: int
    highest: int

    def band(self, kind: SectionKind) -> tuple[int, int, float]:
        """Lowest pitch, highest pitch and middle for a kind of section."""
        bottom, top, middle = _BANDS[kind]
        span = self.highest - self.lowest
        return (
            self.lowest + round(bottom * span),
            self.lowest + round(top * span),
            self.lowest + middle * span,
        )


@dataclass(frozen=True, slots=True)
class MelodyRequest:
    """What a melody depends on.

    Attributes:
        facts: How the genre sings.
        register: The range of the whole song.
        sections, chords: The form and harmony to sing over.
        strictness: 0..1, how strongly words shape the melody.
        weirdness: 0..1.
        seed: The song's seed.
        section_seeds: Other seeds for single sections, by index, for composing them anew.
    """

    facts: MelodyFacts
    key: Key
    meter: TimeSignature
    tempo_bpm: float
    register: Register
    sections: tuple[ScoreSection, ...]
    chords: tuple[ChordSpan, ...]
    strictness: float
    weirdness: float
    seed: str
    section_seeds: Mapping[int, str] = field(default_factory=dict)

    def seed_of(self, section: int) -> str:
        """The seed that a section's melody is drawn from."""
        return self.section_seeds.get(section, self.seed)


@dataclass(frozen=True, slots=True)
class _Idea:
    """The musical idea of one phrase label in one kind of section."""

    motif: tuple[int, ...]
    curve: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Set:
    """A line whose rhythm is decided: beats from the song's start."""

    line: PlacedLine
    syllables: tuple[Syllable, ...]
    onsets: tuple[float, ...]
    ends: float


def write_lines(request: MelodyRequest, lines: Sequence[PlacedLine]) -> tuple[SungLine, ...]:
    """Melodies for lines in order, every syllable sung, a breath of a beat between lines."""
    ready = _set_lines(request, lines)
    missing = _missing_notes(request, ready)
    models: dict[tuple[str, SectionKind, int], tuple[SungLine, float]] = {}
    sung: list[SungLine] = []
    previous: int | None = None
    for placed in ready:
        section = request.sections[placed.line.section]
        place = (request.seed_of(placed.line.section), section.kind, placed.line.phrase)
        model = models.get(place)
        notes = _sing(request, placed, len(_peers(placed, ready)), missing, model, previous)
        line = SungLine(text=placed.line.text, section=placed.line.section, notes=notes)
        models.setdefault(place, (line, placed.line.start_bar * request.meter.beats_per_bar))
        sung.append(line)
        previous = notes[-1].midi_pitch
    return tuple(sung)


def write_wordless(
    request: MelodyRequest, phrases: Sequence[PlacedLine], *, lively: bool
) -> tuple[Note, ...]:
    """A tune without words: the same art, with stresses of its own.

    Args:
        request: What the melody depends on.
        phrases: Stretches of whole bars, all of one section, in order; their text is not used.
        lively: More notes, as in a solo.

    Returns:
        Notes in order, not overlapping, inside the phrases' bars.
    """
    notes: list[Note] = []
    previous: int | None = None
    for phrase in phrases:
        section = request.sections[phrase.section]
        seed = request.seed_of(phrase.section)
        syllables = _pulse(request, phrase, lively=lively)
        start = phrase.start_bar * request.meter.beats_per_bar
        length = phrase.bars * request.meter.beats_per_bar - 0.5 * BREATH_BEATS
        onsets = set_syllables(
            syllables,
            pickup=0.0,
            length_beats=length,
            meter=request.meter,
            tempo_bpm=request.tempo_bpm,
            habit=_habit(request, seed, section.kind),
            strictness=0.4,
        )
        placed = _Set(phrase, syllables, tuple(start + onset for onset in onsets), start + length)
        tune = _sing(request, placed, len(phrases), {}, None, previous)
        previous = tune[-1].midi_pitch
        for note in tune:
            weight = metric_weight(request.meter, note.start_beats)
            notes.append(
                Note(note.start_beats, note.duration_beats, note.midi_pitch, round(72 + 22 * weight))
            )
    return tuple(notes)


def _pulse(request: MelodyRequest, phrase: PlacedLine, *, lively: bool) -> tuple[Syllable, ...]:
    """Stresses of a wordless phrase, the same wherever its label comes back."""
    seed = request.seed_of(phrase.section)
    kind = request.sections[phrase.section].kind
    label = _label(request, seed, kind, phrase.phrase)
    rng = stream(seed, "melody", kind, label, "pulse")
    usual, densest = request.facts.notes_per_beat
    rate = usual + (densest - usual) * float(rng.uniform(0.2, 0.7) if lively else rng.uniform(-0.3, 0.2))
    beats = phrase.bars * request.meter.beats_per_bar - BREATH_BEATS
    fastest = 6.0 * 60.0 / request.tempo_bpm
    count = max(2, round(min(rate, fastest) * beats))
    stresses = rng.random(count) < 0.45
    return tuple(Syllable("la", index, bool(stresses[index]), word_end=True) for index in range(count))


def _peers(placed: _Set, ready: Sequence[_Set]) -> list[_Set]:
    return [other for other in ready if other.line.section == placed.line.section]


def _set_lines(request: MelodyRequest, lines: Sequence[PlacedLine]) -> list[_Set]:
    """Rhythm first: each line between the breath before it and the breath after it."""
    bar = request.meter.beats_per_bar
    syllables = [syllabify(line.text) for line in lines]
    pickups = []
    for index, (line, own) in enumerate(zip(lines, syllables, strict=True)):
        wanted = pickup_beats(own, request.tempo_bpm)
        room = line.start_bar * bar
        if index:
            before = lines[index - 1]
            room -= (before.start_bar + before.bars) * bar
            if room <= 0:
                # The pickup takes its time from the line before, which must be able to spare it.
                dense = len(syllables[index - 1]) / (before.bars * bar - BREATH_BEATS - wanted)
                room = wanted if dense <= 1.25 * request.facts.notes_per_beat[1] else 0.0
        pickups.append(min(wanted, max(0.0, room)))
    pickups.append(0.0)
    ready: list[_Set] = []
    models: dict[tuple[str, SectionKind, int], tuple[tuple[float, ...], int]] = {}
    for index, (line, own) in enumerate(zip(lines, syllables, strict=True)):
        section = request.sections[line.section]
        seed = request.seed_of(line.section)
        start = line.start_bar * bar
        after = lines[index + 1] if index + 1 < len(lines) else None
        adjacent = after is not None and after.start_bar == line.start_bar + line.bars
        length = line.bars * bar - BREATH_BEATS - (pickups[index + 1] if adjacent else 0.0)
        place = (seed, section.kind, line.phrase)
        onsets = set_syllables(
            own,
            pickup=pickups[index],
            length_beats=length,
            meter=request.meter,
            tempo_bpm=request.tempo_bpm,
            habit=_habit(request, seed, section.kind),
            strictness=request.strictness,
            model=models[place][0] if place in models else (),
            pauses=_pauses(line.text, own),
        )
        models.setdefault(place, (onsets, len(own)))
        ready.append(_Set(line, own, tuple(start + onset for onset in onsets), start + length))
    return ready


def _habit(request: MelodyRequest, seed: str, kind: SectionKind) -> RhythmHabit:
    return draw_habit(stream(seed, "melody", kind, "rhythm"), request.meter, request.facts.syncopation)


def _pauses(text: str, syllables: Sequence[Syllable]) -> frozenset[int]:
    words = text.split()
    if not syllables or len(words) != syllables[-1].word + 1:
        return frozenset()
    return frozenset(
        index
        for index, syllable in enumerate(syllables[:-1])
        if syllable.word_end and _PAUSE.search(words[syllable.word])
    )


def _missing_notes(request: MelodyRequest, ready: Sequence[_Set]) -> dict[SectionKind, float]:
    """How many notes a bar each chorus lacks to be as dense as the verses."""
    rates: dict[SectionKind, tuple[int, int]] = {}
    for placed in ready:
        kind = request.sections[placed.line.section].kind
        notes, bars = rates.get(kind, (0, 0))
        rates[kind] = (notes + len(placed.onsets), bars + placed.line.bars)
    density = {kind: notes / bars for kind, (notes, bars) in rates.items()}
    if "verse" not in density:
        return {}
    return {
        kind: max(0.0, 1.06 * density["verse"] - density[kind])
        for kind in density
        if kind in ("chorus", "post-chorus")
    }


def _sing(
    request: MelodyRequest,
    placed: _Set,
    peers: int,
    missing: Mapping[SectionKind, float],
    model: tuple[SungLine, float] | None,
    previous: int | None,
) -> tuple[SungNote, ...]:
    """Pitches for one line."""
    section = request.sections[placed.line.section]
    seed = request.seed_of(placed.line.section)
    label = _label(request, seed, section.kind, placed.line.phrase)
    timed = _timed(request, placed, missing.get(section.kind, 0.0) * placed.line.bars)
    lowest, highest, middle = request.register.band(section.kind)
    idea = _idea(request, seed, section.kind, label)
    start = placed.line.start_bar * request.meter.beats_per_bar
    length = placed.line.bars * request.meter.beats_per_bar
    amplitude = 0.3 * (highest - lowest)
    last_of_section = placed.line.phrase == peers - 1
    drift = _drift(section.kind, placed.line.phrase, peers)
    slots = tuple(
        Slot(
            weight=metric_weight(request.meter, note.start_beats),
            beats=note.duration_beats,
            chord=chord_at(request.chords, note.start_beats),
            target=middle + drift + amplitude * _curve_at(idea.curve, (note.start_beats - start) / length),
            carried=not note.syllable,
            model=None if model is None else _model_pitch(model, note.start_beats - start),
        )
        for note in timed
    )
    same_words = model is not None and model[0].text == placed.line.text
    phrase = Phrase(
        slots=slots,
        motif=idea.motif,
        cadence=_cadence(placed.line.phrase, last=last_of_section, kind=section.kind),
        lowest=lowest,
        highest=highest,
        leap=min(1.0, request.facts.leap + 0.25 * max(0.0, request.weirdness - 0.5)),
        blue=request.facts.blue,
        previous=previous,
        faithfulness=2.5 if same_words else 0.35,
    )
    pitches = choose_pitches(phrase, request.key, stream(seed, "melody", section.kind, label, "taste"))
    return tuple(
        SungNote(n.start_beats, n.duration_beats, pitch, n.syllable, n.word, n.stressed)
        for n, pitch in zip(timed, pitches, strict=True)
    )


def _timed(request: MelodyRequest, placed: _Set, missing: float) -> list[SungNote]:
    """The line's notes with their lengths, still on one pitch.

    ``missing`` notes are made up by melismas on the longest syllables, on a part of them at most.
    """
    kind = request.sections[placed.line.section].kind
    rng = stream(request.seed_of(placed.line.section), "melody", kind, placed.line.phrase, "lengths")
    pauses = _pauses(placed.line.text, placed.syllables)
    lengths: list[float] = []
    for index, onset in enumerate(placed.onsets):
        final = index == len(placed.onsets) - 1
        length = (placed.ends if final else placed.onsets[index + 1]) - onset
        ring = float(rng.choice((1.0, 1.5, 2.0, 3.0), p=(0.12, 0.2, 0.4, 0.28)))
        if final:
            length = min(length, max(ring, 0.5))
        elif length > 2.0:
            length = 1.5 if index in pauses else 2.0
        elif index in pauses and length >= 1.0:
            length -= 0.5
        lengths.append(min(length, _LONGEST_NOTE_BEATS))
    count = math.ceil(min(missing, _MOST_MELISMAS * len(lengths)) - 1e-9)
    if not missing and rng.random() < 0.08:
        count = 1
    long = [i for i in range(len(lengths)) if lengths[i] >= 1.0 and placed.syllables[i].text]
    # The last note of a line is left to ring as long as others can move.
    last = len(lengths) - 1
    order = sorted(long, key=lambda i: (i == last, -lengths[i], not placed.syllables[i].stressed, i))
    carried = set(order[:count])
    notes: list[SungNote] = []
    for index, (syllable, onset) in enumerate(zip(placed.syllables, placed.onsets, strict=True)):
        length = lengths[index]
        first = _turning_point(length) if index in carried else length
        notes.append(SungNote(onset, first, 60, syllable.text, syllable.word, syllable.stressed))
        if index in carried:
            notes.append(SungNote(onset + first, length - first, 60, "", syllable.word, syllable.stressed))
    return notes


def _turning_point(length: float) -> float:
    """Where in a long note a melisma moves on: on the grid of eighths where it can."""
    return max(0.5, math.floor(length) / 2) if length >= 1.0 else length / 2


def _label(request: MelodyRequest, seed: str, kind: SectionKind, phrase: int) -> str:
    rng = stream(seed, "melody", kind, "scheme")
    schemes = _SCHEMES.get(kind, _SCHEMES["verse"])
    scheme = schemes[int(rng.integers(len(schemes)))]
    repeats = rng.random() < request.facts.repeat
    label = scheme[phrase % 4]
    # A second group of four takes up the first, or answers it with ideas of its own.
    return label if phrase < 4 or repeats else f"{label}{(phrase // 4) % 2}"


def _idea(request: MelodyRequest, seed: str, kind: SectionKind, label: str) -> _Idea:
    rng = stream(seed, "melody", kind, label, "idea")
    leap = request.facts.leap
    sizes = np.array([0.24, 0.4, 0.2, 0.08 + 0.24 * leap, 0.05 + 0.24 * leap])
    motif = []
    for _ in range(12):
        size = int(rng.choice(5, p=sizes / sizes.sum()))
        motif.append(size if rng.random() < 0.5 else -size)
    shapes = _SHAPES.get(kind, _SHAPES["verse"])
    weights = np.array([weight for _, weight in shapes])
    shape = shapes[int(rng.choice(len(shapes), p=weights / weights.sum()))][0]
    places = np.linspace(0.0, 1.0, 17)
    curve = _shape(shape, places)
    for turns in (1, 2, 3):
        curve = curve + rng.normal(0, 0.35 / turns) * np.sin(np.pi * (turns * places + rng.uniform(0, 2)))
    return _Idea(tuple(motif), tuple(curve.tolist()))


def _shape(name: str, places: Floats) -> Floats:
    match name:
        case "arch":
            return 1.6 * np.sin(np.pi * places) - 0.7
        case "valley":
            return 0.7 - 1.4 * np.sin(np.pi * places)
        case "descent":
            return 1.0 - 1.9 * places
        case "ascent":
            return 1.9 * places - 1.0
        case _:
            return 0.9 * np.sin(2 * np.pi * places)


def _curve_at(curve: Sequence[float], place: float) -> float:
    return float(np.interp(place, np.linspace(0.0, 1.0, len(curve)), curve))


def _drift(kind: SectionKind, phrase: int, peers: int) -> float:
    """How far a line lies above its section's middle: sections have an arc too, with its top past halfway."""
    if peers < 2:
        return 0.0
    share = phrase / (peers - 1)
    if kind == "pre-chorus":
        return -1.0 + 2.5 * share
    return 1.4 * float(np.sin(np.pi * min(1.0, share * 0.85 + 0.1))) - 0.9


def _cadence(phrase: int, *, last: bool, kind: SectionKind) -> Cadence:
    if last:
        return "open" if kind in ("pre-chorus", "bridge") else "closed"
    return "open" if phrase % 2 == 0 else "closed"


def chord_at(chords: Sequence[ChordSpan], beat: float) -> Chord:
    """The chord that sounds on a beat."""
    index = bisect_right(chords, beat + 1e-6, key=lambda span: span.start_beats) - 1
    return chords[max(0, index)].chord


def _model_pitch(model: tuple[SungLine, float], beats: float) -> float:
    line, start = model
    return float(
        np.interp(
            beats, [n.start_beats - start for n in line.notes], [float(n.midi_pitch) for n in line.notes]
        )
    )

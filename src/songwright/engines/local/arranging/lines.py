"""Melodic lines of the accompaniment: the lead, hooks and echoes, riffs, counter-melodies, effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from songwright.engines.local.arranging.accompaniment import Setting, rhythm_of, velocity
from songwright.engines.local.arranging.grid import Step
from songwright.engines.local.arranging.passages import Band
from songwright.engines.local.arranging.ranges import fold_into_range, playing_of
from songwright.engines.local.randomness import stream
from songwright.music.score import SCALES, Chord, Key, Note
from songwright.style.genre import Behaviour

__all__ = ["MELODIC", "play_line"]

_RIFFS: dict[Band, tuple[str, ...]] = {
    "low": ("x--- --o- o--- ----", "x-o- ---- ..o- o---"),
    "mid": ("x-x. o-.o --o- x-o-", "x--o --o- x-o- o---"),
    "high": ("x-xo .-o- x-xo o-x-", "xoxo -oxo xoxo -oxx"),
}


def play_line(setting: Setting) -> tuple[Note, ...]:
    """The notes of a melodic layer in one section, in order."""
    notes = MELODIC[setting.layer.behaviour](setting)
    return tuple(sorted(notes, key=lambda note: (note.start_beats, note.midi_pitch)))


def _lead(setting: Setting) -> list[Note]:
    notes: list[Note] = []
    for line in setting.plan.lead:
        if line.section != setting.passage.index:
            continue
        shift = _octaves_into(tuple(note.midi_pitch for note in line.notes), setting)
        for note in line.notes:
            pitch = fold_into_range(note.midi_pitch + shift, setting.instrument)
            loud = round(note.velocity * (0.85 + 0.2 * setting.passage.energy))
            notes.append(Note(note.start_beats, note.duration_beats, pitch, max(1, min(127, loud))))
    return notes


def _hook(setting: Setting) -> list[Note]:
    """The song's hook where nobody sings, and a short answer in the gaps where somebody does."""
    hook = setting.plan.hook
    if not hook:
        return _riff(setting)
    if any(line.section == setting.passage.index for line in setting.plan.lead):
        return []
    passage = setting.passage
    bars = 1
    length = max(note.start_beats + note.duration_beats for note in hook)
    while bars * passage.bar_beats < length - 0.51:
        bars *= 2
    shift = _octaves_into(tuple(note.midi_pitch for note in hook), setting)
    notes: list[Note] = []
    for bar in range(0, passage.bars, bars):
        start = passage.bar_start_beats(bar)
        for note in hook:
            at = start + note.start_beats
            end = at + note.duration_beats
            if end > passage.end_beats + 1e-6 or setting.singing(at - 0.25, end):
                continue
            pitch = _onto_chord(note.midi_pitch + shift, setting, at, strong=note.duration_beats >= 1)
            notes.append(Note(at, note.duration_beats, pitch, velocity(setting, "x")))
    return _without_stubs(notes)


def _without_stubs(notes: list[Note]) -> list[Note]:
    """Drop notes that stand alone: an answer of one note sounds like a slip."""
    kept: list[Note] = []
    for before, note, after in zip([None, *notes], notes, [*notes[1:], None], strict=False):
        near_before = before is not None and note.start_beats - before.start_beats <= 2
        near_after = after is not None and after.start_beats - note.start_beats <= 2
        if near_before or near_after or note.duration_beats >= 2:
            kept.append(note)
    return kept


def _riff(setting: Setting) -> list[Note]:
    """A figure of two bars that follows the chords: the same shape on every root."""
    key = setting.plan.key
    draw = stream(setting.seed, "riff", setting.layer.name, setting.passage.kind)
    shapes = (
        (0, 0, 4, 6, 4, 2),
        (0, 2, 4, 0, 6, 7),
        (0, 7, 6, 4, 2, 4),
        (0, 0, 2, 0, 6, 4),
        (4, 2, 0, 0, 2, 4),
    )
    first = shapes[int(draw.integers(len(shapes)))]
    second = shapes[int(draw.integers(len(shapes)))]
    base = 12 * (setting.layer.octave + 1)
    notes: list[Note] = []
    place = 0
    last_bar = -1.0
    for start, step in _riff_rhythm(setting):
        if start != last_bar:
            place = 0
            last_bar = start
        bar = round((start - setting.passage.start_beats) / setting.passage.bar_beats)
        shape = second if bar % 4 == 3 else first
        chord = setting.passage.chord_at(start + step.beat).chord
        pitch = _on_scale(chord, shape[place % len(shape)], key, base)
        place += 1
        pitch = fold_into_range(pitch, setting.instrument)
        notes.append(Note(start + step.beat, step.held_beats * 0.95, pitch, velocity(setting, step.mark)))
    return notes


def _riff_rhythm(setting: Setting) -> list[tuple[float, Step]]:
    layer = setting.layer
    texts = layer.patterns or _RIFFS[setting.passage.band]
    written = layer.model_copy(update={"patterns": texts})
    return list(rhythm_of(replace(setting, layer=written), "riff"))


def _on_scale(chord: Chord, degree: int, key: Key, base: int) -> int:
    """The pitch a number of scale steps above a chord's root; chord tones win over scale tones."""
    root = base + (chord.root - base) % 12
    steps = [s for s in range(12) if (chord.root + s - key.tonic) % 12 in SCALES[key.mode]]
    ladder = [0, *(s for s in steps if s > 0)]
    octave, place = divmod(degree, 7)
    interval = ladder[min(place, len(ladder) - 1)]
    if place in (2, 4) and len(chord.intervals) > place // 2:
        interval = chord.intervals[place // 2]
    return root + 12 * octave + interval


def _counter(setting: Setting) -> list[Note]:
    """A slow line in chord tones, moving by step where it can and more freely where nobody sings."""
    playing = playing_of(setting.instrument)
    # An instrument sings best about the middle of its range: a cello lower than a fiddle.
    warmest = (playing.lowest + playing.highest) // 2 + 4
    centre = max(min(12 * (setting.layer.octave + 1) + 4, warmest), playing.lowest + 7)
    draw = stream(setting.seed, "counter", setting.passage.kind)
    direction = 1 if draw.random() < 0.6 else -1
    if setting.shift:
        direction = -direction
    previous = centre + setting.shift
    notes: list[Note] = []
    scale = {(setting.plan.key.tonic + s) % 12 for s in SCALES[setting.plan.key.mode]}
    for place, span in enumerate(setting.passage.chords):
        target = _counter_tone(span.chord, previous, centre, direction, playing.highest, playing.lowest)
        if abs(target - centre) >= 6:
            direction = 1 if target < centre else -1
        moves = span.duration_beats >= 2 and place % 2 == 1
        free = not setting.singing(
            span.start_beats + span.duration_beats / 2, span.start_beats + span.duration_beats
        )
        loud = velocity(setting, "o")
        half = span.duration_beats / 2
        if moves or (free and span.duration_beats >= 3):
            passing = next(
                (target + direction * d for d in (1, 2) if (target + direction * d) % 12 in scale), target
            )
            if not playing.lowest <= passing <= playing.highest:
                passing = target
            notes.append(Note(span.start_beats, half, target, loud))
            notes.append(Note(span.start_beats + half, half, passing, max(1, loud - 6)))
            previous = passing
        else:
            notes.append(Note(span.start_beats, span.duration_beats, target, loud))
            previous = target
    return _tied(notes)


def _counter_tone(chord: Chord, previous: int, centre: int, direction: int, highest: int, lowest: int) -> int:
    tones = set(chord.pitch_classes)
    near = [p for p in range(previous - 7, previous + 8) if p % 12 in tones and lowest <= p <= highest]
    guide = {(chord.root + i) % 12 for i in chord.intervals[1:] if i % 12 != 7}

    def cost(pitch: int) -> tuple[float, int]:
        step = pitch - previous
        against = 1.5 if step * direction < 0 else 0.0
        still = 2.5 if step == 0 else 0.0
        plain = 0.0 if pitch % 12 in guide else 1.5
        return abs(step) * 0.8 + against + still + plain + 0.15 * abs(pitch - centre), pitch

    return min(near, key=cost) if near else previous


def _tied(notes: list[Note]) -> list[Note]:
    kept: list[Note] = []
    for note in notes:
        if kept and kept[-1].midi_pitch == note.midi_pitch and note.duration_beats < 2:
            kept[-1] = replace(kept[-1], duration_beats=kept[-1].duration_beats + note.duration_beats)
            continue
        kept.append(note)
    return kept


def _effects(setting: Setting) -> list[Note]:
    """Risers that end where a fuller section starts; impacts that start with it."""
    passage = setting.passage
    if setting.instrument == "impact":
        if passage.lifts and passage.energy >= 0.7:
            return [Note(passage.start_beats, min(4.0, passage.bar_beats), 60, velocity(setting, "x"))]
        return []
    if not passage.into_peak:
        return []
    bars = 2 if passage.bars >= 4 else 1
    length = min(bars, passage.bars) * passage.bar_beats
    return [Note(passage.end_beats - length, length, 60, velocity(setting, "x"))]


def _octaves_into(pitches: tuple[int, ...], setting: Setting) -> int:
    """The octaves that bring a melody's middle nearest to the layer's register."""
    if not pitches:
        return 0
    centre = 12 * (setting.layer.octave + 1) + 6
    playing = playing_of(setting.instrument)
    middle = (min(pitches) + max(pitches)) / 2
    options = [12 * k for k in range(-3, 4)]

    def cost(shift: int) -> tuple[float, int]:
        over = max(0, max(pitches) + shift - playing.highest) + max(0, playing.lowest - min(pitches) - shift)
        return 10 * over + abs(middle + shift - centre), abs(shift)

    return min(options, key=cost)


def _onto_chord(midi_pitch: int, setting: Setting, beats: float, *, strong: bool) -> int:
    """Bend a motif's long notes onto the chord, so that it can return over any harmony."""
    if not strong:
        return fold_into_range(midi_pitch, setting.instrument)
    tones = set(setting.passage.chord_at(beats).chord.pitch_classes)
    near = min((0, -1, 1, -2, 2, -3, 3), key=lambda d: (midi_pitch + d) % 12 not in tones)
    return fold_into_range(midi_pitch + near, setting.instrument)


MELODIC: dict[Behaviour, Callable[[Setting], list[Note]]] = {
    "lead": _lead,
    "hook": _hook,
    "riff": _riff,
    "counter": _counter,
    "fx": _effects,
}
"""The behaviours that play one note at a time, each a function from a setting to notes."""

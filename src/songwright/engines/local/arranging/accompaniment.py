"""Chordal accompaniment: how a layer turns a section's chords into notes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from songwright.engines.local.arranging.grid import Step, attacks, bars_of, fit_bar, restrike
from songwright.engines.local.arranging.passages import Band, Passage
from songwright.engines.local.arranging.plan import Plan
from songwright.engines.local.arranging.ranges import playing_of
from songwright.engines.local.arranging.voicing import fretted, power_chord, voice_led
from songwright.engines.local.randomness import stream
from songwright.music.score import Chord, ChordSpan, Note
from songwright.style.genre import Behaviour, Layer

__all__ = ["CHORDAL", "Setting", "accompany"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a layer knows when it plays a section.

    Attributes:
        plan: The song.
        passage: The section.
        layer: The layer, its first instrument the one that plays.
        seed: The seed of the section's notes.
        bass_sounds: Whether a bass plays in the section.
        sung: Stretches of the song in which the vocal sings, in beats, in order.
        sung_pitch: Median pitch of the song's vocal, or None where nobody sings in the section.
        shift: Semitones by which the layer keeps away from other layers of its octave.
    """

    plan: Plan
    passage: Passage
    layer: Layer
    seed: str
    bass_sounds: bool
    sung: tuple[tuple[float, float], ...]
    sung_pitch: int | None
    shift: int = 0

    @property
    def instrument(self) -> str:
        """The instrument that plays."""
        return self.layer.instruments[0]

    @property
    def centre(self) -> int:
        """The MIDI pitch that the layer lies around: below a high voice, above a low one."""
        centre = 12 * (self.layer.octave + 1) + 4
        if self.layer.octave == 4:
            centre += self.shift
            if self.sung_pitch is not None:
                high = self.sung_pitch >= _HIGH_VOICE
                centre = max(57, min(centre, self.sung_pitch - 4 + self.shift // 2)) if high else centre + 1
            if self.passage.energy >= 0.75:
                centre += 2
        playing = playing_of(self.instrument)
        return min(max(centre, playing.lowest + 9), playing.highest - 9)

    @property
    def top(self) -> int:
        """The highest MIDI pitch of a chord, so that a high voice has the top to itself."""
        highest = playing_of(self.instrument).highest
        if self.layer.octave == 4 and self.sung_pitch is not None and self.sung_pitch >= _HIGH_VOICE:
            return min(highest, max(67, self.sung_pitch + 3))
        return highest

    @property
    def gain(self) -> float:
        """How loud the section is, as a factor on velocities."""
        return 0.62 + 0.45 * self.passage.energy

    def singing(self, start: float, end: float) -> bool:
        """Whether the vocal sounds between two beats."""
        return any(first < end and start < last for first, last in self.sung)


# Women's and high men's lines lie above it; chords then go below the tune, else above it.
_HIGH_VOICE = 62
# In full sections these double the lowest tone of a chord an octave up.
_WIDENED: frozenset[Behaviour] = frozenset({"pad", "stab", "pulse", "block", "tremolo"})
_VELOCITY = {"x": 96, "o": 82, "g": 58}
_DEFAULT_PATTERNS: dict[Behaviour, dict[Band, tuple[str, ...]]] = {
    "block": {
        "low": ("x--- ---- ---- ----", "x--- ---- o--- ----"),
        "mid": ("x--- ---- o--- --o-", "x--- --o- --o- ----"),
        "high": ("x--- o--- x--- o---", "x-o- --o- x-o- o---"),
    },
    "strum": {
        "low": ("x--- ---- o--- --o-", "x--- ---- ---- ----"),
        "mid": ("x--- x-o- --o- x-o-", "x--- x-o- x--- x-o-"),
        "high": ("x-o- x-oo --o- x-oo", "x-g- x-oo g-o- x-oo"),
    },
    "fingerpick": {
        "low": ("T--- 2--- t--- 3---", "T-2- 3-2- t-2- 3-2-"),
        "mid": ("T-2- t-3- T-2- t-4-", "p-2- t-3- T-2- t-3-"),
        "high": ("T-23 t-4- T-23 t-43", "p-23 t-42 T-32 t-43"),
    },
    "arpeggio": {
        "low": ("o--- o--- o--- o---",),
        "mid": ("x.o. o.o. x.o. o.o.", "x..o ..o. x..o ..o."),
        "high": ("xooo xooo xooo xooo", "x.oo x.oo x.oo x.oo"),
    },
    "stab": {
        "low": ("x... .... .... ....",),
        "mid": ("..x. .... ..x. ....", "x... ..x. .... ...."),
        "high": ("x..x ..x. ..x. ....", "x..x ..x. .x.. x..."),
    },
    "comp": {
        "low": ("x--- ---. ..o- ----", ".... ..x- ---- ----"),
        "mid": ("x--. ..o. .... ..o-", "..x- ..o. .... o-..", ".... x--. ..o- ...."),
        "high": ("x.-. ..x- ..o. ..x-", "..x. .o.. ..x- -.o.", "o... ..x. .o.. x-.."),
    },
    "skank": {
        "low": (".... x... .... x...",),
        "mid": (".... x... .... x...", "..x. ..x. ..x. ..x."),
        "high": ("..x. ..x. ..x. ..xo", "..xo ..x. ..xo ..x."),
    },
    "pulse": {
        "low": ("x--- o--- o--- o---",),
        "mid": ("x-o- o-o- x-o- o-o-",),
        "high": ("x-o- x-o- x-o- x-o-",),
    },
    "power": {
        "low": ("x--- ---- ---- ----",),
        "mid": ("x-g- g-g- x-g- g-x-", "x--- --x- --x- ----"),
        "high": ("x-o- o-o- x-o- o-o-", "x--- x--- x-x- x---"),
    },
}
_ARPEGGIOS = ((0, 1, 2, 3), (0, 2, 1, 3), (0, 1, 2, 3, 2, 1), (3, 2, 1, 0), (0, 2, 3, 2, 1, 2))


def accompany(setting: Setting) -> tuple[Note, ...]:
    """The notes of a chordal layer in one section, in order."""
    notes = CHORDAL[setting.layer.behaviour](setting)
    return tuple(sorted(notes, key=lambda note: (note.start_beats, note.midi_pitch)))


def section_pattern(setting: Setting, behaviour: Behaviour, bar: int) -> str:
    """The rhythm of a bar: one for the section's kind, another in each fourth bar."""
    texts = setting.layer.patterns or _DEFAULT_PATTERNS[behaviour][setting.passage.band]
    order = stream(
        setting.seed, "pattern", setting.layer.name, setting.passage.kind, setting.passage.band
    ).permutation(len(texts))
    place = int(order[1 if bar % 4 == 3 and len(texts) > 1 else 0])
    bars = bars_of(texts[place])
    return fit_bar(bars[bar % len(bars)], setting.plan.time_signature)


def rhythm_of(setting: Setting, behaviour: Behaviour) -> Iterator[tuple[float, Step]]:
    """Every attack of a section with the start of its bar; the song's last bar is one long attack."""
    passage = setting.passage
    for bar in range(passage.bars):
        start = passage.bar_start_beats(bar)
        if passage.last and bar == passage.bars - 1:
            steps: tuple[Step, ...] = (Step(0.0, "x", passage.bar_beats),)
        else:
            steps = attacks(section_pattern(setting, behaviour, bar), passage.bar_beats)
        for step in restrike(steps, passage.changes_in(bar)):
            yield start, step


def voicings(setting: Setting, voices: int = 4) -> dict[float, tuple[int, ...]]:
    """A voicing for each chord of the section, by the beat on which the chord starts."""
    found: dict[float, tuple[int, ...]] = {}
    previous: tuple[int, ...] = ()
    playing = playing_of(setting.instrument)
    widened = setting.passage.energy >= 0.75 and setting.layer.behaviour in _WIDENED
    for span in setting.passage.chords:
        voicing = voice_led(span.chord, previous, centre=setting.centre, top=setting.top, voices=voices)
        previous = tuple(pitch for pitch in voicing if playing.lowest <= pitch <= playing.highest)
        octave = previous[0] + 12 if previous else 128
        wide = (
            (*previous, octave) if widened and octave <= setting.top and octave not in previous else previous
        )
        found[span.start_beats] = tuple(sorted(wide))
    return found


def velocity(setting: Setting, mark: str, factor: float = 1.0) -> int:
    """The velocity of a mark in this section."""
    return max(1, min(127, round(_VELOCITY.get(mark, 80) * setting.gain * factor)))


def _block(setting: Setting, *, longest: float = 99.0, factor: float = 1.0) -> list[Note]:
    chords = voicings(setting)
    notes: list[Note] = []
    left_hand = not setting.bass_sounds and playing_of(setting.instrument).family in ("keys", "organ")
    behaviour = setting.layer.behaviour
    for start, step in rhythm_of(setting, behaviour if behaviour in _DEFAULT_PATTERNS else "block"):
        at = start + step.beat
        span = setting.passage.chord_at(at)
        length = min(step.held_beats, longest)
        loud = velocity(setting, step.mark, factor)
        notes.extend(Note(at, length, pitch, loud) for pitch in chords[span.start_beats])
        if left_hand and (step.beat == 0 or abs(span.start_beats - at) < 1e-6):
            held = min(span.start_beats + span.duration_beats, start + setting.passage.bar_beats) - at
            low = 36 + span.chord.bass % 12
            notes.append(Note(at, held, low, max(1, loud - 6)))
            if setting.passage.energy > 0.4:
                notes.append(Note(at, held, low + 12, max(1, loud - 14)))
    return notes


def _short(longest: float, factor: float = 1.0) -> Callable[[Setting], list[Note]]:
    def play(setting: Setting) -> list[Note]:
        return _block(setting, longest=longest, factor=factor)

    return play


def _comp(setting: Setting) -> list[Note]:
    """Comping: each pair of bars draws its own rhythm, as a pianist listening would."""
    passage = setting.passage
    texts = setting.layer.patterns or _DEFAULT_PATTERNS["comp"][passage.band]
    chords = voicings(setting)
    notes: list[Note] = []
    for bar in range(passage.bars):
        draw = stream(setting.seed, "comp", setting.layer.name, passage.index, bar)
        bars = bars_of(texts[int(draw.integers(len(texts)))])
        text = fit_bar(bars[bar % len(bars)], setting.plan.time_signature)
        steps = attacks(text, passage.bar_beats)
        if passage.last and bar == passage.bars - 1:
            steps = (Step(0.0, "o", passage.bar_beats),)
        start = passage.bar_start_beats(bar)
        for step in restrike(steps, passage.changes_in(bar)):
            span = passage.chord_at(start + step.beat)
            loud = velocity(setting, step.mark, 0.9)
            notes.extend(
                Note(start + step.beat, step.held_beats, pitch, loud) for pitch in chords[span.start_beats]
            )
    return notes


def _grip(setting: Setting, chord: Chord) -> tuple[int, ...]:
    grip = fretted(chord)
    if setting.bass_sounds:
        high = tuple(pitch for pitch in grip if pitch >= 48)
        grip = high if len(high) >= 3 else grip[-3:]
    playing = playing_of(setting.instrument)
    lift = 12 if playing.lowest >= 48 else 0
    return tuple(pitch + lift for pitch in grip if playing.lowest <= pitch + lift <= playing.highest)


def _strum(setting: Setting) -> list[Note]:
    notes: list[Note] = []
    for start, step in rhythm_of(setting, "strum"):
        at = start + step.beat
        span = setting.passage.chord_at(at)
        grip = _grip(setting, span.chord)
        up = abs(step.beat - round(step.beat)) > 1e-6 and not setting.plan.time_signature.is_compound
        strings = grip[-4:] if up else grip
        length = (
            0.12 if step.mark == "g" else min(step.held_beats, span.start_beats + span.duration_beats - at)
        )
        loud = velocity(setting, step.mark, 0.88 if up else 1.0)
        notes.extend(Note(at, length, pitch, loud) for pitch in strings)
    return notes


def _fingerpick(setting: Setting) -> list[Note]:
    notes: list[Note] = []
    for start, step in rhythm_of(setting, "fingerpick"):
        at = start + step.beat
        span = setting.passage.chord_at(at)
        grip = _grip(setting, span.chord)
        ends = span.start_beats + span.duration_beats
        for pitch, mark in _picked(grip, step.mark):
            ring = min(2.0 if mark == "o" else 1.5, ends - at)
            notes.append(Note(at, max(ring, 0.1), pitch, velocity(setting, mark)))
    return _damp_repeats(notes)


def _picked(grip: tuple[int, ...], mark: str) -> list[tuple[int, str]]:
    fingers = grip[1:] or grip
    match mark:
        case "T":
            return [(grip[0], "x")]
        case "t":
            return [(grip[min(1, len(grip) - 1)], "o")]
        case "p" | "x":
            return [(grip[0], "x"), (grip[-1], "x")]
        case "1" | "2" | "3" | "4":
            return [(fingers[min(int(mark) - 1, len(fingers) - 1)], "o")]
        case _:
            return [(grip[-1], "o")]


def _damp_repeats(notes: list[Note]) -> list[Note]:
    """A string that is plucked again stops its earlier note."""
    following: dict[int, float] = {}
    kept: list[Note] = []
    for note in reversed(notes):
        limit = following.get(note.midi_pitch)
        length = note.duration_beats if limit is None else min(note.duration_beats, limit - note.start_beats)
        if length > 1e-6:
            kept.append(Note(note.start_beats, length, note.midi_pitch, note.velocity))
            following[note.midi_pitch] = note.start_beats
    return kept[::-1]


def _arpeggio(setting: Setting) -> list[Note]:
    chords = voicings(setting, voices=4)
    draw = stream(setting.seed, "arpeggio", setting.layer.name, setting.passage.kind)
    order = _ARPEGGIOS[int(draw.integers(len(_ARPEGGIOS)))]
    rings = playing_of(setting.instrument).family in ("keys", "plucked", "mallets", "electric-guitar")
    notes: list[Note] = []
    turn = 0
    playing = playing_of(setting.instrument)
    for start, step in rhythm_of(setting, "arpeggio"):
        at = start + step.beat
        span = setting.passage.chord_at(at)
        tones = chords[span.start_beats]
        if step.beat == 0 or abs(span.start_beats - at) < 1e-6:
            turn = 0
        while len(tones) < 4 and tones:
            tones = (*tones, tones[len(tones) % 3 if len(tones) > 3 else 0] + 12)
        pitch = tones[order[turn % len(order)] % len(tones)]
        if pitch > playing.highest:
            pitch -= 12
        turn += 1
        length = step.held_beats
        if rings:
            length = min(max(length, 1.5), span.start_beats + span.duration_beats - at)
        notes.append(Note(at, length, pitch, velocity(setting, step.mark, 0.95)))
    return _damp_repeats(notes)


def _pad(setting: Setting) -> list[Note]:
    """Held chords: a tone that two neighbouring chords share is not struck again within four bars."""
    chords = voicings(setting)
    limit = 4 * setting.passage.bar_beats
    sounding: dict[int, Note] = {}
    notes: list[Note] = []
    loud = velocity(setting, "o", 0.9)
    for span in setting.passage.chords:
        fresh: dict[int, Note] = {}
        for pitch in chords[span.start_beats]:
            held = sounding.pop(pitch, None)
            if held and held.duration_beats + span.duration_beats <= limit + 1e-6:
                fresh[pitch] = replace(held, duration_beats=held.duration_beats + span.duration_beats)
                continue
            if held:
                notes.append(held)
            fresh[pitch] = Note(span.start_beats, span.duration_beats, pitch, loud)
        notes.extend(sounding.values())
        sounding = fresh
    return [*notes, *sounding.values()]


def _power(setting: Setting) -> list[Note]:
    lowest = max(playing_of(setting.instrument).lowest, 12 * (setting.layer.octave + 1) - 10)
    notes: list[Note] = []
    for start, step in rhythm_of(setting, "power"):
        at = start + step.beat
        span = setting.passage.chord_at(at)
        chord = power_chord(span.chord, lowest)
        if step.mark == "g":
            notes.extend(
                Note(at, min(step.held_beats, 0.2), p, velocity(setting, "o", 0.85)) for p in chord[:2]
            )
        else:
            notes.extend(Note(at, step.held_beats * 0.96, p, velocity(setting, step.mark)) for p in chord)
    return notes


def _drone(setting: Setting) -> list[Note]:
    passage = setting.passage
    playing = playing_of(setting.instrument)
    root = max(playing.lowest, 12 * (setting.layer.octave + 1))
    root += (setting.plan.key.tonic - root) % 12
    pitches = [p for p in (root, root + 7) if p <= playing.highest]
    notes: list[Note] = []
    for bar in range(0, passage.bars, 4):
        start = passage.bar_start_beats(bar)
        length = min(4 * passage.bar_beats, passage.end_beats - start)
        fits = [p for p in pitches if _agrees(p, passage, start, length)]
        notes.extend(Note(start, length, p, velocity(setting, "o", 0.8)) for p in fits)
    return notes


def _agrees(pitch: int, passage: Passage, start: float, length: float) -> bool:
    """Whether a held pitch rubs against no chord by a semitone."""
    return not any(
        (pitch - tone) % 12 in (1, 11)
        for span in _spans_between(passage, start, start + length)
        for tone in span.chord.pitch_classes
    )


def _spans_between(passage: Passage, start: float, end: float) -> Iterator[ChordSpan]:
    for span in passage.chords:
        if span.start_beats < end - 1e-6 and start < span.start_beats + span.duration_beats - 1e-6:
            yield span


CHORDAL: dict[Behaviour, Callable[[Setting], list[Note]]] = {
    "block": _block,
    "strum": _strum,
    "fingerpick": _fingerpick,
    "arpeggio": _arpeggio,
    "pad": _pad,
    "tremolo": _pad,
    "stab": _short(0.5),
    "comp": _comp,
    "skank": _short(0.22, 0.95),
    "pulse": _short(0.9, 0.92),
    "power": _power,
    "drone": _drone,
}
"""The behaviours that play chords, each a function from a setting to notes."""

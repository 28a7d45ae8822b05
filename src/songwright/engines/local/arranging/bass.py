"""Bass lines: a behaviour for each section, following the chords and the kick."""

from __future__ import annotations

from itertools import pairwise

from songwright.engines.local.arranging.grid import Step, attacks, bars_of, fit_bar, pulse_beats, restrike
from songwright.engines.local.arranging.passages import Passage
from songwright.engines.local.arranging.plan import Plan
from songwright.engines.local.arranging.ranges import playing_of
from songwright.engines.local.randomness import stream
from songwright.music.score import SCALES, Chord, ChordSpan, Note
from songwright.style.genre import BassFacts, BassStyle

__all__ = ["bass_notes", "choose_style"]

_PATTERNS: dict[BassStyle, tuple[str, ...]] = {
    "root": ("R--- ---- ---- ----",),
    "half": ("R--- ---- R--- ----", "R--- ---- 5--- ----", "R--- --R- R--- --a-"),
    "pulse": ("R-R- R-R- R-R- R-R-", "R-R- R-R- R-R- R-a-"),
    "octave": ("R.8. R.8. R.8. R.8.", "R.8. R.8. R.8. 5.8."),
    "two-feel": ("R--- ---- 5--- ----", "R--- ---- 5--- --a-"),
    "syncopated": ("R--. ..R- R--. R-a-", "R-.R --R- .-R- 5-8-", "R--. R-.R --R- 5-a-"),
    "arpeggio": ("R-5- 8-5- 3-5- 8-5-", "R--- 5--- 8--- 5---"),
    "dub": ("R--. ..R- ..5- R--.", "..R- R-.. 5-R- ..a-", "R--. ..5- 8--. 5-3-"),
    "offbeat": ("..R- ..R- ..R- ..R-", "..R- ..R- ..R- .R8-"),
    "rolling": (".RRR .RRR .RRR .RRR", ".RR8 .RRR .RR8 .RRR"),
    "gallop": ("R-RR R-RR R-RR R-RR",),
    "tumbao": ("R--- --5- 5--- --R-", "R--- --5- 5--- --a-"),
}
_ACCENT = 104
_WEAK = 92
_DEAD = 48


def choose_style(facts: BassFacts, passage: Passage, seed: str) -> BassStyle:
    """The behaviour of the bass in a section; sections of one kind and energy share it."""
    styles = facts.styles.get(passage.band) or facts.styles["mid"]
    return styles[int(stream(seed, "bass style", passage.kind, passage.band).integers(len(styles)))]


def bass_notes(
    plan: Plan, facts: BassFacts, passage: Passage, kicks: tuple[float, ...], seed: str
) -> tuple[Note, ...]:
    """The bass line of one section.

    Args:
        plan: The song.
        facts: How the genre's bass behaves, with the instrument that plays here.
        passage: The section.
        kicks: Where the section's kick drum falls, in beats.
        seed: The seed of the section.

    Returns:
        Notes in order that do not overlap, none before the section or after it.
    """
    style = choose_style(facts, passage, seed)
    line = _Line(plan, facts, passage, seed)
    for bar in range(passage.bars):
        if passage.last and bar == passage.bars - 1:
            line.hold(passage.bar_start_beats(bar), passage.end_beats)
            continue
        match style:
            case "walking":
                line.walk(bar)
            case "drone":
                line.hold(passage.bar_start_beats(bar), passage.bar_start_beats(bar + 1), tonic=True)
            case "follow-kick" | "sub":
                line.follow(bar, kicks, long=style == "sub")
            case _:
                line.pattern(bar, style)
    return line.finished()


class _Line:
    """A bass line in the making."""

    def __init__(self, plan: Plan, facts: BassFacts, passage: Passage, seed: str) -> None:
        self.plan = plan
        self.facts = facts
        self.passage = passage
        self.seed = seed
        playing = playing_of(facts.instrument)
        self.floor = max(facts.lowest_midi_pitch, playing.lowest)
        self.ceiling = playing.highest
        self.gain = 0.74 + 0.3 * passage.energy
        self.notes: list[Note] = []

    def finished(self) -> tuple[Note, ...]:
        end = self.passage.end_beats - self.passage.rest_beats
        kept = sorted((n for n in self.notes if n.start_beats < end - 1e-6), key=lambda n: n.start_beats)
        cut: list[Note] = []
        for note, later in pairwise([*kept, None]):
            if note is None:
                continue
            limit = later.start_beats if later else end
            length = min(note.duration_beats, limit - note.start_beats)
            if length > 0.02:
                cut.append(Note(note.start_beats, length, note.midi_pitch, note.velocity))
        return tuple(cut)

    def pattern(self, bar: int, style: BassStyle) -> None:
        texts = self.facts.patterns.get(style) or _PATTERNS[style]
        choice = stream(self.seed, "bass pattern", self.passage.kind, style).permutation(len(texts))
        # The plainest of the drawn rhythms carries the section; its neighbour turns each fourth bar.
        place = 1 if bar % 4 == 3 and len(texts) > 1 else 0
        bars = bars_of(texts[int(choice[place])])
        text = fit_bar(bars[bar % len(bars)], self.plan.time_signature)
        start = self.passage.bar_start_beats(bar)
        steps = attacks(text, self.passage.bar_beats)
        self._play(bar, start, self._struck(bar, steps))

    def follow(self, bar: int, kicks: tuple[float, ...], *, long: bool) -> None:
        start = self.passage.bar_start_beats(bar)
        end = start + self.passage.bar_beats
        spots = [round(kick - start, 4) for kick in kicks if start - 1e-6 <= kick < end - 1e-6]
        if not spots:
            spots = [0.0]
        steps: list[Step] = []
        jumps = long and stream(self.seed, "sub", self.passage.index, bar).random() < 0.3 + 0.2 * (bar % 2)
        for place, (at, later) in enumerate(pairwise([*spots, self.passage.bar_beats])):
            held = min(later - at, 3.0) if long else min(later - at, 0.5 + 0.5 * (later - at))
            leaps = jumps and place > 0 and place == len(spots) - 1
            steps.append(Step(at, "8" if leaps else "R", held))
        self._play(bar, start, self._struck(bar, tuple(steps)))

    def hold(self, start: float, end: float, *, tonic: bool = False) -> None:
        if tonic:
            pitch = self._fold(self.plan.key.tonic)
            self._add(start, end - start, pitch, _WEAK)
            return
        for span in self.passage.chords:
            first = max(start, span.start_beats)
            last = min(end, span.start_beats + span.duration_beats)
            if last - first > 1e-6:
                self._add(first, last - first, self._fold(span.chord.bass), _ACCENT)

    def walk(self, bar: int) -> None:
        start = self.passage.bar_start_beats(bar)
        draw = stream(self.seed, "walk", self.passage.index, bar)
        pulse = pulse_beats(self.plan.time_signature)
        count = max(1, round(self.passage.bar_beats / pulse))
        previous = self._last_pitch()
        for beat in range(count):
            at = start + beat * pulse
            span = self.passage.chord_at(at)
            fresh = abs(span.start_beats - at) < 1e-6 or beat == 0
            ends = span.start_beats + span.duration_beats <= at + pulse + 1e-6
            following = self.passage.chord_after(span)
            if fresh:
                pitch = self._near(span.chord.bass, previous)
            elif ends and following is not None:
                pitch = self._approach(following.chord, previous, chromatic=draw.random() < 0.55)
            else:
                pitch = self._stepwise(span.chord, previous, up=bool(draw.random() < 0.55))
            self._add(at, pulse * 0.96, pitch, _ACCENT if beat % 2 == 0 else _WEAK)
            if draw.random() < 0.1 and beat > 0 and pulse == 1:
                self._add(at + 0.5, 0.45, pitch, _DEAD)
            previous = pitch

    def _play(self, bar: int, start: float, steps: tuple[Step, ...]) -> None:
        draw = stream(self.seed, "bass", self.passage.index, bar)
        for step in steps:
            at = start + step.beat
            span = self.passage.chord_at(at)
            velocity = _ACCENT if step.beat == int(step.beat) else _WEAK
            pitch = self._token(step.mark, at, span, toward_next=bool(draw.random() < self.facts.approach))
            if step.mark == "x":
                self._add(at, 0.12, pitch, _DEAD)
            else:
                self._add(at, step.held_beats, pitch, velocity)

    def _struck(self, bar: int, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        return restrike(steps, self.passage.changes_in(bar), "R")

    def _token(self, mark: str, at: float, span: ChordSpan, *, toward_next: bool) -> int:
        chord = span.chord
        root = self._fold(chord.bass if abs(span.start_beats - at) < 1e-6 else chord.root)
        fifth = chord.intervals[2] if len(chord.intervals) > 2 else 7
        match mark:
            case "5":
                return self._within(root + fifth)
            case "8":
                return self._within(root + 12)
            case "3":
                return self._within(root + (chord.intervals[1] if len(chord.intervals) > 1 else 12))
            case "7":
                return self._within(root + (chord.intervals[3] if len(chord.intervals) > 3 else 12))
            case "a":
                following = self.passage.chord_after(span)
                if following is not None and toward_next and following.chord.root != chord.root:
                    return self._approach(following.chord, root, chromatic=False)
                return self._within(root + fifth)
            case _:
                return root

    def _fold(self, pitch_class: int) -> int:
        return self.floor + (pitch_class - self.floor) % 12

    def _within(self, pitch: int) -> int:
        while pitch > self.ceiling:
            pitch -= 12
        while pitch < self.floor:
            pitch += 12
        return pitch

    def _near(self, pitch_class: int, previous: int) -> int:
        low = self._fold(pitch_class)
        options = [p for p in (low, low + 12) if p <= self.ceiling]
        return min(options, key=lambda p: (abs(p - previous), p))

    def _last_pitch(self) -> int:
        return self.notes[-1].midi_pitch if self.notes else self.floor + 7

    def _approach(self, chord: Chord, previous: int, *, chromatic: bool) -> int:
        target = self._near(chord.bass, previous)
        below = target > previous
        if chromatic:
            return self._within(target - 1 if below else target + 1)
        scale = {(self.plan.key.tonic + step) % 12 for step in SCALES[self.plan.key.mode]}
        side = -1 if below else 1
        for distance in (1, 2):
            if (target + side * distance) % 12 in scale:
                return self._within(target + side * distance)
        return self._within(target + side)

    def _stepwise(self, chord: Chord, previous: int, *, up: bool) -> int:
        scale = {(self.plan.key.tonic + step) % 12 for step in SCALES[self.plan.key.mode]}
        tones = set(chord.pitch_classes)
        candidates = [
            p
            for p in range(previous - 5, previous + 6)
            if p != previous and self.floor <= p <= min(self.ceiling, self.floor + 20)
            if p % 12 in tones or (p % 12 in scale and abs(p - previous) <= 2)
        ]
        side = [p for p in candidates if (p > previous) == up] or candidates
        if not side:
            return self._fold(chord.root)
        return min(side, key=lambda p: (abs(abs(p - previous) - 3), p))

    def _add(self, start: float, duration: float, pitch: int, velocity: float) -> None:
        loud = max(1, min(127, round(velocity * self.gain)))
        self.notes.append(Note(start, duration, self._within(pitch), loud))

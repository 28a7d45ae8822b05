"""How sections follow on one another: what lifts, what stops, what leads into what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from songwright.engines.local.arranging.plan import Plan
from songwright.music.score import ChordSpan, ScoreSection, SectionKind

__all__ = ["Band", "Passage", "energy_band", "passages"]

Band = Literal["low", "mid", "high"]
_PEAKS: frozenset[SectionKind] = frozenset({"chorus", "drop", "post-chorus"})


@dataclass(frozen=True, slots=True)
class Passage:
    """A section in its context.

    Attributes:
        index: Its place in the plan.
        section: The section.
        start_beats: Where it starts.
        bar_beats: The length of a bar.
        occurrence: How many sections of its kind came before it.
        energy: 0..1, its energy, lifted a little each time its kind returns.
        following: The next section, or None at the end.
        following_energy: That section's energy, lifted likewise; 0 at the end.
        lifts: Whether it is clearly fuller than the section before it.
        rises: Whether the next section is clearly fuller.
        into_peak: Whether it leads into a chorus or drop that is fuller.
        rest_beats: How long everything stops before the next section.
        chords: The chords that sound in it, cut at its ends.
    """

    index: int
    section: ScoreSection
    start_beats: float
    bar_beats: float
    occurrence: int
    energy: float
    following: ScoreSection | None
    following_energy: float
    lifts: bool
    rises: bool
    into_peak: bool
    rest_beats: float
    chords: tuple[ChordSpan, ...]

    @property
    def kind(self) -> SectionKind:
        """The section's kind."""
        return self.section.kind

    @property
    def bars(self) -> int:
        """The section's length in bars."""
        return self.section.bars

    @property
    def end_beats(self) -> float:
        """Where it ends."""
        return self.start_beats + self.bars * self.bar_beats

    @property
    def band(self) -> Band:
        """Its energy in a word."""
        return energy_band(self.energy)

    @property
    def last(self) -> bool:
        """Whether the song ends with it."""
        return self.following is None

    def bar_start_beats(self, bar: int) -> float:
        """Where a bar of the section starts, counted from 0."""
        return self.start_beats + bar * self.bar_beats

    def chord_at(self, beats: float) -> ChordSpan:
        """The chord that sounds at a beat of the section."""
        for span in reversed(self.chords):
            if span.start_beats <= beats + 1e-6:
                return span
        return self.chords[0]

    def changes_in(self, bar: int) -> tuple[float, ...]:
        """Where chords change inside a bar of the section, in beats from the bar's start."""
        start = self.bar_start_beats(bar)
        offsets = (span.start_beats - start for span in self.chords)
        return tuple(offset for offset in offsets if 1e-6 < offset < self.bar_beats - 1e-6)

    def chord_after(self, span: ChordSpan) -> ChordSpan | None:
        """The chord that follows another within the section, or None."""
        place = self.chords.index(span)
        return self.chords[place + 1] if place + 1 < len(self.chords) else None


def energy_band(energy: float) -> Band:
    """An energy of 0..1 in a word."""
    if energy < 0.45:
        return "low"
    return "mid" if energy < 0.7 else "high"


def passages(plan: Plan) -> tuple[Passage, ...]:
    """The sections of a plan in their context, in order."""
    bar_beats = plan.time_signature.beats_per_bar
    energies: list[float] = []
    seen: dict[SectionKind, int] = {}
    occurrences: list[int] = []
    for section in plan.sections:
        occurrence = seen.get(section.kind, 0)
        seen[section.kind] = occurrence + 1
        occurrences.append(occurrence)
        energies.append(min(1.0, section.energy + 0.04 * min(occurrence, 2)))
    found: list[Passage] = []
    for index, section in enumerate(plan.sections):
        start = section.start_bar * bar_beats
        end = start + section.bars * bar_beats
        following = plan.sections[index + 1] if index + 1 < len(plan.sections) else None
        next_energy = energies[index + 1] if following else 0.0
        rises = following is not None and next_energy > energies[index] + 0.08
        into_peak = rises and following is not None and following.kind in _PEAKS and next_energy >= 0.7
        found.append(
            Passage(
                index=index,
                section=section,
                start_beats=start,
                bar_beats=bar_beats,
                occurrence=occurrences[index],
                energy=energies[index],
                following=following,
                following_energy=next_energy,
                lifts=index > 0 and energies[index] > energies[index - 1] + 0.08,
                rises=rises,
                into_peak=into_peak,
                rest_beats=min(plan.genre.drums.rest_before_drop, bar_beats / 2) if into_peak else 0.0,
                chords=_cut(plan.chords, start, end),
            )
        )
    return tuple(found)


def _cut(chords: tuple[ChordSpan, ...], start: float, end: float) -> tuple[ChordSpan, ...]:
    inside: list[ChordSpan] = []
    for span in chords:
        first = max(start, span.start_beats)
        last = min(end, span.start_beats + span.duration_beats)
        if last - first > 1e-6:
            inside.append(ChordSpan(first, last - first, span.chord))
    return tuple(inside)

"""Plans for any genre and meter, without the composer: what the arranger's tests start from."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, get_args

from songwright.engines.local.arranging.arrange import arrange
from songwright.engines.local.arranging.plan import LeadLine, Plan
from songwright.engines.local.composing.numerals import chord_of, parse_numeral
from songwright.music.score import (
    ChordSpan,
    Key,
    Mode,
    Note,
    Part,
    Score,
    ScoreSection,
    SectionKind,
    SungLine,
    SungNote,
    TimeSignature,
    VocalPart,
)  # fmt: skip
from songwright.music.timeline import name_sections
from songwright.style.genre import genre_names, load_genre

GENRES = genre_names()
METERS = ("4/4", "3/4", "6/8")
KINDS: tuple[SectionKind, ...] = get_args(SectionKind)
MINOR: tuple[Mode, ...] = ("minor", "dorian", "phrygian")
FORM: tuple[SectionKind, ...] = (
    "intro",
    "verse",
    "pre-chorus",
    "chorus",
    "verse",
    "chorus",
    "solo",
    "drop",
    "outro",
)


def meter_of(text: str) -> TimeSignature:
    numerator, denominator = text.split("/")
    return TimeSignature(int(numerator), int(denominator))  # type: ignore[arg-type]


@cache
def arranged(genre: str, meter: str = "4/4", seed: str = "s") -> tuple[Part, ...]:
    return arrange(plan_for(genre, meter), seed)


@cache
def plan_for(genre: str, meter: str = "4/4", *, loop: int = 0, sung: bool = True, **changes: Any) -> Plan:
    """A song of every common section kind, eight bars each, over the genre's own chords."""
    facts = load_genre(genre)
    signature = meter_of(meter)
    bar_beats = signature.beats_per_bar
    mode = max(facts.modes, key=lambda name: facts.modes[name])
    key = Key(9 if mode in MINOR else 0, mode)
    sections = tuple(
        ScoreSection(name, kind, 8 * place, 8, facts.form.energy[kind])
        for place, (name, kind) in enumerate(zip(name_sections(FORM), FORM, strict=True))
    )
    chords = tuple(
        span for section in sections for span in section_chords(genre, key, section, bar_beats, loop)
    )
    plan = Plan(
        genre=facts,
        kit=facts.kits[0],
        tempo_bpm=sum(facts.tempo_bpm) / 2,
        swing=facts.swing[1],
        time_signature=signature,
        key=key,
        energy=0.5,
        weirdness=0.5,
        sound_strength=0.5,
        wanted=(),
        unwanted=(),
        has_bass=True,
        sections=sections,
        chords=chords,
        vocal=_vocal(sections, bar_beats) if sung else None,
        lead=tuple(
            _solo(index, section, bar_beats)
            for index, section in enumerate(sections)
            if section.kind == "solo"
        ),
        hook=(Note(0, 1, 67, 96), Note(1, 0.5, 69, 90), Note(1.5, 1, 72, 96)),
    )
    return replace(plan, **changes)


def section_chords(
    genre: str, key: Key, section: ScoreSection, bar_beats: float, loop: int
) -> tuple[ChordSpan, ...]:
    facts = load_genre(genre).harmony
    table = facts.minor_progressions if key.mode in MINOR else facts.progressions
    loops = table.get(section.kind) or table["any"]
    numerals = loops[loop % len(loops)].split()
    return tuple(
        ChordSpan(
            (section.start_bar + bar) * bar_beats,
            bar_beats,
            chord_of(parse_numeral(numerals[bar % len(numerals)]), key),
        )
        for bar in range(section.bars)
    )


def score_of(plan: Plan, parts: tuple[Part, ...]) -> Score:
    return Score(
        title="",
        genre=plan.genre.name,
        tempo_bpm=plan.tempo_bpm,
        time_signature=plan.time_signature,
        key=plan.key,
        swing=plan.swing,
        sections=plan.sections,
        chords=plan.chords,
        parts=parts,
        vocal=plan.vocal,
    )


def _vocal(sections: tuple[ScoreSection, ...], bar_beats: float) -> VocalPart:
    lines = [
        SungLine("la", index, (SungNote((section.start_bar + bar) * bar_beats, bar_beats, 69, "la", 0),))
        for index, section in enumerate(sections)
        if section.kind in ("verse", "pre-chorus", "chorus")
        for bar in range(0, section.bars, 2)
    ]
    return VocalPart("female", tuple(lines))


def _solo(index: int, section: ScoreSection, bar_beats: float) -> LeadLine:
    starts = [(section.start_bar + bar) * bar_beats for bar in range(section.bars)]
    return LeadLine(index, tuple(Note(start, 1.0, 72, 96) for start in starts))

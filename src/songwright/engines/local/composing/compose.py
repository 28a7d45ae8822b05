"""Composing: from a request to form, harmony, melody, words and every instrument's notes.

Each step is a function of the brief, the steps before it and a seed of its own, so that an edit can keep
some steps and draw others again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from songwright.engines.local.arranging.arrange import arrange
from songwright.engines.local.arranging.places import are_in_place, sections_of
from songwright.engines.local.arranging.plan import LeadLine, Plan
from songwright.engines.local.composing.asked_chords import progression_of
from songwright.engines.local.composing.backing_vocals import harmony_lines
from songwright.engines.local.composing.brief import Brief, read_brief
from songwright.engines.local.composing.endings import COLD_END, COLD_RING_SECONDS, with_ending
from songwright.engines.local.composing.form import LONGEST_USUAL_SECONDS, Form, FormRequest, lay_out
from songwright.engines.local.composing.harmony import Harmonist, chords_for_sections
from songwright.engines.local.composing.lead import LEAD_REGISTER, hook_of, lead_lines
from songwright.engines.local.composing.lyric_writing import MOST_SECTIONS, Words, write_words
from songwright.engines.local.composing.melody import write_lines
from songwright.engines.local.composing.melody_request import MelodyRequest, Register
from songwright.engines.local.composing.song_length import SongLength, song_length
from songwright.engines.local.randomness import stream
from songwright.engines.local.singing.pronunciation import pronounce_ahead
from songwright.engines.local.singing.voices import VOICES
from songwright.music.actions import Sounding
from songwright.music.lyrics import ENGLISH, LyricSheet, parse_lyric
from songwright.music.score import (
    USUAL_RING_SECONDS,
    ChordSpan,
    Key,
    Note,
    Part,
    Score,
    ScoreSection,
    VocalPart,
    VoiceName,
)
from songwright.style.genre import load_genre
from songwright.style.languages import languages_of, read_lyric

__all__ = [
    "Composition",
    "compose",
    "harmonist_of",
    "harmony_lines",
    "left_out_notes",
    "lyric_as_sung",
    "melody_request",
    "plan_of",
    "vocal_register",
    "write_form",
    "write_harmony",
    "write_lead",
    "write_vocal",
]


_FEWEST_SECTIONS = 2
_LOOP_BARS = 8
_EXACT_SECONDS = 0.5
_LONGEST_SECONDS = 1.1 * LONGEST_USUAL_SECONDS


@dataclass(frozen=True, slots=True)
class Composition:
    """A song as written, before it is performed.

    Attributes:
        lyric: The words as sung, with section markers; "" for an instrumental.
        form: The sections and the place of every line.
        lead: Melodies of the lead instrument.
        hook: The chorus's opening motif.
        backing: Chorus harmonies for a second singer, or None.
        ring_seconds: How long it sounds on behind its last bar.
    """

    brief: Brief
    title: str
    lyric: str
    form: Form
    chords: tuple[ChordSpan, ...]
    vocal: VocalPart | None
    lead: tuple[LeadLine, ...]
    hook: tuple[Note, ...]
    backing: VocalPart | None
    parts: tuple[Part, ...]
    ring_seconds: float = USUAL_RING_SECONDS

    @property
    def score(self) -> Score:
        """The whole song as notes."""
        brief = self.brief
        score = Score(
            title=self.title,
            genre=brief.genre,
            tempo_bpm=brief.tempo_bpm,
            time_signature=brief.time_signature,
            key=brief.key,
            swing=brief.swing,
            sections=self.form.sections,
            chords=self.chords,
            parts=self.parts,
            vocal=self.vocal,
            ring_seconds=self.ring_seconds,
            loops=brief.loops,
        )
        return with_ending(score, brief)


def compose(action: Sounding, seed: str) -> Composition:
    """Write a new song: same request and seed, same notes."""
    brief = read_brief(action, seed)
    length = _length(action, brief)
    bars = None
    if length is not None:
        bars, brief = length.bars, replace(brief, tempo_bpm=length.tempo_bpm)
    words, form = _words_and_form(action, brief, seed, bars)
    if not form.lines:
        brief = replace(brief, voice=None)
    ring_seconds = length.ring_seconds if length else _usual_ring_seconds(brief)
    brief = _with_notes(brief, _length_notes(action, brief, form, ring_seconds))
    brief = _with_true_ending(brief, ring_seconds)
    chords = write_harmony(brief, form.sections, seed)
    vocal = write_vocal(brief, form, chords, seed)
    lead = write_lead(brief, form, chords, vocal, seed)
    hook = hook_of(form.sections, vocal, lead)
    parts = arrange(plan_of(brief, form, chords, vocal, lead, hook), seed)
    brief = _with_true_places(brief, parts, form)
    return Composition(
        brief=brief,
        title=words.title,
        lyric=lyric_as_sung(form),
        form=form,
        chords=chords,
        vocal=vocal,
        lead=lead,
        hook=hook,
        # In choruses, or all through where voices are alone.
        backing=harmony_lines(vocal, brief.key, form.sections, chords, everywhere=brief.is_a_cappella)
        if vocal
        else None,
        parts=parts,
        ring_seconds=ring_seconds,
    )


def _length(action: Sounding, brief: Brief) -> SongLength | None:
    """The bars, tempo and ring of the length that was asked for; None where words and genre decide."""
    if brief.target_seconds is not None:
        return song_length(
            brief.target_seconds,
            brief.tempo_bpm,
            brief.time_signature,
            tempo_is_free=brief.tempo_is_free,
            loops=brief.loops,
        )
    bars = brief.target_bars
    if bars is None and brief.loops and not (action.sings_given_words and brief.voice is not None):
        bars = _LOOP_BARS
    if bars is None:
        return None
    return SongLength(bars, brief.tempo_bpm, _usual_ring_seconds(brief))


def _usual_ring_seconds(brief: Brief) -> float:
    return 0.0 if brief.loops else COLD_RING_SECONDS if brief.ends_cold else USUAL_RING_SECONDS


def _words_and_form(action: Sounding, brief: Brief, seed: str, bars: int | None) -> tuple[Words, Form]:
    """The words, given or written, and the form that they lay down, of so many bars where that is given."""
    if action.sings_given_words or brief.voice is None:
        sheet = read_lyric(action.lyric, action.prompt) if action.lyric else None
        if sheet is not None and brief.voice is not None:
            pronounce_ahead((line, section.language) for section in sheet.sections for line in section.lines)
        spare = write_words(brief.theme, brief.topics, (), seed)
        first = next((line for line in sheet.lines), "") if sheet and brief.voice else ""
        if brief.voice is None and sheet is not None:
            sheet = LyricSheet(tuple(replace(section, lines=()) for section in sheet.sections))
        english = sheet is None or languages_of(sheet)[:1] in ((), (ENGLISH,))
        title = action.title or _title_of(first, capitals=english) or spare.title
        return Words(title, action.lyric), write_form(brief, sheet, seed, bars)
    plans = load_genre(brief.genre).form.plans
    plan = plans[int(stream(seed, "words", "plan").integers(len(plans)))]
    for most_sections in range(MOST_SECTIONS, _FEWEST_SECTIONS - 1, -1):
        words = write_words(brief.theme, brief.topics, plan, seed, most_sections)
        written = parse_lyric(words.lyric)
        form = write_form(brief, written, seed, bars)
        if not form.left_out and (bars is not None or _bars_seconds(brief, form) <= _LONGEST_SECONDS):
            break
    else:
        if bars is not None:
            # What there is room for is the refrain, or its first lines.
            refrain = next(section for section in written.sections if section.kind == "chorus")
            form = write_form(brief, LyricSheet((refrain,)), seed, bars)
    return Words(action.title or words.title, words.lyric), form


def _bars_seconds(brief: Brief, form: Form) -> float:
    bars = sum(section.bars for section in form.sections)
    return bars * brief.time_signature.beats_per_bar * 60.0 / brief.tempo_bpm


def _length_notes(action: Sounding, brief: Brief, form: Form, ring_seconds: float) -> Iterator[str]:
    """What became of the length that was asked for, and which words it had no room for."""
    seconds = _bars_seconds(brief, form) + ring_seconds
    target = brief.target_seconds
    if target is not None and abs(seconds - target) > _EXACT_SECONDS:
        why = f"whole bars at {brief.tempo_bpm:g} bpm, so that it loops" if brief.loops else "in whole bars"
        yield f"length {seconds:.1f} s, {why}"
    if action.sings_given_words:
        yield from left_out_notes(form)


def left_out_notes(form: Form) -> Iterator[str]:
    """Which lines are not sung, as the length that was asked for has no room for them."""
    if form.left_out:
        count = len(form.left_out)
        what = "1 line is" if count == 1 else f"{count} lines are"
        yield f"{what} not sung, as the length asked for has no room for more: from '{form.left_out[0]}' on"


def _with_true_places(brief: Brief, parts: tuple[Part, ...], form: Form) -> Brief:
    """The brief without the claim that somebody plays, or rests, where that is not so."""
    bar_beats = brief.time_signature.beats_per_bar
    missed: dict[str, str] = {}
    for place in brief.places:
        if not are_in_place(place, parts, form.sections, bar_beats):
            there = sections_of(place, form.sections)
            missed[place.said] = (
                "they are not heard there" if there else f"the song has no such {place.section}"
            )
    return _without_claims(brief, missed)


def _with_true_ending(brief: Brief, ring_seconds: float) -> Brief:
    """The brief without the claim of an ending that the song does not have."""
    missed: dict[str, str] = {}
    if brief.loops:
        missed = dict.fromkeys(("fade in", "fade out", COLD_END), "a loop has neither beginning nor end")
    elif brief.ends_cold and ring_seconds > COLD_RING_SECONDS:
        missed = {COLD_END: f"the length asked for leaves a ring of {ring_seconds:.1f} s"}
    return _without_claims(brief, missed)


def _without_claims(brief: Brief, missed: Mapping[str, str]) -> Brief:
    """The brief without wishes that it says were understood and that are not played; the notes say why."""
    known = brief.understanding
    untrue = {wish: why for wish, why in missed.items() if wish in known.understood}
    notes = (f"{wish} not played: {why}" for wish, why in untrue.items())
    return replace(brief, understanding=known.taking_back(untrue, notes))


def _with_notes(brief: Brief, notes: Iterable[str]) -> Brief:
    """The brief with notes; one that tells another length takes back the claim of that asked for."""
    told = tuple(notes)
    known = brief.understanding
    is_other_length = any(note.startswith("length ") for note in told)
    untrue = known.wishes_about("length ") if is_other_length else ()
    return replace(brief, understanding=known.taking_back(untrue, told))


def _title_of(line: str, *, capitals: bool) -> str:
    """A song's title from its first line; only English writes the words of titles with capitals."""
    words = line.strip(" ,.;:!?-\u2026\"'\u00bf\u00a1").split()[:6]
    return " ".join(word[:1].upper() + word[1:] if capitals else word for word in words)[:60]


def write_form(brief: Brief, sheet: LyricSheet | None, seed: str, bars: int | None = None) -> Form:
    """Lay the song out in sections; a livelier brief makes every section fuller.

    Args:
        brief: What the song is to be.
        sheet: The words, or None.
        seed: Decides what is left open.
        bars: How many bars the song has, or None for as many as words and genre want.
    """
    genre = brief.coloured_genre
    request = FormRequest(
        sheet=sheet,
        facts=genre.form,
        melody=genre.melody,
        tempo_bpm=brief.tempo_bpm,
        meter=brief.time_signature,
        target_bars=bars,
        weirdness=brief.weirdness,
        seed=seed,
        # Where nobody plays, nothing leads in or out.
        loops=brief.loops or brief.is_a_cappella,
    )
    form = lay_out(request)
    shift = 0.4 * (brief.energy - 0.5)
    sections = tuple(
        replace(section, energy=round(min(1.0, max(0.05, section.energy + shift)), 3))
        for section in form.sections
    )
    return replace(form, sections=sections)


def harmonist_of(brief: Brief, seed: str) -> Harmonist:
    """What the brief says about chords."""
    family = load_genre(brief.flavour).harmony if brief.flavour else None
    return Harmonist(
        facts=brief.coloured_genre.harmony,
        family=family,
        key=brief.key,
        weirdness=brief.weirdness,
        typical=brief.sound_strength,
        seed=seed,
        asked=progression_of(brief.chords),
        asked_in=tuple((name, progression_of(bars)) for name, bars in brief.section_chords),
        loops=brief.loops,
    )


def write_harmony(brief: Brief, sections: tuple[ScoreSection, ...], seed: str) -> tuple[ChordSpan, ...]:
    """Chords for the whole form."""
    return chords_for_sections(harmonist_of(brief, seed), sections, brief.time_signature)


def melody_request(
    brief: Brief,
    sections: tuple[ScoreSection, ...],
    chords: tuple[ChordSpan, ...],
    register: Register,
    seed: str,
    section_seeds: Mapping[int, str] | None = None,
) -> MelodyRequest:
    """What the brief, the form and the chords say about melody."""
    return MelodyRequest(
        facts=brief.coloured_genre.melody,
        key=brief.key,
        meter=brief.time_signature,
        tempo_bpm=brief.tempo_bpm,
        register=register,
        sections=sections,
        chords=chords,
        strictness=brief.lyrics_strength,
        weirdness=brief.weirdness,
        seed=seed,
        section_seeds=section_seeds or {},
    )


def write_vocal(
    brief: Brief,
    form: Form,
    chords: tuple[ChordSpan, ...],
    seed: str,
    section_seeds: Mapping[int, str] | None = None,
) -> VocalPart | None:
    """The lead vocal, or None for an instrumental; ``section_seeds`` draw single sections anew, by index."""
    if brief.voice is None or not form.lines:
        return None
    register = vocal_register(
        brief.voice,
        brief.key,
        brief.coloured_genre.melody.range_semitones[1],
        seed,
        brief.traits.register_semitones,
    )
    lines = write_lines(melody_request(brief, form.sections, chords, register, seed), form.lines)
    if section_seeds:
        request = melody_request(brief, form.sections, chords, register, seed, section_seeds)
        anew = write_lines(request, form.lines)
        # Later verses keep following the first verse as it was.
        lines = tuple(
            new if old.section in section_seeds else old for old, new in zip(lines, anew, strict=True)
        )
    return VocalPart(voice=brief.voice, lines=lines)


def vocal_register(
    voice: VoiceName, key: Key, span_semitones: int, seed: str, shift_semitones: float = 0.0
) -> Register:
    """The song's range in a voice: within its comfortable range and about its tessitura."""
    facts = VOICES[voice]
    span = min(span_semitones, facts.highest - facts.lowest)
    rng = stream(seed, "melody", "register")
    centre = sum(facts.tessitura) / 2 + shift_semitones
    best, best_cost = facts.lowest, float("inf")
    for lowest in range(facts.lowest, facts.highest - span + 1):
        # Tunes sit well from the tonic up (authentic) or from the dominant up (plagal).
        degree = (lowest - key.tonic) % 12
        fit = {0: 0.0, 11: 0.4, 10: 0.7, 7: 0.3, 6: 0.9, 5: 1.0}.get(degree, 1.4)
        cost = 0.35 * abs(lowest + span / 2 - centre - 0.5) + fit + float(rng.normal(0, 0.4))
        if cost < best_cost:
            best, best_cost = lowest, cost
    return Register(best, best + span)


def write_lead(
    brief: Brief,
    form: Form,
    chords: tuple[ChordSpan, ...],
    vocal: VocalPart | None,
    seed: str,
    section_seeds: Mapping[int, str] | None = None,
) -> tuple[LeadLine, ...]:
    """Melodies for the lead instrument, where nobody sings."""
    if brief.is_a_cappella:
        return ()
    request = melody_request(brief, form.sections, chords, LEAD_REGISTER, seed, section_seeds)
    return lead_lines(request, vocal)


def plan_of(
    brief: Brief,
    form: Form,
    chords: tuple[ChordSpan, ...],
    vocal: VocalPart | None,
    lead: tuple[LeadLine, ...],
    hook: tuple[Note, ...],
) -> Plan:
    """What the arranger is told."""
    return Plan(
        genre=brief.coloured_genre,
        kit=brief.kit,
        tempo_bpm=brief.tempo_bpm,
        swing=brief.swing,
        time_signature=brief.time_signature,
        key=brief.key,
        energy=brief.energy,
        weirdness=brief.weirdness,
        sound_strength=brief.sound_strength,
        wanted=brief.wanted,
        unwanted=brief.unwanted,
        has_bass=brief.has_bass,
        sections=form.sections,
        chords=chords,
        vocal=vocal,
        lead=lead,
        hook=hook,
        plays_alone=brief.plays_alone,
        places=brief.places,
    )


def lyric_as_sung(form: Form) -> str:
    """The words as sung, with a marker before every section; "" for an instrumental."""
    blocks = []
    for index, section in enumerate(form.sections):
        lines = [line.text for line in form.lines if line.section == index]
        blocks.append("\n".join([f"[{section.name.title()}]", *lines]))
    return "\n\n".join(blocks) if form.lines else ""

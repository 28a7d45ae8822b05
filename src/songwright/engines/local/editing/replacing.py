"""replace_section: one stretch written anew, every sample outside it as it was."""

from __future__ import annotations

from dataclasses import replace

from songwright.engines.local.composing.compose import write_lead
from songwright.engines.local.composing.form import PlacedLine
from songwright.engines.local.editing.rewriting import (
    merge_lead,
    split_lines,
    touched_sections,
    with_parts_anew,
    with_vocal,
)
from songwright.engines.local.editing.stretch import segments_within
from songwright.engines.local.editing.styles import ALWAYS_FIXED, restyled, wanted_voice
from songwright.engines.local.editing.tunes import sung_anew
from songwright.engines.local.editing.words import lay_words
from songwright.engines.local.recordings.tune import leads_of
from songwright.engines.local.session import Band, Manuscript
from songwright.music.actions import ReplaceSection
from songwright.music.song import Facts, Understanding
from songwright.music.timeline import Span
from songwright.style.languages import read_lyric

__all__ = ["rewrite_stretch"]


def rewrite_stretch(
    action: ReplaceSection, seed: str, song: Manuscript, facts: Facts, span: Span
) -> tuple[Manuscript, Understanding]:
    """Write a stretch of a song anew.

    New words are sung to the tune that the song has there, over the same notes of the band. A prompt
    brings another band, or changes how this one plays. Without either, tune and band are drawn anew.
    Where a recording sounds, a band of the engine's own takes its place, with the recording's chords and,
    unless all is drawn anew, its tune.

    Args:
        action: What is asked.
        seed: Of the request.
        song: The song as it is.
        facts: What it says of itself.
        span: The stretch.

    Returns:
        The new song, and what was understood of the prompt.
    """
    start, end = song.beats(span.start_seconds), song.beats(span.end_seconds)
    fresh = dict.fromkeys(touched_sections(song, start, end), seed)
    anew = not action.prompt and not action.sings_given_words and not action.instrumental
    understanding = Understanding()
    band: Band | None = None
    if action.prompt:
        brief = restyled(action, seed, song.brief, fixed=ALWAYS_FIXED)
        understanding = brief.understanding
        band = Band(brief, seed)
        song = _with_energy(song, facts, span, brief.energy - song.brief.energy)
    elif _is_recorded_within(song, start, end):
        band = Band(song.brief, seed)
    changed = _with_words(action, seed, song, facts, span, seeds=fresh if anew else {})
    if anew or changed.score.vocal is None or action.instrumental:
        lead = write_lead(
            changed.brief, changed.form, changed.score.chords, changed.score.vocal, changed.seed, fresh
        )
        if not anew and changed.score.vocal is None:
            lead = leads_of(song.heard, song.score) or lead
        changed = changed.model_copy(update={"lead": merge_lead(changed.lead, lead, start, end)})
    if anew or band is not None or action.instrumental:
        changed = with_parts_anew(changed, start, end, fresh, band)
    return changed, understanding


def _with_words(
    action: ReplaceSection, seed: str, song: Manuscript, facts: Facts, span: Span, *, seeds: dict[int, str]
) -> Manuscript:
    start, end = song.beats(span.start_seconds), song.beats(span.end_seconds)
    inside, outside = split_lines(song, start, end)
    voice = song.score.vocal.voice if song.score.vocal else wanted_voice(action, seed, song.brief.voice)
    if action.instrumental:
        return with_vocal(song, voice, outside)
    new: list[PlacedLine]
    if action.sings_given_words:
        segments = segments_within(facts, span)
        phrase = sum(
            placed.section == segments[0].section and placed.start_bar < segments[0].first_bar
            for placed, _ in outside
        )
        new = lay_words(read_lyric(action.lyric, action.prompt).sections, segments, phrase)
    elif seeds:
        new = [placed for placed, _ in inside]
    else:
        return song
    if voice is None or not new:
        return song
    sung = sung_anew(song, voice, new, outside, seeds=seeds, earliest_beats=start)
    return with_vocal(song, voice, [*outside, *sung])


def _is_recorded_within(song: Manuscript, start_beats: float, end_beats: float) -> bool:
    return any(
        stint.band is None and stint.start_beats < end_beats and stint.end_beats > start_beats
        for stint in song.stints
    )


def _with_energy(song: Manuscript, facts: Facts, span: Span, change: float) -> Manuscript:
    """Sections that are replaced whole become as full as the prompt's mood wants."""
    whole = {
        segment.section
        for segment in segments_within(facts, span)
        if segment.bars == facts.sections[segment.section].bars
    }
    sections = tuple(
        replace(section, energy=round(min(1.0, max(0.05, section.energy + 0.4 * change)), 3))
        if index in whole
        else section
        for index, section in enumerate(song.score.sections)
    )
    return song.model_copy(update={"score": replace(song.score, sections=sections)})

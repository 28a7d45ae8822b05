"""extend: a song goes on from a musical boundary; all before it stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from songwright.engines.local.composing.brief import Brief
from songwright.engines.local.composing.compose import harmonist_of, left_out_notes, write_lead
from songwright.engines.local.composing.endings import with_ending
from songwright.engines.local.composing.form import Form, FormRequest, lay_out_as_written, lay_out_within
from songwright.engines.local.composing.harmony import chords_for_sections
from songwright.engines.local.composing.song_length import SongLength, song_length
from songwright.engines.local.composing.typed_wishes import read_wishes
from songwright.engines.local.editing.rewriting import (
    merge_lead,
    split_lines,
    with_parts_anew,
    with_vocal,
)
from songwright.engines.local.editing.styles import ALWAYS_FIXED, restyled, wanted_voice
from songwright.engines.local.editing.tunes import sung_anew
from songwright.engines.local.session import Band, Manuscript, Stint
from songwright.music.actions import Extend
from songwright.music.lyrics import LyricSection, LyricSheet
from songwright.music.score import USUAL_RING_SECONDS, ChordSpan, ScoreSection
from songwright.music.song import Understanding
from songwright.music.timeline import name_sections
from songwright.style.languages import read_lyric

__all__ = ["continue_song"]

_SAME_SECONDS = 0.001
_LEAST_LEFT_BEATS = 0.5
_BARS_OF_A_SOLO = 8
# A boundary may lie behind the time from which on seconds count.
_LEAST_ADDED_SECONDS = 2.0


def continue_song(
    action: Extend,
    seed: str,
    song: Manuscript,
    boundary_seconds: float,
    most_seconds: float,
    counted_from_seconds: float | None = None,
) -> tuple[Manuscript, Understanding]:
    """Write what follows a bar line, or the end of a recording, which becomes one.

    With words, their sections follow; without, a solo and the last chorus. Sections of a kind that the
    song has go on with its tune. An outro ends it. Where it is said how much is to be added, the song ends
    just so much later.

    Args:
        action: What is asked.
        seed: Of the request.
        song: The song as it is.
        boundary_seconds: The bar line, or the end.
        most_seconds: How long the whole may become.
        counted_from_seconds: From when on the seconds to be added count; the boundary where left out.

    Returns:
        The longer song, and what was understood of the prompt.
    """
    bar_beats = song.score.time_signature.beats_per_bar
    song, bar = _with_bar_line(song, boundary_seconds)
    start = bar * bar_beats
    kept = _cut_off(song, bar)
    wishes = read_wishes(action)
    asked = restyled(action, seed, song.brief, fixed=ALWAYS_FIXED)
    # Without words for a style the band that played goes on.
    band = Band(asked, seed) if action.prompt else None
    bar_seconds = bar_beats * 60.0 / song.score.tempo_bpm
    room = most_seconds - boundary_seconds
    lead_in = (boundary_seconds if counted_from_seconds is None else counted_from_seconds) - boundary_seconds
    length = None
    if wishes.target_seconds is not None:
        length = _length(song, min(wishes.target_seconds + lead_in, room))
    elif wishes.target_bars is not None:
        length = SongLength(wishes.target_bars, song.score.tempo_bpm, USUAL_RING_SECONDS)
    if length is None:
        added = _within(_form(action, seed, song), max(1, int((room - USUAL_RING_SECONDS) / bar_seconds)))
    else:
        added = _form_of(action, seed, song, length.bars)
    kept = _with_asked_chords(kept, asked)
    longer = _with_form(kept, added, bar)
    ring_seconds = length.ring_seconds if length else USUAL_RING_SECONDS
    longer = longer.model_copy(
        update={
            "score": with_ending(
                replace(longer.score, ring_seconds=ring_seconds, loops=False, fade_out_seconds=None), asked
            )
        }
    )
    understanding = _told(asked.understanding, added)
    first_new = len(kept.score.sections)
    known = {section.kind for section in kept.score.sections}
    sections = longer.score.sections
    fresh = dict.fromkeys(range(first_new, len(sections)), seed)
    # A chorus that comes back keeps its tune; a kind that is new to the song gets one of its own.
    seeds = {index: seed for index in fresh if sections[index].kind not in known}
    _, lines = split_lines(kept, start, float("inf"))
    voice = song.score.vocal.voice if song.score.vocal else wanted_voice(action, seed, song.brief.voice)
    new = [line for line in longer.lines if line.section >= first_new]
    if voice is not None and new:
        sung = sung_anew(longer, voice, new, lines, seeds=seeds, earliest_beats=start)
        lines = [*lines, *sung]
    longer = with_vocal(longer, voice, lines)
    lead = write_lead(longer.brief, longer.form, longer.score.chords, longer.score.vocal, longer.seed, seeds)
    end = longer.score.duration_beats
    longer = longer.model_copy(update={"lead": merge_lead(longer.lead, lead, start, end)})
    return with_parts_anew(longer, start, end, fresh, band), understanding


def _with_bar_line(song: Manuscript, seconds: float) -> tuple[Manuscript, int]:
    """The song with a bar line at a time, and the number of the bar that begins there.

    Where a recording ends inside a bar, the beats that are left of the bar come sooner, or the last one of
    the bar before later: what sounds there is the recording, and nobody plays to them.
    """
    score = song.score
    bar_beats = score.time_signature.beats_per_bar
    beats = song.beats(seconds)
    bar = max(1, round(beats / bar_beats))
    if not score.beat_seconds or abs(score.seconds(bar * bar_beats) - seconds) < _SAME_SECONDS:
        return song, max(0, round(beats / bar_beats))
    last = round(bar * bar_beats)
    kept = min(int(beats), last - 1)
    if kept and beats - kept < _LEAST_LEFT_BEATS:
        kept -= 1
    moved = np.linspace(score.beat_seconds[kept], seconds, last - kept + 1)[1:]
    times = (*score.beat_seconds[: kept + 1], *(round(float(time), 6) for time in moved))
    retimed = song.model_copy(update={"score": replace(score, beat_seconds=times)})
    return retimed, bar


def _cut_off(song: Manuscript, bar: int) -> Manuscript:
    """The song without all that follows a bar line."""
    score = song.score
    beat = bar * score.time_signature.beats_per_bar
    sections = tuple(
        replace(section, bars=min(section.bars, bar - section.start_bar))
        for section in score.sections
        if section.start_bar < bar
    )
    chords = tuple(
        replace(span, duration_beats=min(span.duration_beats, beat - span.start_beats))
        for span in score.chords
        if span.start_beats < beat - 1e-6
    )
    _, lines = split_lines(song, beat, float("inf"))
    cut = song.model_copy(
        update={
            "score": replace(
                score, sections=sections, chords=chords, beat_seconds=score.beat_seconds[: round(beat) + 1]
            ),
            "stints": tuple(
                replace(stint, end_beats=min(stint.end_beats, beat))
                for stint in song.stints
                if stint.start_beats < beat
            ),
            "lead": merge_lead(song.lead, (), beat, float("inf")),
        }
    )
    return with_vocal(cut, song.score.vocal.voice if song.score.vocal else None, lines)


def _length(song: Manuscript, seconds: float) -> SongLength:
    """The bars and the ring of so many seconds in the song's own tempo."""
    score = song.score
    seconds = max(seconds, _LEAST_ADDED_SECONDS)
    return song_length(seconds, score.tempo_bpm, score.time_signature, tempo_is_free=False, loops=False)


def _told(understanding: Understanding, added: Form) -> Understanding:
    """What was understood, its length told as that of what is added, and words there was no room for."""
    understood = tuple(
        f"{wish.removeprefix('length ')} added" if wish.startswith("length ") else wish
        for wish in understanding.understood
    )
    notes = (*understanding.notes, *left_out_notes(added))
    return understanding.model_copy(update={"understood": understood, "notes": notes})


def _request(action: Extend, seed: str, song: Manuscript) -> FormRequest:
    genre = song.brief.coloured_genre
    return FormRequest(
        sheet=None,
        facts=genre.form,
        melody=genre.melody,
        tempo_bpm=song.score.tempo_bpm,
        meter=song.score.time_signature,
        target_bars=None,
        weirdness=action.weirdness,
        seed=seed,
        opens_with="solo",
    )


def _form(action: Extend, seed: str, song: Manuscript) -> Form:
    """The sections that follow where nothing is said of their length, from bar 0."""
    wanted = _wanted(action, song)
    body = wanted if wanted[-1].kind == "outro" else (*wanted, LyricSection("outro", ()))
    return lay_out_as_written(_request(action, seed, song), LyricSheet(body))


def _form_of(action: Extend, seed: str, song: Manuscript, bars: int) -> Form:
    """The sections that follow in just so many bars, from bar 0."""
    request = _request(action, seed, song)
    wanted = _wanted(action, song)
    if action.sings_given_words:
        return lay_out_within(request, LyricSheet(wanted), bars)
    ending = LyricSection("outro", ())
    body: tuple[LyricSection, ...] = (ending,)
    while True:
        # Once more round, as often as there is room for its words at their own pace.
        more = (*body[:-1], *wanted, ending)
        form = lay_out_as_written(request, LyricSheet(more))
        if sum(section.bars for section in form.sections) > bars:
            break
        body = more
    if len(body) == 1 and bars >= _BARS_OF_A_SOLO:
        body = (LyricSection("solo", ()), ending)
    return lay_out_within(request, LyricSheet(body), bars)


def _wanted(action: Extend, song: Manuscript) -> tuple[LyricSection, ...]:
    if action.sings_given_words:
        return read_lyric(action.lyric, action.prompt).sections
    return _usual(song, instrumental=action.instrumental)


def _with_asked_chords(kept: Manuscript, asked: Brief) -> Manuscript:
    """The song, to go on in the chords that are asked for, where some are."""
    if not asked.chords and not asked.section_chords:
        return kept
    own = kept.brief
    brief = replace(
        own,
        chords=asked.chords or own.chords,
        section_chords=(*asked.section_chords, *own.section_chords),
    )
    return kept.model_copy(update={"bands": (replace(kept.bands[0], brief=brief), *kept.bands[1:])})


def _within(form: Form, most_bars: int) -> Form:
    """The form without the sections that would make the song too long; one at least stays."""
    sections = tuple(
        section
        for index, section in enumerate(form.sections)
        if index == 0 or section.start_bar + section.bars <= most_bars
    )
    return Form(sections, tuple(line for line in form.lines if line.section < len(sections)), form.unsung)


def _usual(song: Manuscript, *, instrumental: bool) -> tuple[LyricSection, ...]:
    """What follows where nothing is said: an instrument alone, then the chorus once more."""
    if song.score.vocal is None or instrumental:
        return LyricSection("solo", ()), LyricSection("chorus", ())
    sung = [line.section for line in song.lines]
    sections = song.score.sections
    last = max((index for index in sung if sections[index].kind == "chorus"), default=max(sung))
    lines = [line for line in song.lines if line.section == last]
    words = tuple(line.text for line in lines)
    return LyricSection("solo", ()), LyricSection(sections[last].kind, words, lines[0].language)


def _with_form(kept: Manuscript, added: Form, bar: int) -> Manuscript:
    """The kept song with further sections, their chords and the place of their lines."""
    score = kept.score
    before = len(score.sections)
    kinds = [section.kind for section in (*score.sections, *added.sections)]
    behind = tuple(replace(section, start_bar=section.start_bar + bar) for section in added.sections)
    sections = tuple(
        replace(section, name=name)
        for section, name in zip((*score.sections, *behind), name_sections(kinds), strict=True)
    )
    lines = tuple(
        replace(line, section=line.section + before, start_bar=line.start_bar + bar) for line in added.lines
    )
    end = sections[-1].start_bar + sections[-1].bars
    beat = score.time_signature.beats_per_bar
    # Where a recording ends, the song's own band goes on.
    stint = (kept.stints[-1].band if kept.stints else None) or 0
    return kept.model_copy(
        update={
            "score": replace(score, sections=sections, chords=_chords(kept, sections, bar * beat)),
            "lines": (*kept.lines, *lines),
            "stints": (*kept.stints, Stint(stint, bar * beat, end * beat)),
        }
    )


def _chords(
    kept: Manuscript, sections: tuple[ScoreSection, ...], start_beats: float
) -> tuple[ChordSpan, ...]:
    score = kept.score
    brief = replace(kept.brief, key=score.key)
    whole = chords_for_sections(harmonist_of(brief, kept.seed), sections, score.time_signature)
    if kept.is_recorded and not brief.chords:
        whole = tuple(_as_recorded(kept, sections, whole))
    return (*score.chords, *_within_beats(whole, start_beats, float("inf")))


def _as_recorded(
    kept: Manuscript, sections: tuple[ScoreSection, ...], usual: tuple[ChordSpan, ...]
) -> Iterator[ChordSpan]:
    """Chords for sections, where a recording has one of the kind those that are heard there.

    Args:
        kept: The recorded song.
        sections: Its sections and those that follow.
        usual: What the engine would write.
    """
    bar = kept.score.time_signature.beats_per_bar
    last = {section.kind: section for section in kept.score.sections}
    for section in sections:
        start, end = section.start_bar * bar, (section.start_bar + section.bars) * bar
        model = last.get(section.kind)
        if model is None:
            yield from _within_beats(usual, start, end)
            continue
        heard_from = model.start_bar * bar
        heard = tuple(_within_beats(kept.score.chords, heard_from, heard_from + model.bars * bar))
        at = start
        while at < end - 1e-6:
            moved = (replace(span, start_beats=span.start_beats - heard_from + at) for span in heard)
            yield from _within_beats(moved, at, end)
            at += model.bars * bar


def _within_beats(chords: Iterable[ChordSpan], start_beats: float, end_beats: float) -> Iterator[ChordSpan]:
    """Chords as far as they sound in a stretch."""
    for span in chords:
        first = max(span.start_beats, start_beats)
        end = min(span.start_beats + span.duration_beats, end_beats)
        if end - first > 1e-6:
            yield ChordSpan(first, end - first, span.chord)

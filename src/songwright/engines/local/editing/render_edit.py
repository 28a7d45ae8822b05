"""From an edit's request to files: read the old session, write the new score, make the sound that is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from songwright.audio.flac import read_flac
from songwright.audio.loudness import SILENT_DB, integrated_loudness
from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.base import MASTER_FILE, Context, Rendition, Source
from songwright.engines.local.editing.covering import cover_of
from songwright.engines.local.editing.extending import continue_song
from songwright.engines.local.editing.promises import Kept, measure_promise
from songwright.engines.local.editing.replacing import rewrite_stretch
from songwright.engines.local.editing.rewriting import line_span_beats
from songwright.engines.local.editing.sessions import facts_behind, notes_kept, session_behind, titled
from songwright.engines.local.editing.splicing import Splice, splice_master, splice_song
from songwright.engines.local.editing.stretch import continuation_seconds, music_end_seconds, stretch_of
from songwright.engines.local.editing.varying import variation_of
from songwright.engines.local.mixing.levels import STEP_SAMPLES, Levels, measure_levels
from songwright.engines.local.recordings.separated import has_all_stems
from songwright.engines.local.rendering.score_to_audio import (
    MASTERED_LUFS,
    Sound,
    make_sound,
    song_samples,
    window_about,
)
from songwright.engines.local.rendering.song_facts import understood
from songwright.engines.local.rendering.song_files import Stages, finish, finish_whole, session_of
from songwright.engines.local.session import Manuscript, Session
from songwright.engines.local.singing.singer import LineTimes
from songwright.hearing.silence import hear_flaws
from songwright.hearing.spectrum import to_channels
from songwright.music.actions import (
    Cover,
    Extend,
    ReplaceSection,
    StemName,
    Variation,
)
from songwright.music.measured import Measured
from songwright.music.song import LONGEST_SONG_SECONDS, Parent, Understanding
from songwright.music.timeline import Span

__all__ = [
    "render_continuation",
    "render_cover",
    "render_replacement",
    "render_variation",
]

_NEAR_SECONDS = 8.0
_LITTLE = 0.25
# What a master may be.
_QUIETEST_LUFS, _LOUDEST_LUFS = -40.0, -6.0
_AS_LOUD_DB = 2.0
_SAME_SECONDS = 0.1
_SETTLING_STEPS = 10


def render_replacement(action: ReplaceSection, source: Source, context: Context) -> Rendition:
    """Replace a stretch of a song."""
    stages = Stages(context.report)
    session = session_behind(source)
    facts = facts_behind(source, session)
    span = stretch_of(action, facts)
    song, understanding = rewrite_stretch(action, context.seed, session, facts, span)
    notes = _singer_gone(action, session, song, span)
    stages.done("writing the song")
    start = _sample(span.start_seconds)
    stop = min(_sample(span.end_seconds), song_samples(song.score), _sample(facts.duration_seconds))
    splice = Splice(start, stop)
    words = f"outside {span.start_seconds:.2f}-{span.end_seconds:.2f} s"
    return _render_splice(
        titled(song, action.title),
        session,
        source,
        context,
        stages,
        splice,
        Kept(words, start=start, stop=stop, seams=splice.seams),
        understood(understanding, action.model, notes),
    )


def _singer_gone(action: ReplaceSection, session: Session, song: Manuscript, span: Span) -> tuple[str, ...]:
    """That nobody sings any more where people sang, unless that was asked for."""
    if action.instrumental or session.brief.voice is None or not session.is_recorded:
        return ()
    start, end = session.beats(span.start_seconds), session.beats(span.end_seconds)

    def is_inside(start_beats: float) -> bool:
        return start <= start_beats < end

    lines = song.score.vocal.lines if song.score.vocal else ()
    sung_anew = any(is_inside(line.notes[0].start_beats) for line in lines)
    if sung_anew or not any(is_inside(note.start_beats) for note in session.heard):
        return ()
    return ("the recorded singing there is gone, as its words are not known; give words to sing in `lyric`",)


def render_continuation(action: Extend, source: Source, context: Context) -> Rendition:
    """Continue a song."""
    stages = Stages(context.report)
    session = session_behind(source)
    facts = facts_behind(source, session)
    boundary = continuation_seconds(action, facts)
    counted_from = action.continue_at if action.continue_at is not None else facts.duration_seconds
    song, understanding = continue_song(
        action, context.seed, session, boundary, LONGEST_SONG_SECONDS, counted_from
    )
    stages.done("writing the song")
    splice = Splice(_sample(boundary), None)
    end = music_end_seconds(facts)
    place = "a bar line" if boundary < end or end < facts.duration_seconds else "the end of the sound"
    if boundary < end and action.continue_at is None:
        place = "where its ending began"
    notes = [f"continued at {boundary:.2f} s, {place}"]
    if action.continue_at is not None and abs(boundary - action.continue_at) > 0.01:
        notes = [f"continued at {boundary:.2f} s, the musical boundary by {action.continue_at:.2f} s"]
    return _render_splice(
        titled(song, action.title),
        session,
        source,
        context,
        stages,
        splice,
        Kept(f"0-{boundary:.2f} s", start=splice.start, seams=splice.seams),
        understood(understanding, action.model, notes),
    )


def render_cover(action: Cover, source: Source, context: Context) -> Rendition:
    """Perform a song in another style."""
    stages = Stages(context.report)
    session = session_behind(source)
    song, understanding, notes = cover_of(action, context.seed, session)
    stages.done("writing the song")
    sound = make_sound(titled(song, action.title), raw=action.model.endswith("Raw"), done=stages.done)
    kept = Kept("melody, words and form")
    return _finish_whole(
        titled(song, action.title),
        sound,
        session,
        source,
        context,
        kept,
        understood(understanding, action.model, notes),
        notes_kept(session, song),
    )


def render_variation(action: Variation, source: Source, context: Context) -> Rendition:
    """Write a song's notes anew."""
    stages = Stages(context.report)
    session = session_behind(source)
    song, notes = variation_of(action, context.seed, session)
    stages.done("writing the song")
    sound = make_sound(titled(song, action.title), raw=action.model.endswith("Raw"), done=stages.done)
    return _finish_whole(
        titled(song, action.title),
        sound,
        session,
        source,
        context,
        Kept("style, form and words; new notes"),
        understood(Understanding(), action.model, notes),
        notes_kept(session, song),
    )


def _finish_whole(
    song: Manuscript,
    sound: Sound,
    session: Session,
    source: Source,
    context: Context,
    kept: Kept,
    understanding: Understanding,
    share_kept: float | None,
) -> Rendition:
    made = finish_whole(song, sound, context, understanding=understanding, parents=_parents(source))
    stems = [context.folder / name for name in made.stems.values()]
    promise = measure_promise(kept, session.levels, context.folder / made.master, stems, share_kept)
    return made.model_copy(update={"facts": made.facts.model_copy(update={"promise": promise})})


def _render_splice(
    song: Manuscript,
    session: Session,
    source: Source,
    context: Context,
    stages: Stages,
    splice: Splice,
    kept: Kept,
    understanding: Understanding,
) -> Rendition:
    """Make the sound of a stretch, put it into the old files, and measure."""
    whole = song_samples(song.score)
    window = window_about(song.score, splice.start, splice.stop or whole)
    if session.is_recorded:
        # A recording has neither mix nor master to be met, but it has a loudness.
        wanted_lufs = _loudness_about(session.levels, splice)
        aim_lufs = min(_LOUDEST_LUFS, max(_QUIETEST_LUFS, wanted_lufs))
        told = (*understanding.notes, *_other_loudness(wanted_lufs, aim_lufs))
        understanding = understanding.model_copy(update={"notes": told})
        sound = make_sound(song, raw=False, done=stages.done, window=window, aim_lufs=aim_lufs)
        whole = whole if splice.stop is None else _sample(source.song.facts.duration_seconds)
    else:
        raw = session.master.finish == "raw"
        sound = make_sound(song, raw=raw, done=stages.done, window=window, given=session)
    names: dict[StemName, str] = {}
    if has_all_stems(source):
        names = splice_song(source, sound.stems, window.start, splice, session.levels, context.folder)
    else:
        splice_master(source.master, sound.mix, window.start, splice, session.levels, context.folder)
    master = context.folder / MASTER_FILE
    kept = replace(kept, files=_pairs(source, context.folder, names))
    stems = [context.folder / name for name in names.values()]
    promise = measure_promise(kept, session.levels, master, stems)
    sung = _merged_times(session, song, sound.lines, splice)
    levels = _levels(session.levels, master, splice, promise.stems_residual_dbfs)
    mix = session.mix if session.is_recorded else sound.mix_state
    new = session_of(song, mix, session.master, sung, levels)
    return finish(
        new,
        names,
        context,
        samples=whole,
        heard=_heard_before(source, levels, master, splice),
        understanding=understanding,
        promise=promise,
        parents=_parents(source),
    )


def _heard_before(source: Source, levels: Levels, master: Path, splice: Splice) -> Measured | None:
    """What was heard in a song, where too little of it is new to change more than its level and its flaws.

    None where it should be listened to again.
    """
    before = source.song.facts.measured
    whole = source.song.facts.duration_seconds * SAMPLE_RATE_HZ
    if before is None or splice.stop is None or splice.stop - splice.start > _LITTLE * whole:
        return None
    loudness = levels.loudness
    near = SAMPLE_RATE_HZ // 10
    flaws = hear_flaws(
        to_channels(read_flac(master, max(0, splice.start - near), splice.stop + near)), SAMPLE_RATE_HZ
    )
    return before.model_copy(
        update={
            "integrated_lufs": round(loudness.integrated_lufs, 2),
            "true_peak_dbtp": round(loudness.true_peak_dbtp, 2),
            "clipped_samples": before.clipped_samples + flaws.clipped_samples,
            "clicks": before.clicks + len(flaws.clicks_seconds),
        }
    )


def _loudness_about(levels: Levels, splice: Splice) -> float:
    """The integrated loudness of a song in and around a stretch, in LUFS."""
    near = round(_NEAR_SECONDS * SAMPLE_RATE_HZ)
    first = max(0, splice.start - near) // STEP_SAMPLES
    last = None if splice.stop is None else (splice.stop + near) // STEP_SAMPLES
    energies = np.array(levels.energies[first:last])
    loudness = integrated_loudness(energies, STEP_SAMPLES, SAMPLE_RATE_HZ)
    if loudness <= SILENT_DB:
        # What comes after silence is as loud as the rest, and where all is silent as a song is.
        whole = levels.loudness.integrated_lufs
        return MASTERED_LUFS if whole <= SILENT_DB else whole
    return loudness


def _other_loudness(wanted_lufs: float, aim_lufs: float) -> tuple[str, ...]:
    difference_db = aim_lufs - wanted_lufs
    if abs(difference_db) <= _AS_LOUD_DB:
        return ()
    how = "louder" if difference_db > 0 else "quieter"
    return (
        f"what is new is {abs(difference_db):.0f} dB {how} than what is around it, which no master can match",
    )


def _levels(old: Levels, master: Path, splice: Splice, residual_dbfs: float | None) -> Levels:
    """The levels of the new master; a second before the stretch settles the filters that weigh it."""
    first = splice.start // STEP_SAMPLES
    last = None if splice.stop is None else -(-splice.stop // STEP_SAMPLES) + 1
    before = min(first, _SETTLING_STEPS)
    stop = None if last is None else last * STEP_SAMPLES
    near = measure_levels(read_flac(master, (first - before) * STEP_SAMPLES, stop), residual_dbfs)
    fresh = near.model_copy(update={"energies": near.energies[before:], "peaks": near.peaks[before:]})
    return old.spliced(fresh, first, last)


def _parents(source: Source) -> tuple[Parent, ...]:
    return (Parent(song_id=source.song.id),)


def _sample(seconds: float) -> int:
    return round(seconds * SAMPLE_RATE_HZ)


def _pairs(source: Source, folder: Path, names: dict[StemName, str]) -> list[tuple[Path, Path]]:
    """Old and new files: the master and every stem."""
    stems = [(source.stems[stem], folder / name) for stem, name in names.items()]
    return [(source.master, folder / MASTER_FILE), *stems]


def _merged_times(
    session: Session, song: Manuscript, new: Sequence[LineTimes], splice: Splice
) -> tuple[LineTimes, ...]:
    """When each line of the new song is heard: as before, but for what was sung anew."""
    times: list[LineTimes] = []
    score = song.score
    start = splice.start / SAMPLE_RATE_HZ
    stop = float("inf") if splice.stop is None else splice.stop / SAMPLE_RATE_HZ
    for line in score.vocal.lines if score.vocal else ():
        span = line_span_beats(line)
        first, last = (score.seconds(beats) for beats in span)
        changed = start <= (first + last) / 2 < stop
        # The last beats of a recording may have moved to meet what follows; what is sung there has not.
        begins = first if changed else session.score.seconds(span[0])
        candidates = [*new, *session.sung] if changed else [*session.sung, *new]
        found = next(
            (
                time
                for time in candidates
                if time.text == line.text and abs(time.syllables[0].vowel_seconds - begins) < _SAME_SECONDS
            ),
            None,
        )
        if found is not None:
            times.append(replace(found, section=line.section))
    return tuple(times)

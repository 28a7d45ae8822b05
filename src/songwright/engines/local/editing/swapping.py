"""From a swap's request to files: one side of the song stays in its files, the other is made anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songwright.audio.flac import read_flac, write_flac
from songwright.audio.loudness import SILENT_DB
from songwright.audio.pcm import SAMPLE_RATE_HZ, Samples, to_float
from songwright.engines.base import MASTER_FILE, Context, Rendition, Source, stem_file
from songwright.engines.local.editing.backing_swapped import accompany_anew
from songwright.engines.local.editing.balance import (
    energies_of,
    gain_for_loudness_db,
    gain_to_be_as_loud_db,
    loudness_of,
    voice_over_backing_db,
)
from songwright.engines.local.editing.promises import Kept, measure_promise
from songwright.engines.local.editing.separating import keep_file
from songwright.engines.local.editing.sessions import notes_kept, session_behind, titled
from songwright.engines.local.editing.singing_swapped import sing_other, sing_second
from songwright.engines.local.mixing.effects.blocks import Audio
from songwright.engines.local.mixing.fitting import fit_all_beside, fit_beside
from songwright.engines.local.mixing.levels import measure_levels
from songwright.engines.local.mixing.mastering import MasterState, MasterTarget, master
from songwright.engines.local.mixing.mixdown import MixState, blend_stems
from songwright.engines.local.mixing.strips import is_sung_channel
from songwright.engines.local.recordings.separated import with_stems
from songwright.engines.local.rendering.score_to_audio import MASTERED_LUFS, Window, fade_out, mix_stems
from songwright.engines.local.rendering.song_facts import understood
from songwright.engines.local.rendering.song_files import Stages, finish, session_of
from songwright.engines.local.session import Manuscript, Session
from songwright.engines.local.singing.singer import LineTimes
from songwright.hearing.presence import is_part_there, is_voice_there
from songwright.hearing.spectrum import to_analysis_rate
from songwright.music.actions import StemName, SwapInstrumentals, SwapVocals
from songwright.music.song import Parent, Understanding

__all__ = ["render_swapped_instrumentals", "render_swapped_vocals"]

_BACKING: tuple[StemName, ...] = ("other", "drums", "bass")

# As far as mixes of songs differ from each other, by ear.
_BESIDE_STYLE_DB = 6.0
# A change that everybody hears, and nobody asked for.
_AS_LOUD_DB = 3.0

Energies = NDArray[np.float64]


def render_swapped_vocals(action: SwapVocals, sources: Sequence[Source], context: Context) -> Rendition:
    """Put other singing over a song's backing."""
    stages = Stages(context.report)
    source, how = with_stems(sources[0], context)
    session = session_behind(source)
    if len(sources) > 1:
        song, notes = sing_second(action, context.seed, session, session_behind(sources[1]))
    else:
        song, notes = sing_other(action, context.seed, session)
    notes = [*how, *notes]
    stages.done("writing the song")
    rough = mix_stems(song, ("vocals",), done=stages.done, window=_whole_of(source))
    fade_out(rough.stems, song.score)
    backing = _sum_of(source, _BACKING)
    behind = energies_of(backing)
    voice = rough.stems["vocals"]
    old = read_flac(source.stems["vocals"])
    sides = _heard_sides(session, old, backing)
    gain_db = _voice_gain_db(session, sides, energies_of(voice), old, behind, rough.desk.mix.vocal_db)
    if not sides.voice:
        notes.append("no voice was heard in the song: the new one stands over it as the style has it")
    del old
    voice *= np.float32(10 ** (gain_db / 20))
    stages.done("mixing")
    level = _plainly_mastered({"vocals": voice}, session.master)["vocals"]
    fitted = fit_beside(level, backing, _ceiling_dbtp(session))
    stages.done("mastering")
    mix_state = MixState(
        part_gains_db=session.mix.part_gains_db | rough.part_gains_db,
        stem_gains_db=session.mix.stem_gains_db | {"vocals": gain_db - session.master.static_gain_db},
    )
    return _finish(
        titled(song, action.title),
        session,
        mix_state,
        [source, *sources[1:]],
        context,
        new={"vocals": fitted},
        kept_sum=backing,
        kept=_BACKING,
        kept_words="the backing: drums, bass and other",
        sung=rough.lines,
        understanding=understood(Understanding(), action.model, notes),
        second_role="vocals",
    )


def render_swapped_instrumentals(
    action: SwapInstrumentals, sources: Sequence[Source], context: Context
) -> Rendition:
    """Put another backing under a song's singing."""
    stages = Stages(context.report)
    source, how = with_stems(sources[0], context)
    session = session_behind(source)
    second = session_behind(sources[1]) if len(sources) > 1 else None
    song, understanding, notes = accompany_anew(action, context.seed, session, second)
    notes = [*how, *notes]
    stages.done("writing the song")
    rough = mix_stems(song, _BACKING, done=stages.done, window=_whole_of(source))
    kept = read_flac(source.stems["vocals"])
    stems: dict[StemName, Audio] = {"vocals": to_float(kept), **rough.stems}
    gains_db = blend_stems(stems, rough.desk)
    fade_out(rough.stems, song.score)
    # The balance is found with the voice at any level; here the voice stays and the others move.
    old = _sum_of(source, _BACKING)
    sides = _heard_sides(session, kept, old)
    voice_db = gains_db["vocals"] if sides.voice else 0.0
    del stems
    _amplify(rough.stems, -voice_db)
    stages.done("mixing")
    level = _plainly_mastered(rough.stems, session.master)
    together = sum(level.values(), start=np.zeros_like(kept, np.float32))
    more_db = _backing_gain_db(session, sides, energies_of(together), energies_of(kept), energies_of(old))
    if not sides.voice:
        notes.append("no voice was heard in the song: what is left of it is what its vocal stem holds")
    del old
    del together
    _amplify(level, more_db)
    fitted = fit_all_beside(level, kept, _ceiling_dbtp(session))
    stages.done("mastering")
    static_db = session.master.static_gain_db
    stem_gains_db = {name: gains_db[name] - voice_db + more_db - static_db for name in _BACKING}
    # A recorded voice has no gain; one that is sung beside it later finds its own.
    voice_gains_db = {name: gain for name, gain in session.mix.stem_gains_db.items() if name == "vocals"}
    voices = {name: gain for name, gain in session.mix.part_gains_db.items() if is_sung_channel(name)}
    mix_state = MixState(
        part_gains_db=voices | rough.part_gains_db, stem_gains_db=stem_gains_db | voice_gains_db
    )
    return _finish(
        titled(song, action.title),
        session,
        mix_state,
        [source, *sources[1:]],
        context,
        new=fitted,
        kept_sum=kept,
        kept=("vocals",),
        kept_words="the vocals",
        sung=session.sung,
        understanding=understood(understanding, action.model, notes),
        second_role="instrumentals",
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    """Which sides of a song are there; the other is what a separator left of nothing."""

    voice: bool
    backing: bool


def _heard_sides(session: Session, voice: Samples, backing: Samples) -> _Sides:
    mix = voice + backing
    sung = session.score.vocal is not None or is_voice_there(
        to_analysis_rate(voice, SAMPLE_RATE_HZ), to_analysis_rate(mix, SAMPLE_RATE_HZ)
    )
    return _Sides(sung, is_part_there(backing, mix))


def _voice_gain_db(
    session: Session, sides: _Sides, new: Energies, old: Samples, behind: Energies, style_db: float
) -> float:
    """The gain of a new voice: over the backing as the old one stood, else as the style has it."""
    before = energies_of(old)
    if not sides.backing:
        return gain_to_be_as_loud_db(new, loudness_of(before) if sides.voice else MASTERED_LUFS)
    wanted_db = voice_over_backing_db(before, behind) if sides.voice else None
    if wanted_db is None:
        wanted_db = style_db
    elif _is_of_people(session):
        # Their voice is a separator's, which may hold little of it, or much else.
        wanted_db = min(style_db + _BESIDE_STYLE_DB, max(style_db - _BESIDE_STYLE_DB, wanted_db))
    now_db = voice_over_backing_db(new, behind)
    return gain_to_be_as_loud_db(new, loudness_of(behind)) if now_db is None else wanted_db - now_db


def _backing_gain_db(session: Session, sides: _Sides, new: Energies, voice: Energies, old: Energies) -> float:
    """The gain of a new backing that is in the style's balance with the voice, as far as there is one."""
    if not _is_of_people(session):
        return gain_for_loudness_db(new, voice, _wanted_lufs(session))
    if sides.backing:
        return gain_to_be_as_loud_db(new, loudness_of(old))
    return 0.0 if sides.voice else gain_to_be_as_loud_db(new, MASTERED_LUFS)


def _is_of_people(session: Session) -> bool:
    """Whether a song was a recording, or still is one."""
    return bool(session.score.beat_seconds)


def _whole_of(source: Source) -> Window:
    """All of a song: new stems are as long as those that stay."""
    return Window(0, round(source.song.facts.duration_seconds * SAMPLE_RATE_HZ))


def _ceiling_dbtp(session: Session) -> float:
    """The true peak that a song may reach: a recording that came louder than ours may stay so."""
    usual = -1.0
    if not session.is_recorded:
        return usual
    return min(0.0, max(usual, session.levels.loudness.true_peak_dbtp))


def _amplify(stems: Mapping[StemName, Audio], gain_db: float) -> None:
    for audio in stems.values():
        np.multiply(audio, np.float32(10 ** (gain_db / 20)), out=audio)


def _wanted_lufs(session: Session) -> float:
    return session.levels.loudness.integrated_lufs if session.master.finish == "raw" else MASTERED_LUFS


def _sum_of(source: Source, stems: Sequence[StemName]) -> Samples:
    total = read_flac(source.stems[stems[0]])
    for stem in stems[1:]:
        total += read_flac(source.stems[stem])
    return total


def _plainly_mastered(stems: dict[StemName, Audio], state: MasterState) -> dict[StemName, Audio]:
    """Stems with the song's equaliser, under its ceiling, at the level that they have."""
    plain = state.model_copy(update={"static_gain_db": 0.0, "finish": "raw"})
    mastered = master(stems, MasterTarget(tilt_db=state.tilt_db, finish="raw"), plain)
    return {name: to_float(audio) for name, audio in mastered.stems.items()}


def _finish(
    song: Manuscript,
    session: Session,
    mix: MixState,
    sources: Sequence[Source],
    context: Context,
    *,
    new: dict[StemName, Samples],
    kept_sum: Samples,
    kept: Sequence[StemName],
    kept_words: str,
    sung: tuple[LineTimes, ...],
    understanding: Understanding,
    second_role: str,
) -> Rendition:
    source = sources[0]
    total = kept_sum
    for audio in new.values():
        total += audio
    write_flac(context.folder / MASTER_FILE, total)
    names: dict[StemName, str] = {}
    for stem in ("vocals", "drums", "bass", "other"):
        names[stem] = stem_file(stem)
        if stem in new:
            write_flac(context.folder / names[stem], new[stem])
        else:
            keep_file(source.stems[stem], context.folder / names[stem])
    pairs = [(source.stems[stem], context.folder / names[stem]) for stem in kept]
    promise = measure_promise(
        Kept(kept_words, files=pairs),
        session.levels,
        context.folder / MASTER_FILE,
        [context.folder / name for name in names.values()],
        notes_kept(session, song) if "vocals" in kept else None,
    )
    parents = [Parent(song_id=source.song.id)]
    if len(sources) > 1:
        role = "vocals" if second_role == "vocals" else "instrumentals"
        parents.append(Parent(song_id=sources[1].song.id, role=role))
    levels = measure_levels(total, promise.stems_residual_dbfs)
    told = _change_of_loudness(session.levels.loudness.integrated_lufs, levels.loudness.integrated_lufs)
    understanding = understanding.model_copy(update={"notes": (*understanding.notes, *told)})
    return finish(
        session_of(song, mix, session.master, sung, levels),
        names,
        context,
        samples=total.shape[1],
        understanding=understanding,
        promise=promise,
        parents=tuple(parents),
    )


def _change_of_loudness(before_lufs: float, now_lufs: float) -> tuple[str, ...]:
    change_db = now_lufs - before_lufs
    if abs(change_db) <= _AS_LOUD_DB or min(before_lufs, now_lufs) <= SILENT_DB:
        return ()
    how = "louder" if change_db > 0 else "quieter"
    return (f"the song is {abs(change_db):.1f} dB {how} than it was",)

"""Performing an action from request to files. Runs in a child process of the server."""

from __future__ import annotations

from threadpoolctl import threadpool_limits

from songwright.engines.base import Context, Rendition, Report, Source
from songwright.engines.local.audio_files import write_flac
from songwright.engines.local.compose import Composition, compose
from songwright.engines.local.engine import ENGINE_VERSION
from songwright.engines.local.genre import load_genre
from songwright.engines.local.performance import SAMPLE_RATE_HZ
from songwright.engines.local.session import SESSION_FILE, Session, write_session
from songwright.engines.local.sound import Sound, make_sound
from songwright.errors import UnsupportedError
from songwright.music.actions import Action, Generate, StemName
from songwright.music.score import Score
from songwright.music.song import Facts, LyricLine, Section, Understanding

__all__ = ["render"]

# Shares of the whole time, as measured on a song of three minutes.
_SHARES = {
    "writing the song": 0.06,
    "playing the band": 0.24,
    "singing": 0.22,
    "playing the drums": 0.12,
    "playing the bass": 0.06,
    "mixing": 0.06,
    "mastering": 0.12,
    "saving": 0.12,
}


class _Stages:
    """Turns stages that are done, some of them side by side, into progress."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._ahead = dict(_SHARES)
        self._say()

    def done(self, stage: str) -> None:
        """Note that a stage is done, and report the first that is not."""
        self._ahead.pop(stage)
        self._say()

    def _say(self) -> None:
        self._report(1.0 - sum(self._ahead.values()), next(iter(self._ahead), "done"))


def render(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Perform an action.

    Raises:
        UnsupportedError: The embedded engine does not perform it.
    """
    del sources
    # Stems are rendered side by side; matrix products that also spread over all cores only get in the
    # way of each other, and how they are divided could change the last bit of a sum.
    with threadpool_limits(limits=1):
        match action:
            case Generate():
                return _generate(action, context)
            case _:
                raise UnsupportedError("the embedded engine cannot perform this action", field="action")


def _generate(action: Generate, context: Context) -> Rendition:
    done = _Stages(context.report).done
    song = compose(action, context.seed)
    score = song.score
    done("writing the song")
    raw = action.model.endswith("Raw")
    sound = make_sound(
        score, song.backing, context.seed, vocal_gain_db=song.brief.vocal_gain_db, raw=raw, done=done
    )
    write_session(
        context.folder,
        Session(
            engine_version=ENGINE_VERSION,
            seed=context.seed,
            score=score,
            backing=song.backing,
            vocal_gain_db=song.brief.vocal_gain_db,
            mix=sound.mix_state,
            master=sound.master_state,
        ),
    )
    stems = _write_audio(sound, context)
    done("saving")
    return Rendition(
        facts=_facts(action, song, score, sound, context.seed, raw=raw),
        master="master.flac",
        stems=stems,
        score=SESSION_FILE,
    )


def _write_audio(sound: Sound, context: Context) -> dict[StemName, str]:
    write_flac(context.folder / "master.flac", sound.mix)
    names: dict[StemName, str] = {}
    for stem, audio in sound.stems.items():
        names[stem] = f"{stem}.flac"
        write_flac(context.folder / names[stem], audio)
    return names


def _facts(action: Generate, song: Composition, score: Score, sound: Sound, seed: str, *, raw: bool) -> Facts:
    bar = score.time_signature.beats_per_bar
    sections = tuple(
        Section(
            name=section.name,
            start_seconds=round(score.seconds(section.start_bar * bar), 6),
            end_seconds=round(score.seconds((section.start_bar + section.bars) * bar), 6),
            start_bar=section.start_bar + 1,
            bars=section.bars,
        )
        for section in score.sections
    )
    lines = tuple(
        LyricLine(
            text=line.text,
            start_seconds=round(line.start_seconds, 3),
            end_seconds=round(line.end_seconds, 3),
            section=score.sections[line.section].name,
        )
        for line in sound.lines
    )
    return Facts(
        title=song.title,
        duration_seconds=sound.mix.shape[1] / SAMPLE_RATE_HZ,
        tempo_bpm=score.tempo_bpm,
        key=str(score.key),
        time_signature=str(score.time_signature),
        genre=load_genre(score.genre).title,
        voice=score.vocal.voice if score.vocal else None,
        lyric=song.lyric,
        sections=sections,
        lyric_lines=lines,
        loudness=sound.loudness,
        seed=seed,
        model="local Raw" if raw else "local",
        understanding=_with_model(song.brief.understanding, action),
    )


def _with_model(understanding: Understanding, action: Generate) -> Understanding:
    if not action.model.endswith("Pro"):
        return understanding
    note = "the embedded engine has no Pro model; its standard one ran"
    return understanding.model_copy(update={"notes": (*understanding.notes, note)})

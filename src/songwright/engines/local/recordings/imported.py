"""What is heard in a recording that comes in: facts, score and, where a network tells them apart, stems."""

from __future__ import annotations

from songwright.audio.flac import write_flac
from songwright.audio.pcm import SAMPLE_RATE_HZ, Samples
from songwright.engines.base import MASTER_FILE, Context, Rendition, stem_file
from songwright.engines.local.mixing.levels import measure_levels
from songwright.engines.local.recordings.heard_score import session_of_recording
from songwright.engines.local.recordings.separated import hear_stems
from songwright.engines.local.rendering.song_facts import facts_of
from songwright.engines.local.session import SESSION_FILE, Session, write_session
from songwright.engines.separation import methods_from, passed_over
from songwright.hearing.measure import measure
from songwright.hearing.transcribe import transcribe
from songwright.music.actions import StemName
from songwright.music.imports import ImportAudio
from songwright.music.song import Understanding
from songwright.music.transcription import Transcription

__all__ = ["RECORDING_MODEL", "listen_to_recording"]

RECORDING_MODEL = "imported recording"
"""What ran, in the facts of a song that was imported: nothing did."""

_RECORDED_VOICE = "recorded voice"
_SEPARATING, _LISTENING, _HEARD = 0.45, 0.7, 0.98
_SURE = 0.3


def listen_to_recording(
    audio: Samples, request: ImportAudio, title: str, notes: tuple[str, ...], context: Context
) -> Rendition:
    """Listen to a recording whose master is written already.

    Its beats, chords, melody and form are kept as a session, so that it can be edited like a song of the
    engine's own. Where a network that separates is installed, the melody is that of the voice, and the stems
    are kept.

    Args:
        audio: The master, shape (2, samples): 24-bit integers at 44.1 kHz.
        request: What is known of it: its words, whether anyone sings.
        title: What the song is called.
        notes: What became of the file on the way.
        context: Where the master is, and whom to tell.
    """
    stems, how = ({}, ()) if request.instrumental else _stems(audio, context)

    def tell(share: float) -> None:
        context.report(_LISTENING + share * (_HEARD - _LISTENING), "listening")

    heard = transcribe(audio, SAMPLE_RATE_HZ, stems.get("vocals"), report=tell)
    session = session_of_recording(
        heard,
        measure_levels(audio),
        title=title,
        lyric=request.lyric,
        seed=context.seed,
        instrumental=request.instrumental,
    )
    write_session(context.folder, session)
    facts = facts_of(
        session,
        session.sung,
        samples=audio.shape[1],
        loudness=session.levels.loudness,
        seed=context.seed,
        raw=False,
        understanding=Understanding(notes=(*notes, *how, *_doubts(heard, session, request, stems))),
    ).model_copy(
        update={
            "model": RECORDING_MODEL,
            "voice": _RECORDED_VOICE if session.brief.voice else None,
            "lyric": request.lyric,
            "measured": measure(audio, SAMPLE_RATE_HZ, stems.get("vocals"), loudness=session.levels.loudness),
        }
    )
    files: dict[StemName, str] = {stem: stem_file(stem) for stem in stems}
    for stem, name in files.items():
        write_flac(context.folder / name, stems[stem])
    return Rendition(facts=facts, master=MASTER_FILE, stems=files, score=SESSION_FILE)


def _stems(audio: Samples, context: Context) -> tuple[dict[StemName, Samples], tuple[str, ...]]:
    """What a network hears apart, and how; nothing without one."""
    methods = [method for method in methods_from(context.separation) if method != "approximate"]
    if not methods:
        return {}, ()

    def tell(share: float) -> None:
        context.report(_SEPARATING + share * (_LISTENING - _SEPARATING), "separating")

    heard = hear_stems(audio, methods, tell)
    if heard is None:
        return {}, passed_over(methods)
    return heard[0], (heard[1],)


def _doubts(
    heard: Transcription, session: Session, request: ImportAudio, stems: dict[StemName, Samples]
) -> list[str]:
    """What was not heard with certainty."""
    doubts = []
    if heard.beat_confidence < _SURE:
        doubts.append("no clear beat was heard: tempo and bars are a guess")
    if heard.chord_confidence < _SURE:
        doubts.append("the chords are a guess")
    if not heard.melody:
        doubts.append("no melody was heard")
    if request.lyric and not session.sung:
        doubts.append("no melody was heard that the words could belong to: they have no times")
    elif request.lyric and not stems:
        doubts.append(
            "when each line is sung is a guess; with the extra 'spleeter' or 'demucs' the voice would be "
            "heard alone"
        )
    return doubts

"""From the file of a recording to a song: its master, then what is heard in it. Runs in a child process."""

from __future__ import annotations

from math import log10

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from songwright.audio.flac import write_flac
from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ, to_int24
from songwright.engines.base import MASTER_FILE, Context, Rendition, Source
from songwright.engines.local.recordings.imported import listen_to_recording
from songwright.errors import EngineError
from songwright.music.imports import ImportAudio, WebFile
from songwright.recordings.decoding import read_stereo
from songwright.recordings.formats import Recorded, probe
from songwright.recordings.titles import file_name, title_of

__all__ = ["render_recording"]

_READING, _READ = 0.3, 0.45
_HIGHEST = 1.0 - 1.0 / FULL_SCALE_INT24


def render_recording(request: ImportAudio, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Make a recording a song.

    Args:
        request: What is known of the recording.
        sources: None.
        context: With the recording's file.

    Raises:
        RequestError: It is no recording that can be taken, or damaged.
        EngineError: Its file is gone.
    """
    del sources
    path = context.recording
    if path is None or not path.exists():
        raise EngineError("the recording's file is gone; import it again", retryable=False)
    field = "url" if isinstance(request.source, WebFile) else "path"
    context.report(_READING, "reading")
    with threadpool_limits(limits=1):
        recorded = probe(path, field=field)
        sound = read_stereo(
            path,
            recorded,
            SAMPLE_RATE_HZ,
            field=field,
            report=lambda share: context.report(_READING + share * (_READ - _READING), "reading"),
        )
        audio, turned_down_db = _within_full_scale(sound)
        write_flac(context.folder / MASTER_FILE, audio)
        title = title_of(request, recorded)
        return listen_to_recording(audio, request, title, _notes(request, recorded, turned_down_db), context)


def _within_full_scale(sound: NDArray[np.float32]) -> tuple[NDArray[np.int32], float]:
    """The sound in 24-bit integers, and by how much it had to be turned down for that, in dB.

    What came as integers fits and stays as it is; floats and conversions may go beyond.
    """
    highest = max(float(sound.max(initial=0.0)) / _HIGHEST, -float(sound.min(initial=0.0)))
    if highest <= 1.0:
        return to_int24(sound), 0.0
    return to_int24(sound * np.float32(_HIGHEST / highest)), 20 * log10(highest)


def _notes(request: ImportAudio, recorded: Recorded, turned_down_db: float) -> tuple[str, ...]:
    name = file_name(request)
    length = "" if recorded.seconds is None else f", {recorded.seconds:.2f} s"
    channels = f"{recorded.channels} channel{'s' if recorded.channels > 1 else ''}"
    kind = f"{recorded.container} ({recorded.codec}), {recorded.sample_rate_hz} Hz, {channels}{length}"
    notes = [f"imported from {name or 'a recording'}: {kind}"]
    if recorded.channels == 1:
        notes.append("one channel, heard on both sides")
    if recorded.channels > 2:
        notes.append(f"{recorded.channels} channels mixed down to two")
    if recorded.sample_rate_hz != SAMPLE_RATE_HZ:
        notes.append(f"converted from {recorded.sample_rate_hz} to {SAMPLE_RATE_HZ} Hz")
    if turned_down_db:
        notes.append(f"turned down by {turned_down_db:.2f} dB, because it went beyond full scale")
    return tuple(notes)

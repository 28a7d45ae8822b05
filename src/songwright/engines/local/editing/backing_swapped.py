"""swap_instrumentals, the score: another band under the same singing."""

from __future__ import annotations

from dataclasses import replace

from songwright.engines.local.editing.rewriting import with_parts_anew
from songwright.engines.local.editing.styles import ALWAYS_FIXED, restyled
from songwright.engines.local.session import Band, Manuscript, Stint
from songwright.errors import UnsupportedError
from songwright.music.actions import SwapInstrumentals
from songwright.music.song import Understanding

__all__ = ["accompany_anew"]


def accompany_anew(
    action: SwapInstrumentals, seed: str, song: Manuscript, second: Manuscript | None
) -> tuple[Manuscript, Understanding, list[str]]:
    """Write a new backing for a song: its melody, chords, form, key and tempo stay.

    Args:
        action: Its prompt says who plays, where no second song does.
        seed: Of the request.
        song: The song as it is.
        second: The song whose band plays.

    Returns:
        The new song, what was understood of the prompt, and what was decided.
    """
    understanding, notes = Understanding(), []
    if second is not None and second.is_recorded:
        raise UnsupportedError(
            "is a recording, whose band can't be called in; say in `prompt` how the backing shall sound",
            field="swap_audio_id",
        )
    if second is not None:
        # The same band with the same seed plays the same grooves and figures, over these chords.
        band = replace(second.bands[0], brief=replace(second.brief, voice=song.brief.voice))
        notes.append(f"the second song's band plays in {song.score.key} at {song.score.tempo_bpm:g} bpm")
        if action.prompt:
            notes.append("the second song decides the style; the prompt was not used")
    elif action.prompt:
        brief = restyled(action, seed, song.brief, fixed=ALWAYS_FIXED)
        understanding, band = brief.understanding, Band(brief, seed)
    else:
        band = Band(song.brief, seed)
        notes.append("the same style with new notes; a prompt would change it")
    score = song.score
    brief = replace(band.brief, tempo_bpm=score.tempo_bpm, key=score.key, time_signature=score.time_signature)
    new = song.model_copy(
        update={
            "score": replace(score, genre=brief.genre, parts=song.heard_parts),
            "bands": (replace(band, brief=brief),),
            "seats": {},
            "stints": (Stint(0, 0.0, score.duration_beats),),
        }
    )
    fresh = {} if second is not None else dict.fromkeys(range(len(score.sections)), seed)
    return with_parts_anew(new, 0.0, score.duration_beats, fresh), understanding, notes

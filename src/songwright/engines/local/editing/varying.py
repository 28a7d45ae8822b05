"""variation: the same style, form and words, with new notes."""

from __future__ import annotations

from dataclasses import replace

from songwright.engines.local.composing.compose import write_harmony, write_lead, write_vocal
from songwright.engines.local.composing.lead import hook_of
from songwright.engines.local.editing.rewriting import with_parts_anew, with_vocal
from songwright.engines.local.editing.styles import wanted_voice
from songwright.engines.local.session import Band, Manuscript, Stint
from songwright.music.actions import Variation

__all__ = ["variation_of"]


def variation_of(action: Variation, seed: str, song: Manuscript) -> tuple[Manuscript, list[str]]:
    """Write a song's chords, tunes and parts anew.

    Args:
        action: What is asked.
        seed: Of the request; everything new is drawn from it.
        song: The song as it is.

    Returns:
        The new song, and what was decided about wishes that a variation does not grant.
    """
    if song.is_recorded:
        song = _as_own(song)
    score = song.score
    voice = wanted_voice(action, seed, score.vocal.voice if score.vocal else None) if song.lines else None
    brief = replace(
        song.brief,
        weirdness=action.weirdness,
        voice=voice,
        tempo_bpm=score.tempo_bpm,
        key=score.key,
        time_signature=score.time_signature,
    )
    chords = write_harmony(brief, score.sections, seed)
    vocal = write_vocal(brief, song.form, chords, seed)
    lead = write_lead(brief, song.form, chords, vocal, seed)
    new = song.model_copy(
        update={
            "seed": seed,
            "score": replace(score, chords=chords, parts=()),
            "bands": tuple(
                Band(replace(band.brief, weirdness=action.weirdness), seed) for band in song.bands
            ),
            "seats": {},
            "lead": lead,
            "hook": hook_of(score.sections, vocal, lead),
        }
    )
    lines = list(zip(song.lines, vocal.lines, strict=True)) if vocal else []
    new = with_vocal(new, voice, lines)
    return with_parts_anew(new, 0.0, score.duration_beats, {}), _notes(action)


def _as_own(song: Manuscript) -> Manuscript:
    """A recording as a song of the engine's own band, in a steady tempo."""
    score = song.score
    return song.model_copy(
        update={
            "score": replace(score, parts=(), beat_seconds=()),
            "bands": song.bands[:1],
            "stints": (Stint(0, 0.0, score.duration_beats),),
        }
    )


def _notes(action: Variation) -> list[str]:
    notes = []
    if action.prompt:
        notes.append("a variation keeps the style; cover_song changes it")
    if action.sings_given_words:
        notes.append("a variation keeps the words; swap_vocals sings others")
    return notes

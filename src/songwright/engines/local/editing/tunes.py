"""New melodies on an old form: the lines that an edit wants, the others as they were sung before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from songwright.engines.local.composing.compose import melody_request, vocal_register
from songwright.engines.local.composing.form import PlacedLine
from songwright.engines.local.composing.melody import write_lines
from songwright.engines.local.composing.melody_request import Register
from songwright.engines.local.editing.rewriting import Placed
from songwright.engines.local.session import Manuscript
from songwright.engines.local.singing.voices import VOICES
from songwright.music.score import SungLine, VoiceName

__all__ = ["moved", "octaves_into_range", "sung_anew"]


def sung_anew(
    song: Manuscript,
    voice: VoiceName,
    new: Sequence[PlacedLine],
    kept: Sequence[Placed],
    *,
    seeds: Mapping[int, str],
    earliest_beats: float = 0.0,
) -> list[Placed]:
    """Melodies for new lines among lines that stay.

    Args:
        song: The song: its form, its chords, and the seed of its tunes.
        voice: Who sings.
        new: Lines to be set.
        kept: Lines that stay as they are.
        seeds: Other seeds for sections whose tunes are to be drawn anew.
        earliest_beats: Where the new lines begin: no pickup reaches before it.

    Returns:
        The new lines in order.
    """
    brief, score = song.brief, song.score
    register = vocal_register(
        voice,
        score.key,
        brief.coloured_genre.melody.range_semitones[1],
        song.seed,
        brief.traits.register_semitones,
    )
    brief = replace(
        brief, tempo_bpm=score.tempo_bpm, key=score.key, time_signature=score.time_signature, voice=voice
    )
    request = melody_request(brief, score.sections, score.chords, register, song.seed, seeds)
    request = replace(request, earliest_beats=earliest_beats)
    wanted = set(new)
    placed = sorted([*new, *(place for place, _ in kept)], key=lambda line: line.start_bar)
    if all(line.section in seeds for line in new):
        # Tunes of their own follow no other line's; they only keep clear of their neighbours.
        placed = [
            line for index, line in enumerate(placed) if wanted & set(placed[max(0, index - 1) : index + 2])
        ]
    return [
        (place, line)
        for place, line in zip(placed, write_lines(request, placed), strict=True)
        if place in wanted
    ]


def moved(line: SungLine, *, beats: float = 0.0, semitones: int = 0, section: int | None = None) -> SungLine:
    """A line elsewhere, or in another key."""
    return replace(
        line,
        section=line.section if section is None else section,
        notes=tuple(
            replace(
                note,
                start_beats=round(note.start_beats + beats, 6),
                midi_pitch=min(127, max(0, note.midi_pitch + semitones)),
            )
            for note in line.notes
        ),
    )


def octaves_into_range(lines: Sequence[SungLine], voice: VoiceName, semitones: int) -> int:
    """The transposition, octaves from ``semitones``, that suits a voice best."""
    pitches = [note.midi_pitch for line in lines for note in line.notes]
    if not pitches:
        return semitones
    facts = VOICES[voice]
    register = Register(facts.lowest, facts.highest)
    centre = sum(facts.tessitura) / 2

    def misfit(shift: int) -> float:
        beyond = sum(
            max(0, register.lowest - pitch - shift, pitch + shift - register.highest) for pitch in pitches
        )
        return beyond + 0.01 * abs(sum(pitches) / len(pitches) + shift - centre)

    return min((semitones + 12 * octave for octave in (-3, -2, -1, 0, 1, 2, 3)), key=misfit)

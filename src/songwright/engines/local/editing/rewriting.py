"""Writing on an old score: new notes in one stretch, all others untouched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from songwright.engines.local.arranging.arrange import arrange
from songwright.engines.local.arranging.plan import LeadLine
from songwright.engines.local.composing.backing_vocals import harmony_lines
from songwright.engines.local.composing.compose import plan_of
from songwright.engines.local.composing.form import PlacedLine
from songwright.engines.local.session import Band, Manuscript, Seat, Stint
from songwright.music.score import Note, Part, SungLine, VocalPart, VoiceName

__all__ = [
    "line_span_beats",
    "merge_lead",
    "merge_parts",
    "merge_stints",
    "split_lines",
    "touched_sections",
    "with_parts_anew",
    "with_vocal",
]

_A_LITTLE = 1e-6

Placed = tuple[PlacedLine, SungLine]


def touched_sections(song: Manuscript, start_beats: float, end_beats: float) -> tuple[int, ...]:
    """Indices of the sections that a stretch meets."""
    bar = song.score.time_signature.beats_per_bar
    return tuple(
        index
        for index, section in enumerate(song.score.sections)
        if section.start_bar * bar < end_beats - _A_LITTLE
        and (section.start_bar + section.bars) * bar > start_beats + _A_LITTLE
    )


def line_span_beats(line: SungLine) -> tuple[float, float]:
    """From the first note to the end of the last."""
    return line.notes[0].start_beats, line.notes[-1].start_beats + line.notes[-1].duration_beats


def split_lines(song: Manuscript, start_beats: float, end_beats: float) -> tuple[list[Placed], list[Placed]]:
    """The sung lines inside a stretch, and those outside; a line belongs where its middle lies."""
    inside: list[Placed] = []
    outside: list[Placed] = []
    vocal = song.score.vocal
    for placed, line in zip(song.lines, vocal.lines if vocal else (), strict=True):
        first, last = line_span_beats(line)
        within = start_beats <= (first + last) / 2 < end_beats
        (inside if within else outside).append((placed, line))
    return inside, outside


def with_vocal(song: Manuscript, voice: VoiceName | None, lines: Iterable[Placed]) -> Manuscript:
    """The song with these sung lines, and a second voice to match."""
    ordered = sorted(lines, key=lambda pair: pair[1].notes[0].start_beats)
    score = song.score
    if voice is None or not ordered:
        return song.model_copy(update={"score": replace(score, vocal=None), "backing": None, "lines": ()})
    vocal = VocalPart(voice=voice, lines=tuple(line for _, line in ordered))
    return song.model_copy(
        update={
            "score": replace(score, vocal=vocal),
            "backing": harmony_lines(
                vocal, score.key, score.sections, score.chords, everywhere=song.brief.is_a_cappella
            ),
            "lines": tuple(placed for placed, _ in ordered),
        }
    )


def merge_lead(
    old: Sequence[LeadLine], new: Sequence[LeadLine], start_beats: float, end_beats: float
) -> tuple[LeadLine, ...]:
    """Old melodies of the lead instrument with the new ones inside a stretch."""
    notes: dict[int, list[Note]] = {}
    for line in old:
        notes.setdefault(line.section, []).extend(_outside(line.notes, start_beats, end_beats))
    for line in new:
        notes.setdefault(line.section, []).extend(_inside(line.notes, start_beats, end_beats))
    return tuple(
        LeadLine(section, tuple(sorted(notes[section], key=lambda note: note.start_beats)))
        for section in sorted(notes)
        if notes[section]
    )


def with_parts_anew(
    song: Manuscript,
    start_beats: float,
    end_beats: float,
    fresh: Mapping[int, str],
    band: Band | None = None,
) -> Manuscript:
    """The song with its instruments' notes written anew in a stretch.

    Args:
        song: The song, whose vocal, lead and form are as they shall be.
        start_beats: Where the stretch begins.
        end_beats: Where it ends.
        fresh: Seeds for sections whose notes are to be drawn anew.
        band: Who plays there from now on; None for whoever did.
    """
    if band is not None:
        bands = (*song.bands, band)
        stints = merge_stints(song.stints, Stint(len(bands) - 1, start_beats, end_beats))
        song = song.model_copy(update={"bands": bands, "stints": stints})
    found: list[tuple[int, Part]] = []
    for stint in song.stints:
        if stint.band is None:
            continue
        first, last = max(stint.start_beats, start_beats), min(stint.end_beats, end_beats)
        if last - first > _A_LITTLE:
            parts = _arranged(song, stint.band, fresh, touched_sections(song, first, last))
            found.extend(
                (stint.band, replace(part, notes=tuple(_inside(part.notes, first, last)))) for part in parts
            )
    return merge_parts(song, found, start_beats, end_beats)


def _arranged(
    song: Manuscript, index: int, fresh: Mapping[int, str], sections: Collection[int]
) -> tuple[Part, ...]:
    """What a band would play in some sections."""
    band = song.bands[index]
    score = song.score
    brief = replace(
        band.brief,
        tempo_bpm=score.tempo_bpm,
        key=score.key,
        time_signature=score.time_signature,
        swing=score.swing,
    )
    plan = plan_of(brief, song.form, score.chords, score.vocal, song.lead, song.hook)
    return arrange(plan, band.seed, fresh, sections)


def merge_parts(
    song: Manuscript, found: Iterable[tuple[int, Part]], start_beats: float, end_beats: float
) -> Manuscript:
    """The song's parts with new notes inside a stretch.

    Args:
        song: The song.
        found: Parts by their names in their bands' genres, with the indices of the bands.
        start_beats: Where the stretch begins.
        end_beats: Where it ends.
    """
    notes: dict[str, list[Note]] = {}
    known: dict[str, Part] = {}
    seats = dict(song.seats)
    names: dict[tuple[int, str, str], str] = {}
    for part in song.score.parts:
        seat = seats.get(part.name)
        if seat is not None:
            names[seat.band, seat.layer, part.instrument] = part.name
        known[part.name] = part
        notes[part.name] = list(_outside(part.notes, start_beats, end_beats))
    for band, part in found:
        if not part.notes:
            continue
        place = (band, part.name, part.instrument)
        if place not in names:
            name = _free_name(part.name, known)
            names[place] = name
            known[name] = replace(part, name=name)
            notes[name] = []
            seats[name] = Seat(band, part.name)
        notes[names[place]].extend(part.notes)
    parts = tuple(
        replace(part, notes=tuple(sorted(notes[name], key=lambda note: (note.start_beats, note.midi_pitch))))
        for name, part in known.items()
        if notes[name]
    )
    return song.model_copy(
        update={
            "score": replace(song.score, parts=parts),
            "seats": {part.name: seats[part.name] for part in parts if part.name in seats},
        }
    )


def merge_stints(stints: Sequence[Stint], new: Stint) -> tuple[Stint, ...]:
    """Who plays when, with a new band in one stretch."""
    cut: list[Stint] = []
    for stint in stints:
        if stint.start_beats < new.start_beats:
            cut.append(replace(stint, end_beats=min(stint.end_beats, new.start_beats)))
        if stint.end_beats > new.end_beats:
            cut.append(replace(stint, start_beats=max(stint.start_beats, new.end_beats)))
    cut.append(new)
    return tuple(sorted(cut, key=lambda stint: stint.start_beats))


def _free_name(name: str, taken: Mapping[str, Part]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name} {number}"
    return free


def _inside(notes: Iterable[Note], start: float, end: float) -> Iterator[Note]:
    """Notes that begin in a stretch, none longer than it."""
    for note in notes:
        if start - _A_LITTLE <= note.start_beats < end - _A_LITTLE:
            yield replace(note, duration_beats=min(note.duration_beats, end - note.start_beats))


def _outside(notes: Iterable[Note], start: float, end: float) -> Iterator[Note]:
    """Notes that begin outside a stretch; those that ring into it end where it begins."""
    for note in notes:
        if note.start_beats >= end - _A_LITTLE:
            yield note
        elif note.start_beats < start - _A_LITTLE:
            left = start - note.start_beats
            yield note if note.duration_beats <= left else replace(note, duration_beats=left)

"""A song's score as MusicXML 4.0, partwise: what MuseScore and other notation programs open."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from songwright.exports.notated_swing import swing_of
from songwright.exports.notation import DIVISIONS, Piece, snap
from songwright.exports.percussion import percussion
from songwright.exports.pitch_spelling import chord_kind, fifths, spell, symbol_parts
from songwright.exports.provenance import Provenance
from songwright.exports.staves import Staff, Struck, bar_count, bar_length, staves
from songwright.exports.syllables import Syllable
from songwright.music.score import ChordSpan, Score

__all__ = ["musicxml_file"]

_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN" '
    '"http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_DRUM_CHANNEL = 10
_MELODIC_CHANNELS = tuple(channel for channel in range(1, 17) if channel != _DRUM_CHANNEL)


def musicxml_file(score: Score, title: str, artist: str, provenance: Provenance) -> bytes:
    """The score as a MusicXML file.

    Notes stand where the score has them, and swing is said rather than written out. Chords stand over the
    first part, words under the voice. Percussion is written on a staff of its own
    with one line of rhythm; other parts have up to four voices.
    """
    root = ET.Element("score-partwise", version="4.0")
    ET.SubElement(ET.SubElement(root, "work"), "work-title").text = title
    root.append(_identification(artist, provenance))
    listed = list(staves(score))
    listing = ET.SubElement(root, "part-list")
    channels = iter([channel for _ in listed for channel in _MELODIC_CHANNELS])
    for number, staff in enumerate(listed, start=1):
        listing.append(_listed(staff, number, _DRUM_CHANNEL if staff.keys else next(channels)))
    for number, staff in enumerate(listed, start=1):
        part = ET.SubElement(root, "part", id=f"P{number}")
        for bar in range(bar_count(score)):
            part.append(_measure(score, staff, number, bar))
    ET.indent(root, " ")
    return (_DOCTYPE + ET.tostring(root, encoding="unicode") + "\n").encode()


def _identification(artist: str, provenance: Provenance) -> ET.Element:
    identification = ET.Element("identification")
    ET.SubElement(identification, "creator", type="composer").text = artist
    encoding = ET.SubElement(identification, "encoding")
    ET.SubElement(encoding, "software").text = provenance.software
    ET.SubElement(encoding, "encoding-date").text = provenance.created_at[:10]
    ET.SubElement(encoding, "encoding-description").text = provenance.statement
    miscellaneous = ET.SubElement(identification, "miscellaneous")
    for name, value in provenance.fields().items():
        ET.SubElement(miscellaneous, "miscellaneous-field", name=name.lower()).text = value
    return identification


def _listed(staff: Staff, number: int, channel: int) -> ET.Element:
    listed = ET.Element("score-part", id=f"P{number}")
    ET.SubElement(listed, "part-name").text = staff.name
    if not staff.keys:
        instrument = ET.SubElement(listed, "score-instrument", id=f"P{number}-I1")
        ET.SubElement(instrument, "instrument-name").text = staff.name
        midi = ET.SubElement(listed, "midi-instrument", id=f"P{number}-I1")
        ET.SubElement(midi, "midi-channel").text = str(channel)
        ET.SubElement(midi, "midi-program").text = str(staff.program + 1)
        return listed
    for key in staff.keys:
        instrument = ET.SubElement(listed, "score-instrument", id=f"P{number}-I{key}")
        ET.SubElement(instrument, "instrument-name").text = percussion(key).name
    for key in staff.keys:
        midi = ET.SubElement(listed, "midi-instrument", id=f"P{number}-I{key}")
        ET.SubElement(midi, "midi-channel").text = str(channel)
        ET.SubElement(midi, "midi-program").text = "1"
        ET.SubElement(midi, "midi-unpitched").text = str(key + 1)
    return listed


def _measure(score: Score, staff: Staff, number: int, bar: int) -> ET.Element:
    measure = ET.Element("measure", number=str(bar + 1))
    if bar == 0:
        measure.append(_attributes(score, staff))
        if number == 1:
            measure.append(_tempo(score))
    if number == 1:
        measure.extend(_rehearsal_marks(score, bar))
    for voice, bars in enumerate(staff.voices, start=1):
        pieces = bars[bar]
        if voice > 1:
            if all(piece.what is None for piece in pieces):
                continue
            backup = ET.SubElement(measure, "backup")
            ET.SubElement(backup, "duration").text = str(bar_length(score))
        for piece in pieces:
            if (number, voice) == (1, 1):
                measure.extend(_harmonies(score, piece))
            measure.extend(_notes(score, staff, number, voice, piece, alone=len(pieces) == 1))
    return measure


def _rehearsal_marks(score: Score, bar: int) -> Iterator[ET.Element]:
    for section in score.sections:
        if section.start_bar == bar:
            direction = ET.Element("direction", placement="above")
            kind = ET.SubElement(direction, "direction-type")
            ET.SubElement(kind, "rehearsal").text = section.name
            yield direction


def _harmonies(score: Score, piece: Piece[Struck]) -> Iterator[ET.Element]:
    """The chords that begin while a note or rest lasts."""
    for span in score.chords:
        offset = _chord_start(span) - piece.start
        if 0 <= offset < piece.duration:
            yield from _harmony(span, offset)


def _chord_start(span: ChordSpan) -> int:
    return snap(span.start_beats, frozenset())


def _attributes(score: Score, staff: Staff) -> ET.Element:
    attributes = ET.Element("attributes")
    ET.SubElement(attributes, "divisions").text = str(DIVISIONS)
    key = ET.SubElement(attributes, "key")
    ET.SubElement(key, "fifths").text = str(fifths(score.key))
    ET.SubElement(key, "mode").text = score.key.mode
    time = ET.SubElement(attributes, "time")
    ET.SubElement(time, "beats").text = str(score.time_signature.numerator)
    ET.SubElement(time, "beat-type").text = str(score.time_signature.denominator)
    clef = ET.SubElement(attributes, "clef")
    if staff.keys:
        ET.SubElement(clef, "sign").text = "percussion"
    else:
        ET.SubElement(clef, "sign").text = "F" if staff.bass_clef else "G"
        ET.SubElement(clef, "line").text = "4" if staff.bass_clef else "2"
    return attributes


def _tempo(score: Score) -> ET.Element:
    direction = ET.Element("direction", placement="above")
    metronome = ET.SubElement(ET.SubElement(direction, "direction-type"), "metronome")
    ET.SubElement(metronome, "beat-unit").text = "quarter"
    ET.SubElement(metronome, "per-minute").text = f"{score.tempo_bpm:g}"
    sound = ET.SubElement(direction, "sound", tempo=f"{score.tempo_bpm:g}")
    swing = swing_of(score)
    if swing is not None:
        element = ET.SubElement(sound, "swing")
        ET.SubElement(element, "first").text = str(swing.first_percent)
        ET.SubElement(element, "second").text = str(100 - swing.first_percent)
        ET.SubElement(element, "swing-type").text = swing.unit
    return direction


def _harmony(span: ChordSpan, offset: int) -> Iterator[ET.Element]:
    parts = symbol_parts(span.chord.symbol)
    if parts is None:
        return
    (step, alter), suffix, bass = parts
    harmony = ET.Element("harmony")
    root = ET.SubElement(harmony, "root")
    ET.SubElement(root, "root-step").text = step
    if alter:
        ET.SubElement(root, "root-alter").text = str(alter)
    ET.SubElement(harmony, "kind", text=suffix).text = chord_kind(span.chord)
    if bass is not None:
        low = ET.SubElement(harmony, "bass")
        ET.SubElement(low, "bass-step").text = bass[0]
        if bass[1]:
            ET.SubElement(low, "bass-alter").text = str(bass[1])
    if offset:
        ET.SubElement(harmony, "offset").text = str(offset)
    yield harmony


def _notes(
    score: Score, staff: Staff, number: int, voice: int, piece: Piece[Struck], *, alone: bool
) -> Iterator[ET.Element]:
    if piece.what is None:
        note = ET.Element("note") if voice == 1 else ET.Element("note", {"print-object": "no"})
        ET.SubElement(note, "rest", {"measure": "yes"} if alone else {})
        ET.SubElement(note, "duration").text = str(piece.duration)
        ET.SubElement(note, "voice").text = str(voice)
        if not alone:
            _add_value(note, piece)
        if piece.tuplet:
            ET.SubElement(ET.SubElement(note, "notations"), "tuplet", type=piece.tuplet)
        yield note
        return
    for index, pitch in enumerate(piece.what.pitches):
        note = ET.Element("note")
        if index:
            ET.SubElement(note, "chord")
        _add_pitch(note, score, staff, pitch)
        ET.SubElement(note, "duration").text = str(piece.duration)
        for tied, kind in ((piece.tied_from, "stop"), (piece.tied_to, "start")):
            if tied:
                ET.SubElement(note, "tie", type=kind)
        if staff.keys:
            ET.SubElement(note, "instrument", id=f"P{number}-I{pitch}")
        ET.SubElement(note, "voice").text = str(voice)
        _add_value(note, piece)
        if staff.keys and percussion(pitch).notehead != "normal":
            ET.SubElement(note, "notehead").text = percussion(pitch).notehead
        _add_notations(note, piece, first=index == 0)
        if index == 0 and piece.what.syllable is not None and not piece.tied_from:
            note.append(_lyric(piece.what.syllable))
        yield note


def _add_pitch(note: ET.Element, score: Score, staff: Staff, midi_pitch: int) -> None:
    if staff.keys:
        written = percussion(midi_pitch)
        unpitched = ET.SubElement(note, "unpitched")
        ET.SubElement(unpitched, "display-step").text = written.step
        ET.SubElement(unpitched, "display-octave").text = str(written.octave)
        return
    spelled = spell(midi_pitch, score.key)
    pitch = ET.SubElement(note, "pitch")
    ET.SubElement(pitch, "step").text = spelled.step
    if spelled.alter:
        ET.SubElement(pitch, "alter").text = str(spelled.alter)
    ET.SubElement(pitch, "octave").text = str(spelled.octave)


def _add_value(note: ET.Element, piece: Piece[Struck]) -> None:
    ET.SubElement(note, "type").text = piece.value.name
    for _ in range(piece.value.dots):
        ET.SubElement(note, "dot")
    if piece.value.triplet:
        modification = ET.SubElement(note, "time-modification")
        ET.SubElement(modification, "actual-notes").text = "3"
        ET.SubElement(modification, "normal-notes").text = "2"


def _add_notations(note: ET.Element, piece: Piece[Struck], *, first: bool) -> None:
    if not (piece.tied_from or piece.tied_to or (piece.tuplet and first)):
        return
    notations = ET.SubElement(note, "notations")
    for tied, kind in ((piece.tied_from, "stop"), (piece.tied_to, "start")):
        if tied:
            ET.SubElement(notations, "tied", type=kind)
    if piece.tuplet and first:
        ET.SubElement(notations, "tuplet", type=piece.tuplet)


def _lyric(syllable: Syllable) -> ET.Element:
    lyric = ET.Element("lyric", number="1")
    ET.SubElement(lyric, "syllabic").text = syllable.place
    ET.SubElement(lyric, "text").text = syllable.text
    if syllable.extends and syllable.place in ("single", "end"):
        ET.SubElement(lyric, "extend")
    return lyric

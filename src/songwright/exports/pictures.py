"""Pictures of a song as PNG: its waveform, its piano roll, and a cover."""

from __future__ import annotations

import colorsys
import math
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from songwright.errors import EngineError
from songwright.exports.general_midi import is_kit
from songwright.exports.lettering import fitted, font_for, font_within
from songwright.exports.provenance import provenance_of, xmp
from songwright.music.score import Score
from songwright.music.song import Song

__all__ = ["COVER_PIXELS", "PAPER", "cover_image", "cover_png", "peaks", "piano_roll_png", "waveform_png"]

COVER_PIXELS = 640

PAPER = (17, 19, 24)
_INK = (232, 234, 240)
_FAINT = (70, 75, 88)
_WAVE = (122, 162, 247)
_VOICE = (255, 158, 100)
_PARTS = (
    (122, 162, 247), (158, 206, 106), (187, 154, 247), (125, 207, 255), (224, 175, 104), (247, 118, 142),
    (115, 218, 202), (180, 190, 254),
)  # fmt: skip
_READ_FRAMES = 65_536
_Colour = tuple[int, int, int]


def peaks(master: Path, columns: int) -> NDArray[np.float32]:
    """The lowest and highest sample in each of so many equal stretches, shape (columns, 2).

    Raises:
        EngineError: The master is damaged.
    """
    found = np.zeros((columns, 2), np.float32)
    at = 0
    try:
        with soundfile.SoundFile(master) as file:
            for block in file.blocks(_READ_FRAMES, dtype="float32", always_2d=True):
                column = np.minimum((np.arange(at, at + len(block)) * columns) // file.frames, columns - 1)
                np.minimum.at(found[:, 0], column, block.min(axis=1))
                np.maximum.at(found[:, 1], column, block.max(axis=1))
                at += len(block)
    except soundfile.SoundFileError as error:
        raise EngineError("the song's master can't be read; it may be damaged", retryable=False) from error
    return found


def waveform_png(song: Song, master: Path, width: int = 1600, height: int = 360) -> bytes:
    """The waveform over time, with the title and named sections.

    Args:
        song: The song.
        master: Its sound.
        width: In pixels.
        height: In pixels.
    """
    image, draw = _sheet(song, width, height)
    top, bottom = 56, height - 36
    middle, reach = (top + bottom) / 2, (bottom - top) / 2
    _draw_sections(draw, song, width, top, bottom)
    for x, (low, high) in enumerate(peaks(master, width)):
        draw.line((x, middle - high * reach, x, middle - low * reach), fill=_WAVE)
    return _png(image, song)


def piano_roll_png(song: Song, score: Score, width: int = 1600, height: int = 900) -> bytes:
    """The notes over time: low notes below, one colour a part, the voice in orange.

    Percussion stands in a strip of its own at the foot, a row for each drum.
    """
    image, draw = _sheet(song, width, height)
    melodic = [part for part in score.parts if part.notes and not is_kit(part)]
    kits = [part for part in score.parts if part.notes and is_kit(part)]
    sung = [note for line in (score.vocal.lines if score.vocal else ()) for note in line.notes]
    keys = sorted({note.midi_pitch for part in kits for note in part.notes})
    top, bottom = 84, height - 36
    floor = bottom - 8 * len(keys) - (12 if keys else 0)
    _draw_sections(draw, song, width, top, bottom)
    pitches = [note.midi_pitch for part in melodic for note in part.notes] + [n.midi_pitch for n in sung]
    low, high = min(pitches, default=48) - 1, max(pitches, default=72) + 2
    row = (floor - top) / (high - low)
    across = width / max(score.seconds(score.duration_beats), song.facts.duration_seconds)

    def bar(start_beats: float, duration_beats: float, y: float, thick: float, colour: _Colour) -> None:
        left = score.seconds(start_beats) * across
        right = score.seconds(start_beats + duration_beats) * across
        draw.rectangle((left, y, max(left + 1, right - 1), y + max(1.0, thick - 1)), fill=colour)

    for number, part in enumerate(melodic):
        colour = _PARTS[number % len(_PARTS)]
        for note in part.notes:
            bar(note.start_beats, note.duration_beats, floor - (note.midi_pitch - low + 1) * row, row, colour)
    for part in kits:
        for note in part.notes:
            bar(note.start_beats, 0.1, bottom - 8 * (keys.index(note.midi_pitch) + 1), 7, _INK)
    for sung_note in sung:
        y = floor - (sung_note.midi_pitch - low + 1) * row
        bar(sung_note.start_beats, sung_note.duration_beats, y, row, _VOICE)
    legend = [(part.name, _PARTS[number % len(_PARTS)]) for number, part in enumerate(melodic)]
    _draw_legend(draw, [("voice", _VOICE), *legend] if sung else legend, width)
    return _png(image, song)


def cover_image(song: Song, master: Path, pixels: int = COVER_PIXELS) -> Image.Image:
    """A square cover: the song's waveform bent into a ring, coloured by its key, with title and label."""
    dark, light = _key_colours(song.facts.key)
    fade = np.linspace(0.0, 1.0, pixels)[:, np.newaxis, np.newaxis]
    sky = np.array(dark) * (1 - fade) + np.array(light) * 0.45 * fade
    sky = np.broadcast_to(sky, (pixels, pixels, 3))
    image = Image.fromarray(np.rint(sky).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    spokes = 240
    heights = peaks(master, spokes)
    loudest = max(float(np.abs(heights).max(initial=0.0)), 1e-6)
    centre_x, centre_y, radius = pixels / 2, pixels * 0.42, pixels * 0.2
    for number, (low, high) in enumerate(heights / loudest):
        angle = 2 * math.pi * number / spokes - math.pi / 2
        x, y = math.cos(angle), math.sin(angle)
        inner, outer = radius + low * pixels * 0.06, radius + high * pixels * 0.14
        draw.line(
            (centre_x + x * inner, centre_y + y * inner, centre_x + x * outer, centre_y + y * outer),
            fill=light,
            width=max(1, pixels // 320),
        )
    title = font_within(song.facts.title, pixels // 14, pixels * 0.88)
    words = fitted(song.facts.title, title, pixels * 0.88)
    draw.text((pixels / 2, pixels * 0.84), words, font=title, fill=_INK, anchor="mm")
    label = "made with songwright - AI-generated"
    small = font_for(label, pixels // 36)
    draw.text((pixels / 2, pixels * 0.93), label, font=small, fill=light, anchor="mm")
    return image


def cover_png(song: Song, master: Path) -> bytes:
    """The cover as PNG, as tags hold it."""
    return _png(cover_image(song, master), song)


def _key_colours(key: str | None) -> tuple[_Colour, _Colour]:
    """A dark and a light colour: keys a fifth apart are neighbours in hue, minor keys are duller."""
    tonics = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
    flats = {"Db": "C#", "Eb": "D#", "Gb": "F#", "Ab": "G#", "Bb": "A#"}
    tonic, _, mode = (key or "C major").partition(" ")
    name = flats.get(tonic, tonic)
    hue = (tonics.index(name) * 7 % 12) / 12 if name in tonics else 0.6
    strength = 0.45 if mode == "minor" else 0.65
    return _rgb(hue, strength, 0.12), _rgb((hue + 0.08) % 1.0, strength, 0.72)


def _rgb(hue: float, saturation: float, lightness: float) -> _Colour:
    red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _sheet(song: Song, width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(image)
    font = font_for(song.facts.title, 26)
    draw.text((16, 12), fitted(song.facts.title, font, width - 32), font=font, fill=_INK)
    return image, draw


def _draw_sections(draw: ImageDraw.ImageDraw, song: Song, width: int, top: int, bottom: int) -> None:
    across = width / song.facts.duration_seconds
    for section in song.facts.sections:
        left = section.start_seconds * across
        draw.line((left, top, left, bottom), fill=_FAINT)
        font = font_for(section.name, 16)
        room = (section.end_seconds - section.start_seconds) * across - 6
        draw.text((left + 4, bottom + 8), fitted(section.name, font, room), font=font, fill=_INK)


def _draw_legend(draw: ImageDraw.ImageDraw, entries: list[tuple[str, _Colour]], width: int) -> None:
    x = 16.0
    for name, colour in entries:
        font = font_for(name, 16)
        if x + 24 + font.getlength(name) > width:
            return
        draw.rectangle((x, 57, x + 12, 69), fill=colour)
        draw.text((x + 18, 54), name, font=font, fill=_INK)
        x += 40 + font.getlength(name)


def _png(image: Image.Image, song: Song) -> bytes:
    provenance = provenance_of(song)
    info = PngInfo()
    info.add_itxt("Title", song.facts.title)
    info.add_itxt("Software", provenance.software)
    info.add_itxt("Comment", provenance.statement)
    info.add_itxt("XML:com.adobe.xmp", xmp(song.facts.title, provenance))
    out = BytesIO()
    image.save(out, "PNG", pnginfo=info)
    return out.getvalue()

"""Writes an export into a folder of finished exports, whole or not at all, and finds it there again."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from pathlib import Path
from typing import Literal, assert_never

import songwright
from songwright.disk import probe_folder, storage_trouble
from songwright.errors import ConfigurationError, EngineError
from songwright.exports.cache import mark_used, prune
from songwright.exports.credentials import SIGNED_FORMATS, Credentials, sign_file
from songwright.exports.formats import EXPORT_FORMATS, ExportFormat, ExportOptions
from songwright.exports.material import Material, file_stem
from songwright.exports.provenance import provenance_of
from songwright.exports.tags import artist_of, tags_of
from songwright.library.blobs import stem_blob

__all__ = ["written"]


def written(
    material: Material,
    export_format: ExportFormat,
    options: ExportOptions,
    folder: Path,
    credentials: Credentials | None = None,
) -> Path:
    """Where the export is, which is written first where it is not there yet.

    Args:
        material: The song.
        export_format: What to write.
        options: How.
        folder: The folder of all exports. Whatever is in it may be deleted at any time.
        credentials: Who signs the export, where the format has a place for that; None for nobody.

    Returns:
        A file named after the title, in a folder of its own.

    Raises:
        RequestError: The format does not take an option.
        UnsupportedError: The song has no score, or the format needs a package that is not installed.
        NotFoundError: The song has no stems.
        EngineError: The song's files are damaged.
        StorageError: The disk is full or out of order.
        ConfigurationError: The folder can't be written to, or the credentials can't sign.
    """
    options.check(export_format)
    name = file_stem(material.song.facts.title) + EXPORT_FORMATS[export_format].suffix
    home = folder / material.song.id
    final = home / _folder_name(export_format, options, credentials)
    if (final / name).exists():
        mark_used(final)
        return final / name
    prune(folder)
    arriving = home / f".arriving-{uuid.uuid4()}"
    try:
        arriving.mkdir(parents=True)
    except OSError as error:
        raise storage_trouble(error) or ConfigurationError(
            "exports can't be written below the home folder; make it writable", setting="SONGWRIGHT_HOME"
        ) from error
    try:
        _write(material, export_format, options, arriving / name)
        provenance = provenance_of(material.song)
        was_made_here = provenance.origin != "recording"
        if credentials is not None and export_format in SIGNED_FORMATS and was_made_here:
            sign_file(arriving / name, export_format, material.song.facts.title, provenance, credentials)
        _move(arriving, final, name)
    except EngineError:
        # The libraries that write sound say that they can't, and not why.
        probe_folder(arriving)
        raise
    except OSError as error:
        raise storage_trouble(error) or EngineError(
            "the export can't be written; check the disk's free space", retryable=True
        ) from error
    finally:
        shutil.rmtree(arriving, ignore_errors=True)
    return final / name


def _folder_name(export_format: ExportFormat, options: ExportOptions, credentials: Credentials | None) -> str:
    """Exports that could differ lie apart: another version or signer writes other bytes."""
    signer = None if credentials is None else str(credentials.certificate)
    told = repr((songwright.__version__, options.bit_depth, options.artist, signer))
    return f"{export_format}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def _move(arriving: Path, final: Path, name: str) -> None:
    try:
        arriving.rename(final)
    except OSError:
        # Another caller may have written the same export meanwhile.
        if not (final / name).exists():
            raise


def _write(material: Material, export_format: ExportFormat, options: ExportOptions, target: Path) -> None:
    match export_format:
        case "wav" | "flac" | "mp3" | "ogg" | "opus" | "waveform" | "video":
            material.refuse_damaged("master.flac")
        case "stems":
            material.refuse_damaged(*map(stem_blob, material.song.stems))
        case _:
            pass
    match export_format:
        case "wav" | "flac" | "mp3" | "ogg" | "opus":
            _write_sound(material, export_format, options, target)
        case "midi":
            from songwright.exports.midi import midi_file

            provenance = provenance_of(material.song)
            target.write_bytes(midi_file(material.needed_score, material.song.facts.title, provenance))
        case "musicxml":
            from songwright.exports.musicxml import musicxml_file

            title, artist = material.song.facts.title, options.artist or artist_of(material.song)
            provenance = provenance_of(material.song)
            target.write_bytes(musicxml_file(material.needed_score, title, artist, provenance))
        case "lrc" | "lyrics_json":
            from songwright.exports.lyrics import lrc, lyrics_json

            artist = options.artist or artist_of(material.song)
            text = (
                lrc(material.song, artist)
                if export_format == "lrc"
                else lyrics_json(material.song, material.sung)
            )
            target.write_text(text, encoding="utf-8", newline="\n")
        case "srt" | "ass" | "webvtt":
            target.write_text(_subtitles(material, export_format, options), encoding="utf-8", newline="\n")
        case "stems":
            from songwright.exports.bundle import write_stems_zip

            write_stems_zip(material, target, options)
        case "waveform" | "piano_roll":
            from songwright.exports.pictures import piano_roll_png, waveform_png

            picture = (
                waveform_png(material.song, material.master)
                if export_format == "waveform"
                else piano_roll_png(material.song, material.needed_score)
            )
            target.write_bytes(picture)
        case "video":
            from songwright.exports.video import write_video

            write_video(material, target, options)
        case _:
            assert_never(export_format)


def _subtitles(
    material: Material, subtitle_format: Literal["srt", "ass", "webvtt"], options: ExportOptions
) -> str:
    from songwright.exports.subtitles import ass, srt, webvtt

    match subtitle_format:
        case "srt":
            return srt(material.song, material.sung)
        case "ass":
            return ass(material.song, options.artist or artist_of(material.song), material.sung)
        case "webvtt":
            return webvtt(material.song, material.sung)
        case _:
            assert_never(subtitle_format)


def _write_sound(
    material: Material, sound_format: ExportFormat, options: ExportOptions, target: Path
) -> None:
    from songwright.exports.audio import write_flac_export, write_lossy, write_wav
    from songwright.exports.pictures import cover_png

    tags = tags_of(material.song, options, cover=cover_png(material.song, material.master))
    match sound_format:
        case "wav":
            write_wav(material.master, target, tags, options.bit_depth or 24)
        case "flac":
            write_flac_export(material.master, target, tags)
        case "mp3" | "ogg" | "opus":
            write_lossy(material.master, target, tags, sound_format)
        case _:
            raise ValueError("not a format of sound")

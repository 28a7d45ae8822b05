"""The Producer API's answers, in every documented shape, parsed once into closed values.

Sources disagree about nearly every shape, so each is read leniently where no meaning is lost: ``data`` as a
list or one object, numbers as numbers or text, and a finished record by whichever sign it shows.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from songwright.engines.remote.errors import MalformedReplyError

__all__ = [
    "Accepted",
    "Item",
    "Lyrics",
    "Record",
    "RecordDone",
    "RecordFailed",
    "RecordUnknown",
    "RecordWorking",
    "Refused",
    "Submitted",
    "Upload",
    "read_export_link",
    "read_lyrics",
    "read_record",
    "read_refusal",
    "read_submitted",
    "read_upload",
]

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}")
_DONE = frozenset({"succeeded", "success", "complete", "completed", "finished", "done"})
_FAILED = frozenset({"failed", "failure", "error", "canceled", "cancelled"})
_NO_WORDS = frozenset({"[instrumental]", "[inst]"})
_MAX_TITLE_CHARACTERS = 120
_MAX_LYRIC_CHARACTERS = 12_000

Json = Any


@dataclass(frozen=True, slots=True)
class Item:
    """One song, or one ZIP of stems, of a finished task.

    Attributes:
        id: What later requests call ``audio_id``; stems have none.
        audio_url: Link to the audio; "" where there is none.
        stems_url: Link to a ZIP; "" where there is none.
        state: As it was given, lower case; "" where none was.
        duration_seconds: As the service says.
    """

    id: str = ""
    audio_url: str = ""
    stems_url: str = ""
    state: str = ""
    title: str = ""
    lyric: str = ""
    seed: str = ""
    model: str = ""
    fraction: float | None = None
    duration_seconds: float | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it is finished and can be fetched. A preview has a link too, but no final state."""
        return bool(self.audio_url or self.stems_url) and (not self.state or self.state in _DONE)


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that says no.

    Attributes:
        code: ``error.code``; "" where there is none.
        message: ``error.message``: to look for known words in, never to be shown.
        task_id: A task that the answer names in spite of it.
    """

    code: str
    message: str = field(repr=False)
    task_id: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The work goes on under this id."""

    task_id: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """The work was done while we waited."""

    task_id: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class RecordUnknown:
    """The service knows no such task, or not yet."""


@dataclass(frozen=True, slots=True)
class RecordWorking:
    """The task is not finished.

    Attributes:
        fraction: How far it has come, 0..1, where the service says so.
        looks_failed: Whether it shows an error without the sign that it is final.
    """

    fraction: float | None = None
    looks_failed: Refused | None = None


@dataclass(frozen=True, slots=True)
class RecordDone:
    """The task is finished and has something to fetch."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class RecordFailed:
    """The task is finished and has nothing to fetch."""

    refused: Refused


Record = RecordUnknown | RecordWorking | RecordDone | RecordFailed


@dataclass(frozen=True, slots=True)
class Lyrics:
    """A lyric that the service wrote."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Upload:
    """Audio that the service has fetched and knows under an id."""

    audio_id: str
    lyric: str


def read_refusal(body: Json) -> Refused | None:
    """What an answer refuses; None where it refuses nothing.

    An error is an object with a code, or bare text; ``success: false`` alone is one too.
    """
    if not isinstance(body, dict):
        return None
    error = body.get("error")
    if not error and body.get("success") is not False:
        return None
    task_id = _identifier(body.get("task_id"))
    match error:
        case {"code": str() as code, **rest}:
            return Refused(code=code, message=str(rest.get("message", "")), task_id=task_id)
        case str():
            return Refused(code="", message=error, task_id=task_id)
        case _:
            return Refused(code=_text(body.get("code")), message="", task_id=task_id)


def read_submitted(body: Json) -> Accepted | Submitted | Refused:
    """The answer to a request for audio.

    Raises:
        MalformedReplyError: It is none of the documented shapes.
    """
    items = _items(body.get("data")) if isinstance(body, dict) else ()
    task_id = _identifier(body.get("task_id")) if isinstance(body, dict) else ""
    if any(item.is_ready for item in items):
        return Submitted(task_id=task_id, items=tuple(item for item in items if item.is_ready))
    refused = read_refusal(body)
    if refused is not None:
        return refused
    if task_id:
        return Accepted(task_id)
    raise malformed()


def read_record(body: Json, task_id: str) -> Record:
    """The answer to a question about a task.

    A record has no field that says its state. ``finished_at`` is null or left out until the end, and until
    then an error or a link may be a passing one; with success false, audio that can be played is a result.

    Raises:
        MalformedReplyError: It is none of the documented shapes.
    """
    match body:
        case None | {"items": []}:
            return RecordUnknown()
        case {"items": [*records]}:
            mine = [one for one in records if isinstance(one, dict) and one.get("id") == task_id]
            return read_record(mine[0] if mine else None, task_id)
        case dict() if not body:
            return RecordUnknown()
        case dict():
            return _read_record(body)
        case _:
            raise malformed()


def _read_record(record: dict[str, Json]) -> Record:
    response = record.get("response")
    inner: dict[str, Json] = response if isinstance(response, dict) else {}
    items = _items(inner.get("data") if "data" in inner else record.get("data"))
    ready = tuple(item for item in items if item.is_ready)
    refused = read_refusal(inner) or (None if inner else read_refusal(record))
    fraction = max((item.fraction for item in items if item.fraction is not None), default=None)
    if not _is_final(record, items):
        # An explicit null says that whatever else is shown is passing.
        passing = "finished_at" in record or bool(ready)
        return RecordWorking(fraction=fraction, looks_failed=None if passing else refused)
    if ready:
        return RecordDone(ready)
    if refused is None and not items and not inner and not _said_failed(record):
        # Finished, and the result not yet stored beside it.
        return RecordWorking(fraction=fraction, looks_failed=Refused(code="", message=""))
    return RecordFailed(refused or Refused(code="", message=""))


def _is_final(record: dict[str, Json], items: tuple[Item, ...]) -> bool:
    if "finished_at" in record:
        return bool(record["finished_at"])
    if _number(record.get("elapsed")) is not None:
        return True
    state = _text(record.get("state") or record.get("status")).lower()
    if state in _DONE | _FAILED:
        return True
    return bool(items) and all(item.is_ready or item.state in _FAILED for item in items) and not state


def _said_failed(record: dict[str, Json]) -> bool:
    return _text(record.get("state") or record.get("status")).lower() in _FAILED


def read_lyrics(body: Json) -> Lyrics:
    """The answer to a request for lyrics, whose words are under ``lyrics`` or ``text``.

    Raises:
        MalformedReplyError: There are none.
    """
    data = _first(body)
    text = clean_text(data.get("lyrics") or data.get("text"), _MAX_LYRIC_CHARACTERS)
    if not text:
        raise malformed()
    return Lyrics(title=clean_line(data.get("title")), text=text)


def read_upload(body: Json) -> Upload:
    """The answer to an upload.

    Raises:
        MalformedReplyError: It names no audio.
    """
    data = _first(body)
    audio_id = _identifier(data.get("audio_id") or data.get("id"))
    if not audio_id:
        raise malformed()
    return Upload(audio_id=audio_id, lyric=_words(data.get("lyric")))


def read_export_link(body: Json, *names: str) -> str:
    """The link in an answer to a request for WAV or MP4, under the first of ``names`` that it has.

    Raises:
        MalformedReplyError: There is no link.
    """
    data = _first(body)
    for name in names:
        link = _link(data.get(name))
        if link:
            return link
    raise malformed()


def malformed() -> MalformedReplyError:
    """The error for an answer of no documented shape."""
    return MalformedReplyError(
        "the hosted API answered in a way that is not documented; ask again later, or name another engine",
        retryable=False,
    )


def clean_line(value: Json) -> str:
    """Text from outside as one harmless line of at most 120 characters; "" for anything but text."""
    return " ".join(clean_text(value, 4 * _MAX_TITLE_CHARACTERS).split())[:_MAX_TITLE_CHARACTERS]


def clean_text(value: Json, longest: int) -> str:
    """Text from outside without control characters; "" for anything but text."""
    if not isinstance(value, str):
        return ""
    plain = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = (
        character
        for character in plain
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return "".join(kept).strip()[:longest]


def _items(data: Json) -> tuple[Item, ...]:
    given = data if isinstance(data, list) else [data]
    return tuple(_item(one) for one in given if isinstance(one, dict) and one)


def _item(data: dict[str, Json]) -> Item:
    fraction = _number(_text(data.get("progress")).removesuffix("%"))
    return Item(
        id=_identifier(data.get("id") or data.get("audio_id")),
        audio_url=_link(data.get("audio_url")),
        stems_url=_link(data.get("stems_url")),
        state=_text(data.get("state") or data.get("status")).lower(),
        title=clean_line(data.get("title")),
        lyric=_words(data.get("lyric")),
        seed=_identifier(_text(data.get("seed"))),
        model=clean_line(data.get("model")),
        fraction=None if fraction is None else min(1.0, max(0.0, fraction / 100)),
        duration_seconds=_number(data.get("duration")),
    )


def _first(body: Json) -> dict[str, Json]:
    data = body.get("data") if isinstance(body, dict) else None
    if isinstance(data, list):
        data = data[0] if data else None
    if not isinstance(data, dict):
        raise malformed()
    return data


def _words(value: Json) -> str:
    text = clean_text(value, _MAX_LYRIC_CHARACTERS)
    return "" if text.lower() in _NO_WORDS else text


def _text(value: Json) -> str:
    if isinstance(value, bool):
        return ""
    return str(value).strip() if isinstance(value, str | int | float) else ""


def _identifier(value: Json) -> str:
    text = _text(value)
    return text if _IDENTIFIER.fullmatch(text) else ""


def _link(value: Json) -> str:
    text = _text(value)
    return text if text.startswith(("https://", "http://")) and text.isprintable() and " " not in text else ""


def _number(value: Json) -> float | None:
    try:
        number = float(_text(value))
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None

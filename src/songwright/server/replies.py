"""Answers as clients get them: a structured part and a text, each complete alone.

Some clients show their model the one and some the other; on an error most show the text alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import mcp_types as wire

from songwright.errors import ConfigurationError, EngineError, SongwrightError
from songwright.music.base import Model
from songwright.music.song import EditPromise, Section, Song, SongInBrief, Understanding
from songwright.music.task import Failure, Task
from songwright.server.addresses import export_uri
from songwright.server.heard import heard_words
from songwright.server.results import (
    MAX_LYRIC_LINES,
    NOWHERE,
    Cancellation,
    Outcome,
    Place,
    SongDetails,
    TaskStatus,
    song_details,
    song_summaries,
    task_status,
)

__all__ = [
    "cancellation_reply",
    "cancelled_reply",
    "crash_reply",
    "error_reply",
    "failed_reply",
    "outcome_reply",
    "reply",
    "song_page_reply",
    "song_reply",
]


def outcome_reply(
    task: Task, song: Song | None = None, place: Place = NOWHERE, *, is_repeated: bool = False
) -> wire.CallToolResult:
    """The answer about a task: its finished song, or its state and what to call next.

    ``is_repeated`` says that the call asked for what an earlier one had asked for, and joined its task.
    """
    status = task_status(task)
    details = song_details(song, place) if song else None
    steps = _next_steps(status, details)
    if is_repeated:
        steps = (
            f"the same request was already under way as task {status.id}, so this call joined it and made no "
            f"second song; another seed or a request_id makes one beside it; {steps}"
        )
    text = [_song_text(details)] if details else [_task_text(status)]
    text.append(f"Next: {steps}")
    links = _song_links(song, place) if song else [_task_link(status)]
    return reply(Outcome(task=status, song=details, next_steps=steps), "\n".join(text), links)


def song_reply(
    song: Song,
    place: Place = NOWHERE,
    *,
    first_lyric_line: int = 1,
    most_lyric_lines: int = MAX_LYRIC_LINES,
) -> wire.CallToolResult:
    """The answer about one song."""
    details = song_details(song, place, first_lyric_line=first_lyric_line, most_lyric_lines=most_lyric_lines)
    return reply(details, _song_text(details), _song_links(song, place))


def song_page_reply(
    songs: Sequence[SongInBrief],
    next_cursor: str | None,
    unfinished: Sequence[Task] = (),
    *,
    why_none: str = "",
) -> wire.CallToolResult:
    """The answer about a page of songs.

    Args:
        songs: The songs.
        next_cursor: For the next page.
        unfinished: What is being made; its id may never have reached the client.
        why_none: Why a search found none of the songs there are, and what to try.
    """
    page = song_summaries(songs, next_cursor, unfinished)
    making = [
        f"Being made: task {item.id}, {item.action}"
        + (f", {item.title}" if item.title else "")
        + f", {item.progress:.0%}"
        for item in page.being_made or ()
    ]
    if making:
        making.append("get_task with task_id and wait_seconds 45 waits for one of them")
    lines = [
        f"{item.id}  {item.title}  {_clock(item.duration_seconds)}"
        + (f", {item.tempo_bpm:g} bpm" if item.tempo_bpm else "")
        + (f", {item.key}" if item.key else "")
        + f", by {item.action}"
        + (f" from {', '.join(item.parents)}" if item.parents else "")
        for item in page.songs
    ]
    if why_none:
        lines = [why_none]
    elif not lines:
        lines = [] if making else ["No songs. generate_song makes one."]
    elif next_cursor:
        lines.append(f"More: list_songs with cursor {next_cursor}")
    return reply(page, "\n".join([*making, *lines]))


def cancellation_reply(task: Task, *, cancelled: bool) -> wire.CallToolResult:
    """The answer of a call that asked a task to stop.

    Args:
        task: The task as it is now.
        cancelled: Whether it was the call that ended it.
    """
    status = task_status(task)
    steps = (
        f"get_task with task_id {status.id} shows its song"
        if status.status == "succeeded"
        else "generate_song starts a new song; list_songs shows the finished ones"
    )
    told = "Cancelled" if cancelled else f"Nothing was cancelled: the task had already ended, {status.status}"
    text = f"{told}. Task {status.id} ({status.action} on {status.engine})\nNext: {steps}"
    return reply(Cancellation(cancelled=cancelled, task=status, next_steps=steps), text, [_task_link(status)])


def _song_text(song: SongDetails) -> str:
    """The song in words."""
    music = [
        _clock(song.duration_seconds) + f" ({song.duration_seconds:g} s)",
        f"{song.tempo_bpm:g} bpm" if song.tempo_bpm else None,
        song.key,
        song.time_signature,
        song.genre,
        _voice_words(song),
    ]
    lines = [
        f"Song {song.id}: {song.title}",
        ", ".join(part for part in music if part),
        f"audio: {song.audio_uri}"
        + (f"  file: {song.file}" if song.file else "")
        + (f"  MP3 to hear or download: {song.audio_url}" if song.audio_url else ""),
    ]
    if song.stem_uris:
        lines.append(f"stems: {', '.join(song.stem_uris.values())}")
    if song.loudness:
        level = song.loudness
        lines.append(f"loudness: {level.integrated_lufs:.1f} LUFS, true peak {level.true_peak_dbtp:.1f} dBTP")
    if song.heard:
        lines.append(f"heard: {heard_words(song.heard)}")
    lines.append(
        f"made by {song.action} on {song.engine} {song.engine_version}, model {song.model}, "
        f"seed {song.seed}, cost {song.cost_usd:g} USD"
    )
    if song.parents:
        lines.append("parents: " + ", ".join(f"{parent.song_id} ({parent.role})" for parent in song.parents))
    if song.promise:
        lines.append(f"kept {song.promise.kept}: " + "; ".join(_promise_words(song.promise)))
    lines += _understanding_lines(song.understanding)
    if song.sections:
        lines.append("sections (start-end s): " + ", ".join(_section_words(part) for part in song.sections))
    if song.lyric_lines_total:
        lines += [f"lyric lines (start s), {len(song.lyric_lines)} of {song.lyric_lines_total}:"]
        lines += [f"{line.start_seconds:.2f} {line.text}" for line in song.lyric_lines]
        if len(song.lyric_lines) < song.lyric_lines_total:
            lines.append(
                f"the others: resource {song.lyrics_uri}, or get_song with first_lyric_line further on"
            )
    return "\n".join(lines)


def _voice_words(song: SongDetails) -> str:
    if song.voice:
        return f"sung by {song.voice}"
    # Whether anyone sings in a recording is known only where that was said.
    return "recording" if song.action == "import_audio" else "instrumental"


def _promise_words(promise: EditPromise) -> Iterator[str]:
    """What was measured, in words."""
    if promise.outside_max_abs_diff is not None:
        yield f"largest sample difference {promise.outside_max_abs_diff:g}"
    if promise.seam_max_step is not None and promise.song_max_step is not None:
        yield f"seam step {promise.seam_max_step:.4f}, song's own {promise.song_max_step:.4f}"
    if promise.seam_max_jump_db is not None and promise.song_max_jump_db is not None:
        yield f"seam level {promise.seam_max_jump_db:.1f} dB, song's own {promise.song_max_jump_db:.1f} dB"
    if promise.notes_kept is not None:
        yield f"{promise.notes_kept:.0%} of the sung notes"
    if promise.stems_residual_dbfs is not None:
        yield f"stems sum to the master, residual {promise.stems_residual_dbfs:.0f} dBFS"


def _song_links(song: Song, place: Place) -> list[wire.ResourceLink]:
    """Links to what clients may open of a song: first what anyone can play, then what is largest."""
    title = song.facts.title
    published = (
        [wire.ResourceLink(uri=place.url, name=f"{title} (MP3)", mime_type="audio/mpeg")] if place.url else []
    )
    return [
        *published,
        wire.ResourceLink(uri=export_uri(song.id, "mp3"), name=f"{title} (MP3)", mime_type="audio/mpeg"),
        wire.ResourceLink(
            uri=f"song://{song.id}/audio",
            name=f"{title} (FLAC)",
            mime_type="audio/flac",
            size=place.size_bytes,
        ),
        wire.ResourceLink(uri=f"song://{song.id}", name=f"{title} (facts)", mime_type="application/json"),
    ]


def reply(result: Model, text: str, links: Iterable[wire.ResourceLink] = ()) -> wire.CallToolResult:
    """A successful answer."""
    structured = result.model_dump(mode="json", exclude_none=True)
    if isinstance(result, Outcome):
        structured.setdefault("song", None)
    return wire.CallToolResult(content=[wire.TextContent(text=text), *links], structured_content=structured)


def error_reply(error: SongwrightError) -> wire.CallToolResult:
    """An answer that says what is wrong, who must act, and the next step."""
    match error:
        case ConfigurationError():
            advice = " This is for the operator of the server to change; the request itself is fine."
        case EngineError(retryable=True):
            advice = " The same call may succeed if made again."
        case EngineError():
            advice = " Making the same call again will not help; change the request or the engine."
        case _:
            advice = ""
    return _error(f"{error.message.removesuffix('.')}.{advice}" if advice else error.message)


def failed_reply(task: Task, failure: Failure) -> wire.CallToolResult:
    """The answer of a call whose task failed while it waited."""
    again = (
        "The same call may succeed if made again, with a new request_id."
        if failure.retryable
        else "Change the request before you try again."
    )
    return _error(f"{failure.message.removesuffix('.')}. Task {task.id} failed; no song was made. {again}")


def cancelled_reply(task: Task) -> wire.CallToolResult:
    """The answer of a call whose task was cancelled while it waited."""
    return _error(f"Task {task.id} was cancelled; no song was made. Make the call again to start anew.")


def crash_reply(tool_name: str) -> wire.CallToolResult:
    """The answer of a tool that failed for a reason nobody foresaw. The cause is for the log alone."""
    return _error(
        f"{tool_name} failed inside songwright; the server's log has the cause. Accepted tasks are safe: "
        "get_task and list_songs still show them."
    )


def _error(text: str) -> wire.CallToolResult:
    return wire.CallToolResult(content=[wire.TextContent(text=text)], is_error=True)


def _task_text(status: TaskStatus) -> str:
    line = f"Task {status.id} ({status.action} on {status.engine}): {status.status}"
    if status.poll_after_seconds is not None:
        line += f", {status.progress:.0%}, {status.stage}. The work goes on whether or not you wait."
    if status.failure:
        retry = "trying again may help" if status.failure.retryable else "trying the same again will not help"
        line += f". {status.failure.message.removesuffix('.')}; {retry}."
    return line


def _next_steps(status: TaskStatus, song: SongDetails | None) -> str:
    if song:
        names = [section.name for section in song.sections]
        section = next(
            (name for name in names if name.startswith("chorus")), names[0] if names else "bars 1-4"
        )
        return (
            f"replace_section with audio_id {song.id} and section '{section}' rewrites that stretch alone; "
            "cover_song, vary_song or extend_song with that audio_id make another version"
        )
    match status.status:
        case "queued" | "running":
            return (
                f"get_task with task_id {status.id} and wait_seconds 45 waits for the song; "
                "cancel_task with that task_id stops it"
            )
        case _:
            return "generate_song starts a new song; list_songs shows the finished ones"


def _task_link(status: TaskStatus) -> wire.ResourceLink:
    return wire.ResourceLink(uri=status.uri, name=f"Task {status.id}", mime_type="application/json")


def _understanding_lines(understanding: Understanding | None) -> list[str]:
    if understanding is None:
        return []
    named = (
        ("understood", understanding.understood),
        ("not understood", understanding.not_understood),
        ("notes", understanding.notes),
    )
    return [f"{name}: {'; '.join(words)}" for name, words in named if words]


def _section_words(section: Section) -> str:
    return f"{section.name} {section.start_seconds:.2f}-{section.end_seconds:.2f}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"

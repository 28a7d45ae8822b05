"""The commands of the command line. They call the studio and hold no musical logic."""

from __future__ import annotations

import json
import logging
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

import songwright
from songwright.disk import storage_trouble
from songwright.errors import ConfigurationError, EngineError, SongwrightError, StorageError
from songwright.exports.formats import EXPORT_FORMATS, BitDepth, ExportFormat

if TYPE_CHECKING:
    from songwright.music.song import Song
    from songwright.music.task import Progress, Task
    from songwright.settings import Settings
    from songwright.studio import Studio

__all__ = ["cli"]

_Result = TypeVar("_Result")

_EXIT_FAILED = 1
_EXIT_REQUEST = 2
_EXIT_CONFIGURATION = 3
_LONGEST_SECONDS = 3600.0
_BIT_DEPTHS: dict[str, BitDepth] = {"16": 16, "24": 24}


class _Commands(click.Group):
    """Says what is wrong in one line and exits by who must act, instead of showing a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SongwrightError as error:
            click.echo(f"songwright: {error.message}", err=True)
            ctx.exit(_exit_code(error))
        except OSError as error:
            trouble = storage_trouble(error)
            if trouble is None:
                raise
            click.echo(f"songwright: {trouble.message}", err=True)
            ctx.exit(_exit_code(trouble))


def _exit_code(error: SongwrightError) -> int:
    match error:
        case ConfigurationError():
            return _EXIT_CONFIGURATION
        case EngineError() | StorageError():
            return _EXIT_FAILED
        case _:
            return _EXIT_REQUEST


def _examples(*lines: str) -> str:
    # The control character keeps click from filling the lines up.
    return "\b\n" + "\n".join(["Examples:", *(f"  {line}" for line in lines)])


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_examples(
        "songwright",
        "songwright serve --http 127.0.0.1:8765",
        'songwright make "slow jazz waltz, female voice" -o waltz.flac',
        "songwright doctor",
    ),
)
@click.version_option(songwright.__version__, "-V", "--version", prog_name="songwright")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """A song studio for AI agents.

    Without a command it serves MCP over standard input and output.

    Exit codes: 0 done, 1 the work failed, 2 the request or the command is wrong, 3 a setting is wrong.
    """
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )
    if ctx.invoked_subcommand is None:
        ctx.invoke(serve)


@cli.command(
    epilog=_examples(
        "songwright serve",
        "songwright serve --http 127.0.0.1:8765",
        "SONGWRIGHT_TOKENS=... songwright serve --http 0.0.0.0:8765",
    )
)
@click.option("--http", "address", metavar="HOST:PORT", help="Serve over HTTP at HOST:PORT instead of stdio.")
def serve(address: str | None = None) -> None:
    """Serve MCP over stdio, or MCP and the Producer API over HTTP.

    Beyond this machine the HTTP server listens only where SONGWRIGHT_TOKENS is set.
    """
    if address is None:
        from songwright.owed import deliver_owed
        from songwright.server.stdio import run_stdio

        run_stdio(deliver=deliver_owed)
        return
    from songwright.http import producer_api
    from songwright.server.http import run_http

    run_http(address, _settings(), producer_api)


@cli.command(
    epilog=_examples(
        'songwright make "warm indie folk, 96 bpm, in G major, female voice"',
        'songwright make "synthwave" --lyric-file words.txt --title "Night Drive" -o drive.flac',
        'songwright make "lo-fi beat" --instrumental --seed 7',
        'songwright make "jazz waltz" --duration 30 --key "D minor" --chords "Dm7 | G7 | Cmaj7"',
    )
)
@click.argument("prompt", default="")
@click.option(
    "--lyric-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Words to sing, UTF-8, with markers such as [Verse] and [Chorus].",
)
@click.option("--instrumental", is_flag=True, help="No singing.")
@click.option("--duration", "duration_seconds", type=float, help="Length in seconds, 5 to 600.")
@click.option("--tempo", "tempo_bpm", type=float, help="Beats a minute, 40 to 240.")
@click.option("--key", help="Such as 'D minor', 'F#' or 'Bb major'.")
@click.option("--time-signature", help="Such as 3/4.")
@click.option("--chords", help="One a bar, 'Am F C G', or bar by bar, '| C | G/B | Am7 F |'.")
@click.option("--seed", help="Same request and seed: same song.")
@click.option("--title", help="Title of the song.")
@click.option("--engine", default="auto", show_default=True, help="Engine to use.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where to copy the song, a .flac file. Left out: it stays in the library.",
)
def make(
    *,
    prompt: str,
    lyric_file: Path | None,
    instrumental: bool,
    duration_seconds: float | None,
    tempo_bpm: float | None,
    key: str | None,
    time_signature: str | None,
    chords: str | None,
    seed: str | None,
    title: str | None,
    engine: str,
    output: Path | None,
) -> None:
    """Make a song from PROMPT, from lyrics, or from both."""
    from songwright.music.actions import Generate
    from songwright.server.arguments import parse_model

    if output is not None:
        _check_output(output, ".flac")
    lyric = _read_lyric(lyric_file) if lyric_file else ""
    given = {
        "prompt": prompt,
        "lyric": lyric,
        "instrumental": instrumental,
        "duration_seconds": duration_seconds,
        "tempo_bpm": tempo_bpm,
        "key": key,
        "time_signature": time_signature,
        "chords": chords,
        "seed": seed,
        "title": title,
    }
    action = parse_model(Generate, given)

    async def work(studio: Studio) -> tuple[Song, Path]:
        task = await studio.submit(action, engine=engine)
        song = await studio.song(_song_id(await _followed(studio, task)))
        return song, await studio.audio_path(song.id)

    song, master = _in_studio(work)
    if output is not None:
        shutil.copyfile(master, output)
    _tell(song, output or master)


def _tell(song: Song, file: Path) -> None:
    facts = song.facts
    parts = (
        f"{facts.duration_seconds:.1f} s",
        f"{facts.tempo_bpm:g} bpm" if facts.tempo_bpm else None,
        facts.key,
        f"seed {facts.seed}" if facts.seed and song.made_by != "import_audio" else None,
    )
    click.echo(f"{facts.title}  ({', '.join(part for part in parts if part)})")
    click.echo(f"id    {song.id}")
    click.echo(f"file  {file}")


@cli.command(
    name="import",
    epilog=_examples(
        "songwright import demo.wav",
        'songwright import demo.m4a --title "Night Drive" --lyric-file words.txt',
        "songwright import https://example.com/demo.mp3",
    ),
)
@click.argument("source", metavar="FILE|URL")
@click.option("--title", help="Title of the song.  [default: the file's]")
@click.option("--artist", help="Who plays and sings in it.")
@click.option(
    "--lyric-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The words that are sung in it, UTF-8, with markers such as [Verse] and [Chorus].",
)
@click.option("--instrumental", is_flag=True, help="Nobody sings in it.")
def import_(
    *, source: str, title: str | None, artist: str | None, lyric_file: Path | None, instrumental: bool
) -> None:
    """Take a recording, a FILE or what a URL holds, into the library as a song."""
    from songwright.music.imports import ImportAudio
    from songwright.server.arguments import parse_model

    known = {
        "title": title,
        "artist": artist,
        "lyric": _read_lyric(lyric_file) if lyric_file else "",
        "instrumental": instrumental,
    }

    is_url = "://" in source
    there = {"kind": "url", "url": source} if is_url else {"kind": "file", "path": source}
    request = parse_model(ImportAudio, {**known, "source": there})

    async def work(studio: Studio) -> tuple[Song, Path]:
        asked = request
        if not is_url:
            # Whoever types here may read every file that this process may read.
            asked = request.model_copy(update={"source": await studio.receive(Path(source))})
        task = await studio.import_audio(asked)
        song = await studio.song(_song_id(await _followed(studio, task)))
        return song, await studio.audio_path(song.id)

    song, master = _in_studio(work)
    _tell(song, master)


@cli.command(
    epilog=_examples("songwright songs", "songwright songs jazz --limit 5", "songwright songs --json")
)
@click.argument("query", required=False)
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100), help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print every fact as JSON.")
def songs(*, query: str | None, limit: int, as_json: bool) -> None:
    """List the songs in the library, newest first."""

    async def work(studio: Studio) -> tuple[Song, ...]:
        return (await studio.songs(query, limit)).items

    found = _in_studio(work)
    if as_json:
        click.echo(json.dumps([song.model_dump(mode="json", exclude_none=True) for song in found], indent=2))
        return
    for song in found:
        minutes, seconds = divmod(round(song.facts.duration_seconds), 60)
        click.echo(f"{song.id}  {minutes}:{seconds:02}  {song.made_by:<18}  {song.facts.title}")
    if not found:
        click.echo("no songs; 'songwright make PROMPT' makes one", err=True)


@cli.command(
    epilog=_examples(
        "songwright export last --format mp3",
        "songwright export 3f2a --format musicxml -o song.musicxml",
        'songwright export last --format wav --bit-depth 16 --artist "The Agents"',
    )
)
@click.argument("song")
@click.option(
    "--format",
    "export_format",
    required=True,
    type=click.Choice(tuple(EXPORT_FORMATS)),
    help="What to write.",
)
@click.option(
    "--bit-depth", type=click.Choice(tuple(_BIT_DEPTHS)), help="Bits a sample, WAV only.  [default: 24]"
)
@click.option("--artist", help="Artist named in tags.  [default: songwright]")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where to copy it. Left out: it stays below the home folder.",
)
def export(
    *,
    song: str,
    export_format: ExportFormat,
    bit_depth: str | None,
    artist: str | None,
    output: Path | None,
) -> None:
    """Write SONG, named by its id or as 'last', in another form."""
    if output is not None:
        _check_output(output, EXPORT_FORMATS[export_format].suffix)

    async def work(studio: Studio) -> Path:
        bits = None if bit_depth is None else _BIT_DEPTHS[bit_depth]
        return await studio.export(song, export_format, bit_depth=bits, artist=artist)

    path = _in_studio(work)
    if output is not None:
        shutil.copyfile(path, output)
    click.echo(output or path)


@cli.command(epilog=_examples("songwright tools", "songwright tools --json"))
@click.option("--json", "as_json", is_flag=True, help="Print names, schemas and annotations as JSON.")
def tools(*, as_json: bool) -> None:
    """List the tools that agents get, without starting a server."""
    from songwright.server.tools import CATALOGUE

    if as_json:
        listed = [
            tool.definition().model_dump(mode="json", by_alias=True, exclude_none=True) for tool in CATALOGUE
        ]
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
        return
    for tool in CATALOGUE:
        click.echo(f"{tool.name:<20} {tool.description.partition('. ')[0]}.")


@cli.command(epilog=_examples("songwright doctor", "songwright doctor --json"))
@click.option("--json", "as_json", is_flag=True, help="Print the checks as JSON.")
def doctor(*, as_json: bool) -> None:
    """Check that songwright can work here, and say what to change where it can't."""
    from songwright.doctor import examine

    checks = examine()
    if as_json:
        click.echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        for check in checks:
            click.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<16} {check.finding}")
    if not all(check.ok for check in checks):
        click.get_current_context().exit(_EXIT_FAILED)


@cli.command(epilog=_examples("songwright check", "songwright check --repair"))
@click.option("--repair", is_flag=True, help="Mend what can be mended without losing anything.")
def check(*, repair: bool) -> None:
    """Check that every song's files and both databases are still as they were kept.

    Exits with 1 when something is wrong.
    """
    from songwright.library.checking import check_home

    report = check_home(_settings().home, repair=repair)
    for sentence in (*report.mended, *report.wrong):
        click.echo(sentence)
    click.echo(
        f"{report.songs} songs with {report.files} files checked; {len(report.mended)} mended, "
        f"{len(report.wrong)} wrong"
    )
    if report.wrong:
        click.get_current_context().exit(_EXIT_FAILED)


def _settings() -> Settings:
    from songwright.settings import load_settings

    return load_settings()


def _check_output(path: Path, suffix: str) -> None:
    if path.suffix.lower() != suffix:
        raise click.BadParameter(f"the file name must end in {suffix}", param_hint="-o")
    if not path.absolute().parent.is_dir():
        raise click.BadParameter("the folder does not exist", param_hint="-o")


def _read_lyric(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise click.BadParameter("the file must be UTF-8 text", param_hint="--lyric-file") from None


def _in_studio(work: Callable[[Studio], Coroutine[Any, Any, _Result]]) -> _Result:
    import anyio

    from songwright.server.signals import when_told_to_end
    from songwright.studio import Studio

    settings = _settings()

    async def run() -> _Result | None:
        async with Studio.open(settings) as studio:
            with anyio.CancelScope() as scope, when_told_to_end(scope.cancel, (signal.SIGTERM,)):
                return await work(studio)
        return None

    result = anyio.run(run)
    if result is None:
        raise EngineError(
            "ended by SIGTERM; what was begun goes on when songwright runs again", retryable=True
        )
    return result


async def _followed(studio: Studio, task: Task) -> Task:
    """The task at its end, with a progress bar on the way.

    Ctrl+C cancels the task, because somebody wishes so. SIGTERM does not: the machine may be going down.
    """
    import anyio

    from songwright.server.signals import is_told_to_end

    with click.progressbar(length=100, label="waiting", file=sys.stderr, show_eta=False) as bar:

        async def show(progress: Progress) -> None:
            bar.label = progress.stage
            bar.update(round(100 * progress.fraction) - bar.pos)

        try:
            ended = await studio.wait(task.id, _LONGEST_SECONDS, on_progress=show)
        except anyio.get_cancelled_exc_class():
            if not is_told_to_end():
                with anyio.CancelScope(shield=True):
                    await studio.cancel(task.id)
            raise
        bar.update(100 - bar.pos)
    return ended


def _song_id(task: Task) -> str:
    from songwright.music.task import Failed, Succeeded

    match task.state:
        case Succeeded(song_id=song_id):
            return song_id
        case Failed(failure=failure):
            raise EngineError(failure.message, retryable=failure.retryable)
        case _:
            raise EngineError(
                f"task {task.id} is still {task.state.status}; start songwright again to go on",
                retryable=True,
            )

"""Make 24 songs, listen to them, and say in numbers how they are: a table here, a page under build/listen.

Nothing is made or measured twice: songs are kept under their request and the engine's sources, figures
under those and the sources of hearing. Without the dependency group ``listen`` the parts that need it are
left out, and the report says so.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import anyio
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.listening.figures import SongFigures, read_score, song_figures  # noqa: E402
from tools.listening.languages import (  # noqa: E402
    LanguageFigures,
    language_figures,
    language_requests,
    language_verdicts,
)
from tools.listening.melodies import CORPUS, human_statistics, score_statistics, seed_variety  # noqa: E402
from tools.listening.page import SongEntry, html_page, song_table, verdict_table  # noqa: E402
from tools.listening.renders import Render, digest_of, render_all, source_digest  # noqa: E402
from tools.listening.requests import CONTROL, REQUESTS, SEEDS_REQUEST, Request  # noqa: E402
from tools.listening.verdicts import (  # noqa: E402
    Verdict,
    genre_file_verdict,
    melody_verdicts,
    song_verdicts,
    variety_verdicts,
    word_verdicts,
)
from tools.listening.words import WordFigures, recogniser, word_figures  # noqa: E402

import songwright  # noqa: E402

BUILD = ROOT / "build" / "listen"
SEEDS = 20

_Figures = TypeVar("_Figures", bound=BaseModel)


def main() -> int:
    """Run the report; the exit code is 0 when every figure that could be measured is reached."""
    options = _options()
    wanted = [] if options.languages else _chosen(options.only, quick=options.quick)
    whole = not (options.quick or options.only or options.no_words)
    control = [CONTROL] if whole and not options.languages else []
    abroad = language_requests() if whole or options.languages else []
    BUILD.mkdir(parents=True, exist_ok=True)
    os.chdir(BUILD)
    print(f"making {len(wanted) + len(control) + len(abroad)} songs ...", file=sys.stderr)
    renders, failures = anyio.run(render_all, [*wanted, *control, *abroad], BUILD / "home", options.processes)
    foreign = [render for render in renders if render.request in abroad]
    renders = [render for render in renders if render.request not in abroad]
    songs = [render for render in renders if render.request is not CONTROL]
    hearing = source_digest(Path(songwright.__file__).parent / "hearing", ROOT / "tools" / "listening")
    figures = _all_figures(songs, hearing, options.processes)
    words = _all_words(renders, most_lines=3 if options.quick else 8, skip=options.no_words)
    entries = [
        _entry(render, figures[render.key], words, pictures=not options.no_pictures) for render in songs
    ]
    verdicts = _verdicts(songs, list(figures.values()), words, renders)
    verdicts += language_verdicts(_all_languages(foreign))
    verdicts += [Verdict("request made into a song", "all", failure, passed=False) for failure in failures]
    (BUILD / "index.html").write_text(html_page(entries, verdicts, failures), encoding="utf-8")
    if entries:
        print(song_table(entries), end="\n\n")
    print(verdict_table(verdicts), end="\n\n")
    print(f"human songs: {CORPUS}")
    print(f"page: {BUILD / 'index.html'}")
    return 1 if any(verdict.passed is False for verdict in verdicts) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="a song or genre, e.g. pop-1"
    )
    parser.add_argument("--quick", action="store_true", help="six songs and few lines each")
    parser.add_argument("--languages", action="store_true", help="the songs in other languages alone")
    parser.add_argument("--no-words", action="store_true", help="leave the speech recogniser out")
    parser.add_argument("--no-pictures", action="store_true", help="leave the pictures out")
    parser.add_argument("--processes", type=int, default=2, help="how many at a time (2)")
    return parser.parse_args()


def _chosen(only: Sequence[str], *, quick: bool) -> list[Request]:
    if only:
        chosen = [request for request in REQUESTS if {request.name, request.genre} & set(only)]
        if not chosen:
            names = ", ".join(request.name for request in REQUESTS)
            raise SystemExit(f"--only: no such song or genre; songs: {names}")
        return chosen
    return list(REQUESTS[::4] if quick else REQUESTS)


def _kept(path: Path, model: type[_Figures], make: Callable[[], _Figures]) -> _Figures:
    if path.exists():
        return model.model_validate_json(path.read_text(encoding="utf-8"))
    made = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(made.model_dump_json(), encoding="utf-8")
    return made


def _all_figures(songs: Sequence[Render], hearing: str, processes: int) -> dict[str, SongFigures]:
    places = {song.key: BUILD / "figures" / f"{song.key}-{hearing}.json" for song in songs}
    missing = [song for song in songs if not places[song.key].exists()]
    with ProcessPoolExecutor(processes) as pool:
        found = dict(zip((song.key for song in missing), pool.map(song_figures, missing), strict=True))
    return {
        song.key: _kept(places[song.key], SongFigures, lambda song=song: found[song.key])  # type: ignore[misc]
        for song in songs
    }


def _all_words(renders: Sequence[Render], most_lines: int, *, skip: bool) -> dict[str, WordFigures] | str:
    if skip:
        return "not measured: left out with --no-words"
    listening = digest_of((ROOT / "tools" / "listening" / "words.py").read_bytes(), str(most_lines))
    places = {render.key: BUILD / "words" / f"{render.key}-{listening}.json" for render in renders}
    hear = recogniser(BUILD / "whisper-base")
    if isinstance(hear, str):
        return hear
    figures = {}
    for render in renders:
        print(f"  recognising {render.request.name}", file=sys.stderr)
        figures[render.key] = _kept(
            places[render.key],
            WordFigures,
            lambda render=render: word_figures(render, hear, most_lines),  # type: ignore[misc]
        )
    return figures


def _all_languages(renders: Sequence[Render]) -> list[LanguageFigures]:
    """The songs in other languages that this machine sings."""
    sources = [ROOT / "tools" / "listening" / name for name in ("words.py", "languages.py")]
    listening = digest_of(*(source.read_bytes() for source in sources))
    hear = recogniser(BUILD / "whisper-base") if renders else ""
    if isinstance(hear, str):
        return []
    return [
        _kept(
            BUILD / "words" / f"{render.key}-{listening}.json",
            LanguageFigures,
            lambda render=render: language_figures(render, hear),  # type: ignore[misc]
        )
        for render in renders
    ]


def _entry(
    render: Render, figures: SongFigures, words: dict[str, WordFigures] | str, *, pictures: bool
) -> SongEntry:
    roll = spectrum = None
    if pictures:
        try:
            from tools.listening.pictures import draw

            roll, spectrum = (f"pictures/{name}" for name in draw(render, BUILD / "pictures"))
        except ModuleNotFoundError:
            print("  no pictures: install the dependency group 'listen'", file=sys.stderr)
    return SongEntry(
        render=render,
        figures=figures,
        words=None if isinstance(words, str) else words[render.key],
        audio=render.master.relative_to(BUILD).as_posix(),
        vocals=render.vocals.relative_to(BUILD).as_posix() if render.vocals else None,
        roll=roll,
        spectrum=spectrum,
    )


def _verdicts(
    songs: Sequence[Render],
    figures: Sequence[SongFigures],
    words: dict[str, WordFigures] | str,
    renders: Sequence[Render],
) -> list[Verdict]:
    if not songs:
        return []
    heard: list[WordFigures] | str
    control = None
    if isinstance(words, str):
        heard = words
    else:
        heard = [words[song.key] for song in songs]
        control = next((words[each.key] for each in renders if each.request is CONTROL), None)
    melodies = [
        statistics for song in songs if (statistics := score_statistics(read_score(song.score))) is not None
    ]
    return [
        *song_verdicts(figures),
        *word_verdicts(heard, control),
        *variety_verdicts(seed_variety(SEEDS_REQUEST, SEEDS)),
        *melody_verdicts(melodies, human_statistics(BUILD / "human-songs.json")),
        genre_file_verdict(),
    ]


if __name__ == "__main__":
    sys.exit(main())

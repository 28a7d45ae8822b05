"""The report as an HTML page with players, and as a table of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tools.listening.figures import SongFigures
from tools.listening.melodies import CORPUS
from tools.listening.renders import Render
from tools.listening.verdicts import Verdict
from tools.listening.words import WordFigures

__all__ = ["SongEntry", "html_page", "song_table", "verdict_table"]

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .2rem .7rem; border-bottom: 1px solid #8884; vertical-align: top; }
.pass { color: #2a8a4a; } .short { color: #c8372d; font-weight: 600; }
section { margin: 2.5rem 0; border-top: 1px solid #8886; padding-top: .5rem; }
audio { width: 100%; } img { width: 100%; height: auto; background: white; } .wide { overflow-x: auto; }
figure { margin: .5rem 0; } figcaption, .facts { color: #888; }
"""


@dataclass(frozen=True, slots=True)
class SongEntry:
    """A song on the page; paths are relative to the page."""

    render: Render
    figures: SongFigures
    words: WordFigures | None
    audio: str
    vocals: str | None
    roll: str | None
    spectrum: str | None


_COLUMNS = (
    "song", "asked", "heard", "tempo", "asked key", "heard key", "key", "LUFS", "dBTP", "in tune",
    "onsets", "word error", "in mix", "clicks", "rest s", "length s", "made in s",
)  # fmt: skip


def _row(entry: SongEntry) -> tuple[str, ...]:
    figures, beside, measured = entry.figures, entry.figures.beside, entry.figures.measured
    lines = entry.words.lines if entry.words else ()
    return (
        figures.name,
        f"{beside.asked_tempo_bpm:g}",
        "-" if beside.heard_tempo_bpm is None else f"{beside.heard_tempo_bpm:.1f}",
        beside.tempo or "-",
        beside.asked_key or "-",
        beside.heard_key or "-",
        beside.key or "-",
        "-" if measured.integrated_lufs is None else f"{measured.integrated_lufs:.2f}",
        "-" if measured.true_peak_dbtp is None else f"{measured.true_peak_dbtp:.2f}",
        "-" if figures.pitch is None else f"{figures.pitch.within_50_cents:.1%}",
        "-" if not figures.onsets else f"{figures.onsets_on_time / figures.onsets:.0%}",
        "-" if not lines else f"{sum(line.stem_error for line in lines) / len(lines):.2f}",
        "-" if not lines else f"{sum(line.mix_error for line in lines) / len(lines):.2f}",
        str(len(figures.unexplained_clicks_seconds)),
        f"{measured.longest_inner_silence_seconds:.2f}",
        f"{measured.duration_seconds:.0f}",
        f"{entry.render.seconds:.0f}",
    )


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def song_table(entries: Sequence[SongEntry]) -> str:
    """The songs as a table of text."""
    return _aligned([_COLUMNS, *(_row(entry) for entry in entries)])


def verdict_table(verdicts: Sequence[Verdict]) -> str:
    """The figures as a table of text."""
    return _aligned([(each.word, each.figure, each.wanted, each.found) for each in verdicts])


def html_page(entries: Sequence[SongEntry], verdicts: Sequence[Verdict], failures: Sequence[str]) -> str:
    """The whole report; it loads nothing from elsewhere but the files beside it."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width, initial-scale=1'>",
        f"<title>songwright: listening report</title><style>{_STYLE}</style>",
        "<h1>Listening report</h1>",
        "<div class=wide><table><tr><th><th>figure<th>wanted<th>found</tr>",
        *(_verdict_row(each) for each in verdicts),
        "</table></div>",
    ]
    parts.append(f"<p class=facts>Human songs: {escape(CORPUS)}.</p>")
    if failures:
        parts += ["<h2>Failed</h2><ul>", *(f"<li>{escape(words)}" for words in failures), "</ul>"]
    parts.append("<h2>Songs</h2><div class=wide><table><tr>")
    parts += [f"<th>{escape(name)}" for name in _COLUMNS]
    for entry in entries:
        name, *cells = _row(entry)
        parts.append(f"<tr><td><a href='#{escape(name)}'>{escape(name)}</a>")
        parts += [f"<td>{escape(cell)}" for cell in cells]
    parts += ["</table></div>", *(_song_section(entry) for entry in entries), "</html>"]
    return "\n".join(parts)


def _verdict_row(verdict: Verdict) -> str:
    look = {True: "pass", False: "short", None: ""}[verdict.passed]
    cells = "".join(f"<td>{escape(cell)}" for cell in (verdict.figure, verdict.wanted, verdict.found))
    return f"<tr><td class='{look}'>{verdict.word}{cells}</tr>"


def _song_section(entry: SongEntry) -> str:
    request, facts = entry.render.request, entry.render.song.facts
    heard = " ".join(
        f"{part.label} {part.start_seconds:.0f}-{part.end_seconds:.0f} s"
        for part in entry.figures.measured.sections
    )
    parts = [
        f"<section id='{escape(request.name)}'><h3>{escape(request.name)}: {escape(facts.title)}</h3>",
        f"<p class=facts>{escape(request.action.prompt)} &middot; seed {escape(facts.seed)}",
        f"<br>sections heard: {escape(heard)}</p>",
        f"<audio controls preload=none src='{escape(entry.audio)}'></audio>",
    ]
    if entry.vocals:
        parts.append(
            "<details><summary>vocal stem</summary>"
            f"<audio controls preload=none src='{escape(entry.vocals)}'></audio></details>"
        )
    for picture, words in ((entry.roll, "piano roll"), (entry.spectrum, "spectrogram")):
        if picture:
            parts.append(
                f"<figure><img loading=lazy src='{escape(picture)}' alt='{words} of {escape(request.name)}'>"
                f"<figcaption>{words}</figcaption></figure>"
            )
    if entry.words and entry.words.lines:
        parts.append(
            "<details><summary>words heard</summary><table><tr><th>written<th>on the stem<th>in the mix"
        )
        parts += [
            f"<tr><td>{escape(line.text)}<td>{escape(line.stem)} ({line.stem_error:.2f})"
            f"<td>{escape(line.mix)} ({line.mix_error:.2f})"
            for line in entry.words.lines
        ]
        parts.append("</table></details>")
    return "".join([*parts, "</section>"])

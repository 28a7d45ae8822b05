"""The report's figures: what each one is, what it must be, and whether it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
from tools.listening.figures import SongFigures
from tools.listening.melodies import Variety
from tools.listening.requests import REQUESTS
from tools.listening.words import WordFigures

__all__ = [
    "Verdict",
    "genre_file_verdict",
    "melody_verdicts",
    "song_verdicts",
    "variety_verdicts",
    "word_verdicts",
]

_LOUDNESS_LUFS, _LOUDNESS_TOLERANCE = -14.0, 0.3
_HIGHEST_PEAK_DBTP = -1.0
_LONGEST_REST_SECONDS = 2.0
_LONGEST_TAIL_SILENCE_SECONDS = 5.0
_KEYS_PER_24 = 22


@dataclass(frozen=True, slots=True)
class Verdict:
    """One figure. ``passed`` is None where it is only information or could not be measured."""

    figure: str
    wanted: str
    found: str
    passed: bool | None

    @property
    def word(self) -> str:
        """PASS, FALLS SHORT or a dash."""
        return {True: "PASS", False: "FALLS SHORT", None: "-"}[self.passed]


def song_verdicts(songs: Sequence[SongFigures]) -> list[Verdict]:
    """Tempo, key, pitch, onsets, loudness, clicks and silence over all songs."""
    count = len(songs)
    tempo = [song.beside.tempo in ("same", "double", "half") for song in songs]
    exact = sum(song.beside.tempo == "same" for song in songs)
    key = [song.beside.key in ("same", "relative") for song in songs]
    same_key = sum(song.beside.key == "same" for song in songs)
    frames = np.array([song.pitch.voiced_frames for song in songs if song.pitch])
    close = np.array([song.pitch.within_50_cents for song in songs if song.pitch])
    in_tune = float((frames * close).sum() / frames.sum()) if len(frames) else 0.0
    onsets, on_time = sum(song.onsets for song in songs), sum(song.onsets_on_time for song in songs)
    loudness = [song.measured.integrated_lufs or -120.0 for song in songs]
    peaks = [song.measured.true_peak_dbtp or -120.0 for song in songs]
    clicks = sum(len(song.unexplained_clicks_seconds) for song in songs)
    clipped = sum(song.measured.clipped_samples for song in songs)
    rests = [song.measured.longest_inner_silence_seconds for song in songs]
    edges = [
        max(song.measured.leading_silence_seconds, song.measured.trailing_silence_seconds) for song in songs
    ]
    return [
        Verdict(
            "asked tempo heard within 2 %, or its double or half",
            f"{count} of {count}",
            f"{sum(tempo)} of {count} ({exact} as asked)",
            all(tempo),
        ),
        Verdict(
            "asked key or its relative heard",
            f"{_KEYS_PER_24} of 24",
            f"{sum(key)} of {count} ({same_key} as asked)",
            sum(key) >= _KEYS_PER_24 / 24 * count,
        ),
        Verdict(
            "voiced frames within 50 cents of the score",
            ">= 97 %",
            f"{in_tune:.1%} of {int(frames.sum())} (worst song {close.min(initial=1.0):.1%})",
            in_tune >= 0.97,
        ),
        Verdict(
            "vowel onsets within 40 ms of their note",
            "all that can be heard; 95 % allows for the hearing's own error",
            f"{on_time / max(1, onsets):.1%} of {onsets}",
            on_time >= 0.95 * onsets,
        ),
        Verdict(
            "loudness of the masters",
            "-14 +-0.3 LUFS",
            f"{min(loudness):.2f} to {max(loudness):.2f} LUFS",
            all(abs(level - _LOUDNESS_LUFS) <= _LOUDNESS_TOLERANCE for level in loudness),
        ),
        Verdict(
            "true peak of the masters",
            "<= -1 dBTP",
            f"{max(peaks):.2f} dBTP at most",
            max(peaks) <= _HIGHEST_PEAK_DBTP,
        ),
        Verdict(
            "clicks that no note explains, clipped samples",
            "none",
            f"{clicks} clicks, {clipped} clipped samples",
            clicks == 0 and clipped == 0,
        ),
        Verdict(
            "dead air",
            f"at most {_LONGEST_REST_SECONDS:g} s inside, {_LONGEST_TAIL_SILENCE_SECONDS:g} s at the ends",
            f"{max(rests):.2f} s inside, {max(edges):.2f} s at the ends",
            max(rests) <= _LONGEST_REST_SECONDS and max(edges) <= _LONGEST_TAIL_SILENCE_SECONDS,
        ),
    ]


def word_verdicts(songs: Sequence[WordFigures] | str, control: WordFigures | None) -> list[Verdict]:
    """Word error rates, or why there are none."""
    names = ("word error of Whisper base on the vocal stem", "word error of Whisper base on the mix")
    if isinstance(songs, str):
        return [Verdict(name, "<= 0.10" if "stem" in name else "<= 0.30", songs, None) for name in names]
    lines = [line for song in songs for line in song.lines]
    if not lines:
        return [Verdict(name, "", "not measured: nothing is sung", None) for name in names]
    stem = float(np.mean([line.stem_error for line in lines]))
    mix = float(np.mean([line.mix_error for line in lines]))
    other = float(np.mean([line.other_line_error for line in lines]))
    verdicts = [
        Verdict(names[0], "<= 0.10", f"{stem:.3f} over {len(lines)} lines", stem <= 0.10),
        Verdict(names[1], "<= 0.30", f"{mix:.3f}", mix <= 0.30),
        Verdict("the same against another line of the song", "near 1", f"{other:.2f}", None),
    ]
    if control is not None and control.lines:
        shuffled = float(np.mean([line.stem_error for line in control.lines]))
        verdicts.append(
            Verdict(
                "the same where the words of each line were shuffled before they were sung",
                "",
                f"{shuffled:.2f}",
                None,
            )
        )
    return verdicts


def variety_verdicts(variety: Variety) -> list[Verdict]:
    """How different the songs of many seeds are."""
    return [
        Verdict(
            f"different melodies of {variety.seeds} seeds",
            f"{variety.seeds}",
            f"{variety.melodies}",
            variety.melodies == variety.seeds,
        ),
        Verdict(
            "different forms or chorus progressions of those seeds",
            ">= 4",
            f"{variety.forms} forms, {variety.progressions} progressions",
            max(variety.forms, variety.progressions) >= 4,
        ),
        Verdict(
            "notes that any two of them share",
            "< 0.5",
            f"{variety.largest_overlap:.2f} at most, {variety.mean_overlap:.2f} on average",
            variety.largest_overlap < 0.5,
        ),
    ]


def melody_verdicts(
    songs: Sequence[dict[str, float]], humans: Sequence[dict[str, float]] | str
) -> list[Verdict]:
    """Each statistic of the melodies beside the middle 95 % of human songs."""
    if isinstance(humans, str):
        return [Verdict("melodies beside human songs", "", humans, None)]
    if not songs:
        return []
    rows, inside = [], []
    for name in humans[0]:
        human = np.array([song[name] for song in humans])
        ours = np.array([song[name] for song in songs])
        low, high = (float(np.quantile(human, share)) for share in (0.025, 0.975))
        within = (ours >= low - 1e-9) & (ours <= high + 1e-9)
        inside.append(within)
        middle = float(np.median(ours))
        spread = f"{ours.min():.2f} to {ours.max():.2f}; {within.mean():.0%} of songs"
        rows.append(
            Verdict(
                f"melody: {name}",
                f"{low:.2f} to {high:.2f}",
                f"{middle:.2f} in the middle, {spread}",
                low <= middle <= high,
            )
        )
    share = float(np.mean(inside))
    whole = Verdict(
        f"melodies within the middle 95 % of {len(humans)} human songs",
        ">= 90 % of all songs' statistics",
        f"{share:.1%}",
        share >= 0.90,
    )
    return [whole, *rows]


def genre_file_verdict() -> Verdict:
    """No genre file may name a bar of some song, nor a seed, title or tempo-and-key pair of the requests."""
    folder = files("songwright.style") / "genres"
    suspicious = re.compile(r"listen-|variety-|\bbars?\s+\d|\bbar_?(number|index)\b|\bseed\b", re.IGNORECASE)
    lines = [line.lower() for request in REQUESTS for line in request.lyric.splitlines() if len(line) > 12]
    found = []
    count = 0
    for entry in folder.iterdir():
        if entry.name.endswith(".toml"):
            count += 1
            text = entry.read_text(encoding="utf-8")
            if suspicious.search(text) or any(line in text.lower() for line in lines):
                found.append(entry.name)
    return Verdict(
        "genre files that name a bar, a seed or a line of these requests",
        "none",
        f"{', '.join(sorted(found)) or 'none'} of {count}",
        not found,
    )

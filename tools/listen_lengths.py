"""Compose twelve styles in nine lengths, sung and not, render some of them, and print asked and got.

A length is met within 0.5 s where it is typed, and within a bar where the prompt says it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.composing.compose import compose
from songwright.engines.local.render_action import manuscript_of
from songwright.engines.local.rendering.score_to_audio import make_sound
from songwright.music.actions import Generate

STYLES = (
    "pop", "rock", "jazz", "techno", "folk", "ambient", "waltz for strings", "metal", "reggae", "trap",
    "bossa nova", "orchestral",
)  # fmt: skip
LENGTHS_SECONDS = (5, 10, 15, 20, 30, 45, 60, 90, 180)
LYRIC = """[Verse]
The kettle sings upon the stove
The rain has come to stay
[Chorus]
Stay in with me, stay in with me
We have nowhere to be today
"""
_TYPED_SECONDS = 0.5

Words = Literal["played", "own words", "given words"]
_REQUESTS: dict[Words, dict[str, Any]] = {
    "played": {"instrumental": True},
    "own words": {},
    "given words": {"lyric": LYRIC},
}


@dataclass(frozen=True, slots=True)
class Row:
    """One request: what was asked and what was composed."""

    style: str
    words: Words
    typed: bool
    asked_seconds: float
    got_seconds: float
    bar_seconds: float
    form: str

    @property
    def is_met(self) -> bool:
        """Whether the length is within the contract."""
        allowed = _TYPED_SECONDS if self.typed else self.bar_seconds
        return abs(self.got_seconds - self.asked_seconds) <= allowed


def main() -> int:
    """Print a line a style and kind of words, then what was rendered; 0 where every length is met."""
    options = _options()
    met, total, largest = 0, 0, 0.0
    for style in STYLES:
        for words in _REQUESTS:
            for typed in (True, False):
                rows = list(_rows(style, words, options.seed, typed=typed))
                got = " ".join(f"{row.asked_seconds:g}/{row.got_seconds:.2f}" for row in rows)
                how = "typed" if typed else "prose"
                print(f"{style:18} {words:12} {how}  {got}")
                for row in rows:
                    total += 1
                    met += row.is_met
                    largest = max(largest, abs(row.got_seconds - row.asked_seconds))
                    if not row.is_met:
                        print(f"  missed: {row.form}")
    print(f"{met} of {total} within the contract; furthest off {largest:.3f} s")
    heard = all(list(map(_hear, STYLES, (5, 8, 15, 30))))
    return 0 if met == total and heard else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", default="7", help="the seed of all songs")
    return parser.parse_args()


def _rows(style: str, words: Words, seed: str, *, typed: bool) -> Iterator[Row]:
    for seconds in LENGTHS_SECONDS:
        prompt = style if typed else f"{style}, {seconds} seconds"
        more = {"duration_seconds": seconds} if typed else {}
        action = Generate.model_validate({"prompt": prompt, **_REQUESTS[words], **more})
        score = compose(action, seed).score
        form = " ".join(f"{section.name} {section.bars}" for section in score.sections)
        bar_seconds = score.time_signature.beats_per_bar * 60.0 / score.tempo_bpm
        yield Row(style, words, typed, seconds, score.duration_seconds, bar_seconds, form)


def _hear(style: str, seconds: float) -> bool:
    """Render a sung song and print its length."""
    action = Generate(prompt=style, lyric=LYRIC, duration_seconds=seconds)
    song = manuscript_of(compose(action, "7"), "7")
    sound = make_sound(song, raw=False, done=lambda _stage: None)
    got = sound.mix.shape[1] / SAMPLE_RATE_HZ
    print(f"rendered: {style}, {seconds:g} s asked, {got:.3f} s, {sound.loudness.integrated_lufs:.1f} LUFS")
    return abs(got - seconds) <= _TYPED_SECONDS


if __name__ == "__main__":
    raise SystemExit(main())

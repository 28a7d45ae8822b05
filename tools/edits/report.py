"""The checks, with their figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tools.edits.sound import SAMPLE_RATE_HZ, difference, jump_db, residual_dbfs, step
from tools.edits.workshop import STEMS, Made

from songwright.errors import RequestError

__all__ = ["Report"]

_MOST_RESIDUAL_DBFS = -90.0
_LONGEST_MESSAGE = 300


@dataclass(slots=True)
class Report:
    """What was checked so far."""

    lines: list[str] = field(default_factory=list)
    failures: int = 0

    @property
    def checks(self) -> int:
        """How many."""
        return len(self.lines)

    def check(self, name: str, promise: str, figure: str, *, holds: bool) -> None:
        """Note one check and print it."""
        self.failures += not holds
        self.lines.append(name)
        print(f"{'ok  ' if holds else 'FAIL'}  {name:<28} {promise:<46} {figure}")

    def same_outside(self, name: str, old: Made, new: Made, start: float, end: float | None) -> None:
        """A stretch was replaced and all else stayed, in the master and every stem; seams are no worse."""
        first = round(start * SAMPLE_RATE_HZ)
        last = None if end is None else round(end * SAMPLE_RATE_HZ)
        outside = [(0, first), *([] if last is None else [(last, None)])]
        before, behind = old.samples(), new.samples()
        pairs = [(before, behind), *((old.stem(stem), new.stem(stem)) for stem in new.stems)]
        worst = max(difference(one, other, outside) for one, other in pairs)
        self.check(
            name,
            "outside the range every sample is the same",
            f"largest difference {worst:g}",
            holds=worst == 0,
        )
        inside = difference(before[first:last], behind[first:last])
        self.check(
            name, "inside the range it is another", f"largest difference {inside:.3f}", holds=inside > 0.001
        )
        own_step, own_jump = step(before), jump_db(before)
        for seam in _seams(first, last, len(behind)):
            here = step(behind, seam)
            where = f"at {seam / SAMPLE_RATE_HZ:.2f} s"
            self.check(
                name,
                f"no step at the seam {where}",
                f"{here:.4f}, the song's own {own_step:.4f}",
                holds=here <= own_step,
            )
            jump = jump_db(behind, seam)
            self.check(
                name,
                f"no jump of level {where}",
                f"{jump:.1f} dB, the song's own {own_jump:.1f} dB",
                holds=jump <= own_jump,
            )
        self.promised(name, new, worst)
        self.sums(name, new)

    def same_stems(self, name: str, old: Made, new: Made, kept: tuple[str, ...]) -> None:
        """Some stems stayed whole, the others did not."""
        worst = max(difference(old.stem(stem), new.stem(stem)) for stem in STEMS if stem in kept)
        self.check(
            name,
            f"{' and '.join(kept)}: every sample is the same",
            f"largest difference {worst:g}",
            holds=worst == 0,
        )
        changed = max(difference(old.stem(stem), new.stem(stem)) for stem in STEMS if stem not in kept)
        self.check(
            name, "the other side is another", f"largest difference {changed:.3f}", holds=changed > 0.001
        )
        self.promised(name, new, worst)
        self.sums(name, new)

    def promised(self, name: str, made: Made, measured: float) -> None:
        """The engine said what was measured here."""
        promise = made.song.facts.promise
        said = None if promise is None else promise.outside_max_abs_diff
        self.check(name, "the result says so", f"{said} said, {measured:g} measured", holds=said == measured)

    def sums(self, name: str, made: Made) -> None:
        """The stems, where there are any, sum to the master."""
        if not made.stems:
            return
        residual = residual_dbfs(made.samples(), [made.stem(stem) for stem in STEMS])
        self.check(
            name,
            "stems sum to the mix",
            f"residual {residual:.0f} dBFS",
            holds=residual <= _MOST_RESIDUAL_DBFS,
        )

    def refused(self, name: str, field_: str, answer: tuple[RequestError | None, bool]) -> None:
        """A wrong edit got a short error that names its field, and left nothing."""
        error, left = answer
        message = error.message if error else "accepted"
        holds = error is not None and error.field == field_ and len(message) <= _LONGEST_MESSAGE and not left
        self.check(name, "is refused, and leaves no task and no file", message, holds=holds)


def _seams(first: int, last: int | None, end: int) -> Iterator[int]:
    if first > 0:
        yield first
    if last is not None and last < end:
        yield last

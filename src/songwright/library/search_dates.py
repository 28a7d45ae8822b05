"""Days in the words of a search: "yesterday", "last week", "2026-11-28"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Days", "days_meant"]

# "from yesterday" is one thing to say; the little word is not looked for in titles.
_PHRASE = re.compile(
    r"(?<!\S)(?:(?P<link>from|of|on|in|since)\s+)?"
    r"(?P<when>today|yesterday|(?:this|last)\s+(?:week|month)|\d{4}-\d{2}(?:-\d{2})?)(?!\S)"
)


@dataclass(frozen=True, slots=True)
class Days:
    """Some days, one after the other, as a calendar on the wall has them.

    Attributes:
        first: The first of them.
        last: The last of them.
    """

    first: date
    last: date

    def __str__(self) -> str:
        """As in a sentence behind "of"."""
        return f"{self.first}" if self.first == self.last else f"{self.first} to {self.last}"


def days_meant(query: str, today: date) -> tuple[str, Days] | None:
    """The query without the days that it names, and those days; None where it names none.

    Weeks begin on Monday, after ISO 8601. The first days that are named are meant; others stay words.

    Args:
        query: Words and perhaps days, in any case.
        today: What day it is for who keeps the library.
    """
    folded = query.casefold()
    for match in _PHRASE.finditer(folded):
        days = _days(" ".join(match["when"].split()), today)
        if days is not None:
            if match["link"] == "since":
                days = Days(days.first, max(days.first, today))
            return " ".join((folded[: match.start()] + folded[match.end() :]).split()), days
    return None


def _days(when: str, today: date) -> Days | None:
    monday, first_of_month = today - timedelta(days=today.weekday()), today.replace(day=1)
    a_day = timedelta(days=1)
    match when:
        case "today":
            return Days(today, today)
        case "yesterday":
            return Days(today - a_day, today - a_day)
        case "this week":
            return Days(monday, today)
        case "last week":
            return Days(monday - 7 * a_day, monday - a_day)
        case "this month":
            return Days(first_of_month, today)
        case "last month":
            return Days((first_of_month - a_day).replace(day=1), first_of_month - a_day)
        case _:
            return _written_days(when)


def _written_days(when: str) -> Days | None:
    """A day or a month of ISO 8601; None where the calendar has no such one."""
    try:
        if len(when) == len("2026-11-28"):
            day = date.fromisoformat(when)
            return Days(day, day)
        first = date.fromisoformat(f"{when}-01")
        next_month = (first + timedelta(days=31)).replace(day=1)
    except (ValueError, OverflowError):
        return None
    return Days(first, next_month - timedelta(days=1))

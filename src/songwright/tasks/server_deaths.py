"""What is done with a task under which the server has died: it is tried again, later and later.

A kill from outside can't be told from a task that takes the server down. Kills, deploys and restarts are
common and are no fault of the task's, so it is not given up after a few. So that a task which does take the
server down leaves time for all others, it is not begun before the server has lived for a while.
"""

from __future__ import annotations

__all__ = ["MAX_SERVER_DEATHS", "most_server_deaths"]

MAX_SERVER_DEATHS = 25
"""So often may the server die while a task alone is worked on. Before the last nine of these deaths it has
lived for a minute each, so kills alone come nowhere near; a task that takes the server down ends within half
an hour."""

# More than the restarts that one song meets in a day of deploys.
_AT_ONCE = 10
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 2.0, 60.0


def most_server_deaths(lived_seconds: float) -> int:
    """How many deaths a task may have seen to be begun by a server that has worked for so long.

    Up to ten deaths it is begun at once; with every further one the pause doubles, from two seconds to a
    minute (exponential backoff).
    """
    deaths, pause_seconds = _AT_ONCE, _FIRST_PAUSE_SECONDS
    while lived_seconds >= pause_seconds:
        if pause_seconds >= _LONGEST_PAUSE_SECONDS:
            return MAX_SERVER_DEATHS
        deaths += 1
        pause_seconds = min(2 * pause_seconds, _LONGEST_PAUSE_SECONDS)
    return deaths

"""The queue of tasks: which wait, which are under way, and whose turn it is.

A task waits until it is handed over: it then has a job, whose id fences it. Work of another job of the same
task, one that was taken for lost and was not, can't change the task any more.

Turns are fair: a free slot goes to the principal with the fewest tasks under way, among those to the one
served longest ago, and there to its oldest task. So whoever queues hundreds delays another by no more than
what is under way. Each lane has slots of its own, so that a slow service does not hold up the renderer and a
long import does not hold up edits.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from songwright.library.database import Database
from songwright.library.schema import tasks
from songwright.tasks.server_deaths import MAX_SERVER_DEATHS

__all__ = ["IMPORTS_LANE", "UNFINISHED", "FairTurns", "TaskQueue", "UnderWay", "Waiting"]

UNFINISHED = ("queued", "running")
IMPORTS_LANE = "imports"
"""The lane of recordings that come in; the lane of every other task is named by its engine."""

# Principals whose last turn is remembered. One that was forgotten is served a little earlier, nothing worse.
_REMEMBERED_PRINCIPALS = 1024
# Bound parameters in one statement; SQLite before 3.32 takes at most 999.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """The oldest waiting task of one principal in one lane."""

    task_id: str
    principal: str
    lane: str
    created_at: int


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An unfinished task that has been handed over as a job."""

    task_id: str
    job_id: str
    principal: str
    lane: str


class TaskQueue:
    """Reads the queue and hands tasks over. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def has_unfinished(self) -> bool:
        """Whether any task of anyone waits or runs."""
        wanted = sa.select(tasks.c.id).where(tasks.c.status.in_(UNFINISHED)).limit(1)
        with self._database.read() as connection:
            return connection.execute(wanted).first() is not None

    def unfinished(self) -> set[str]:
        """Ids of all tasks that wait or run."""
        wanted = sa.select(tasks.c.id).where(tasks.c.status.in_(UNFINISHED))
        with self._database.read() as connection:
            return set(connection.execute(wanted).scalars())

    def while_none_is_accepted(self, look: Callable[[set[str]], None]) -> None:
        """Call a function with the ids of all unfinished tasks, while nobody can accept another one."""
        wanted = sa.select(tasks.c.id).where(tasks.c.status.in_(UNFINISHED))
        with self._database.write() as connection:
            look(set(connection.execute(wanted).scalars()))

    def waiting(
        self, except_lanes: Collection[str] = (), most_server_deaths: int = MAX_SERVER_DEATHS
    ) -> list[Waiting]:
        """The oldest task without a job of each principal in each lane, oldest first.

        Args:
            except_lanes: Lanes that nobody asks for: to rank what waits there costs, and leads to nothing.
            most_server_deaths: Tasks under which the server has died more often wait for longer, unless they
                are to be given up.
        """
        age = (tasks.c.created_at, tasks.c.id)
        lane = sa.func.coalesce(sa.func.nullif(tasks.c.lane, ""), tasks.c.engine)
        ranked = (
            sa.select(
                tasks.c.id,
                tasks.c.principal,
                tasks.c.lane,
                tasks.c.engine,
                tasks.c.created_at,
                sa.func.row_number()
                .over(partition_by=(tasks.c.principal, tasks.c.lane, tasks.c.engine), order_by=age)
                .label("rank"),
            )
            .where(
                tasks.c.status.in_(UNFINISHED),
                tasks.c.job_id.is_(None),
                lane.not_in(list(except_lanes)),
                sa.or_(
                    tasks.c.server_deaths <= most_server_deaths, tasks.c.server_deaths >= MAX_SERVER_DEATHS
                ),
            )
            .subquery()
        )
        wanted = sa.select(ranked).where(ranked.c.rank == 1).order_by(ranked.c.created_at, ranked.c.id)
        with self._database.read() as connection:
            return [
                Waiting(row.id, row.principal, row.lane or row.engine, row.created_at)
                for row in connection.execute(wanted)
            ]

    def under_way(self) -> list[UnderWay]:
        """Every unfinished task that has a job, oldest first."""
        wanted = (
            sa.select(tasks.c.id, tasks.c.job_id, tasks.c.principal, tasks.c.lane, tasks.c.engine)
            .where(tasks.c.status.in_(UNFINISHED), tasks.c.job_id.is_not(None))
            .order_by(tasks.c.created_at, tasks.c.id)
        )
        with self._database.read() as connection:
            return [
                UnderWay(row.id, row.job_id, row.principal, row.lane or row.engine)
                for row in connection.execute(wanted)
            ]

    def hand_over(self, task_id: str, job_id: str) -> bool:
        """Give a waiting task its job; False where it does not wait, or has one already."""
        handed_over = (
            tasks.update()
            .where(tasks.c.id == task_id, tasks.c.job_id.is_(None), tasks.c.status.in_(UNFINISHED))
            .values(job_id=job_id)
        )
        with self._database.write() as connection:
            return connection.execute(handed_over).rowcount == 1

    def take_back(self, job_ids: Iterable[str]) -> None:
        """Let the tasks of some lost jobs wait again."""
        lost = list(job_ids)
        if not lost:
            return
        with self._database.write() as connection:
            for start in range(0, len(lost), _AT_ONCE):
                connection.execute(
                    tasks.update()
                    .where(tasks.c.job_id.in_(lost[start : start + _AT_ONCE]), tasks.c.status.in_(UNFINISHED))
                    .values(job_id=None)
                )

    def note_server_death(self) -> None:
        """Note that the process that worked last has died, before another begins to work.

        The death counts against a task only where that one alone was worked on: with several under way,
        nobody can tell which of them it was, and a healthy one must not pay for its neighbour.
        """
        held = sa.select(tasks.c.id).where(tasks.c.status.in_(UNFINISHED), tasks.c.is_held)
        with self._database.write() as connection:
            found = list(connection.execute(held).scalars())
            if not found:
                return
            release = tasks.update().where(tasks.c.is_held).values(is_held=False)
            connection.execute(release)
            if len(found) == 1:
                connection.execute(
                    tasks.update()
                    .where(tasks.c.id == found[0])
                    .values(server_deaths=tasks.c.server_deaths + 1)
                )

    def ended(self, task_ids: Collection[str]) -> set[str]:
        """Which of some tasks have ended."""
        if not task_ids:
            return set()
        wanted = sa.select(tasks.c.id).where(
            tasks.c.id.in_(list(task_ids)), tasks.c.status.not_in(UNFINISHED)
        )
        with self._database.read() as connection:
            return set(connection.execute(wanted).scalars())


class FairTurns:
    """Chooses who is next. For one thread."""

    def __init__(self, slots: Callable[[str], int]) -> None:
        """Choose within ``slots(lane)`` tasks at a time in each lane."""
        self._slots = slots
        self._turn = 0
        self._last_turn: OrderedDict[str, int] = OrderedDict()

    def full_lanes(self, under_way: Iterable[UnderWay]) -> list[str]:
        """The lanes in which no slot is free."""
        by_lane = Counter(task.lane for task in under_way)
        return [lane for lane, count in by_lane.items() if count >= self._slots(lane)]

    def next(self, waiting: Iterable[Waiting], under_way: Collection[UnderWay]) -> Waiting | None:
        """The task whose turn it is; None where no lane that somebody waits for has a free slot."""
        full = self.full_lanes(under_way)
        by_principal = Counter(task.principal for task in under_way)
        able = [task for task in waiting if task.lane not in full]
        if not able:
            return None

        def order(task: Waiting) -> tuple[int, int, int, str]:
            served = self._last_turn.get(task.principal, 0)
            return by_principal[task.principal], served, task.created_at, task.task_id

        chosen = min(able, key=order)
        self._turn += 1
        self._last_turn[chosen.principal] = self._turn
        self._last_turn.move_to_end(chosen.principal)
        if len(self._last_turn) > _REMEMBERED_PRINCIPALS:
            self._last_turn.popitem(last=False)
        return chosen

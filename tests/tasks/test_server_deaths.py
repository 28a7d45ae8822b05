"""A task under which the server dies again and again is tried later and later, and holds up no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from workshops import accept, ended, succeeded, wait_until

from songwright.music.task import Failed
from songwright.tasks.queue import TaskQueue
from songwright.tasks.server_deaths import MAX_SERVER_DEATHS, most_server_deaths
from songwright.tasks.worker import Worker
from songwright.tasks.workshop import Workshop


def let_the_server_die_under(workshop: Workshop, task_id: str, times: int) -> None:
    queue = TaskQueue(workshop.database)
    for _ in range(times):
        workshop.ledger.begin(task_id)
        queue.note_server_death()


@pytest.mark.parametrize(
    ("lived_seconds", "deaths"),
    [
        (0.0, 10),
        (1.9, 10),
        (2.0, 11),
        (4.0, 12),
        (31.9, 14),
        (32.0, 15),
        (59.0, 15),
        (60.0, MAX_SERVER_DEATHS),
    ],
)
def test_the_pause_doubles_with_every_death_up_to_a_minute(lived_seconds: float, deaths: int) -> None:
    assert most_server_deaths(lived_seconds) == deaths


def test_a_task_that_has_seen_many_deaths_lets_younger_ones_pass(
    workshop: Workshop, make_worker: Callable[..., Worker]
) -> None:
    old = accept(workshop)
    let_the_server_die_under(workshop, old.id, 11)
    young = accept(workshop)
    worker = make_worker()
    worker.wake()
    wait_until(lambda: succeeded(workshop, young))
    assert not succeeded(workshop, old)

    wait_until(lambda: succeeded(workshop, old))


def test_a_task_that_has_seen_a_few_deaths_is_tried_at_once(workshop: Workshop) -> None:
    task = accept(workshop)
    let_the_server_die_under(workshop, task.id, 10)

    [waiting] = TaskQueue(workshop.database).waiting(most_server_deaths=most_server_deaths(0))
    assert waiting.task_id == task.id


def test_a_task_that_has_seen_too_many_deaths_is_given_up_at_once(
    workshop: Workshop, make_worker: Callable[..., Worker]
) -> None:
    task = accept(workshop)
    let_the_server_die_under(workshop, task.id, MAX_SERVER_DEATHS)
    make_worker().wake()
    wait_until(lambda: ended(workshop, task, Failed))

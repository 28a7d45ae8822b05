"""Callbacks: owed once a task is accepted, signed, delivered at least once, never to a private place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import anyio
import pytest
import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook

from callback_receiver import receiving
from songwright.library.database import Database
from songwright.library.schema import SCHEMA_VERSION, callbacks, producer_calls, schema_version
from songwright.music.actions import parse_action
from songwright.music.task import Failure, Task
from songwright.outbound import AddressRules
from songwright.tasks.callbacks import RETRY_DELAYS, Callback, Callbacks
from songwright.tasks.deliveries import Deliveries
from songwright.tasks.ledger import Ledger

SECRET = "whsec_" + "c29tZSBzZWNyZXQgd29yZHM="


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.in_folder(tmp_path)
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def accepted(database: Database, url: str, *, principal: str = "me") -> Task:
    action = parse_action({"action": "generate", "prompt": "folk", "callback_url": url})
    return Ledger(database).accept(
        action, engine="scripted", seed="1", principal=principal, request_id=None, print_="print"
    )


def ended(database: Database, url: str) -> Task:
    task = accepted(database, url)
    Ledger(database).fail(task.id, Failure(code="engine", message="It broke.", retryable=False))
    return task


def deliveries(database: Database, clock: Clock, *hosts: str, **more: Any) -> Deliveries:
    async def compose(callback: Callback) -> dict[str, Any]:
        return {"task_id": callback.task_id, "note": "é"}

    return Deliveries(
        callbacks=Callbacks(database),
        compose=compose,
        secret_of=lambda principal: SECRET if principal == "me" else "whsec_b3RoZXI=",
        rules=AddressRules(frozenset(hosts)),
        clock=clock,
        **more,
    )


def state(database: Database, task: Task) -> Callback:
    found = Callbacks(database).of_task(task.id)
    assert found is not None
    return found


@asynccontextmanager
async def running(deliveries: Deliveries) -> AsyncIterator[None]:
    async with anyio.create_task_group() as group:
        group.start_soon(deliveries.run)
        yield
        group.cancel_scope.cancel()


async def test_a_callback_waits_for_the_end_of_its_task(database: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        task = accepted(database, receiver.url)
        post = deliveries(database, clock, receiver.host)
        assert await post.deliver_due() == 0
        Ledger(database).cancel(task.id, "me")
        assert await post.deliver_due() == 1
        assert await post.deliver_due() == 0
        assert [came.value["task_id"] for came in receiver.received] == [task.id]
        assert state(database, task).status == "delivered"


async def test_a_callback_is_signed_by_standard_webhooks(database: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        task = ended(database, receiver.url)
        await deliveries(database, clock, receiver.host).deliver_due()
        [came] = receiver.received
        assert Webhook(SECRET).verify(came.body, came.headers) == {"task_id": task.id, "note": "é"}
        assert came.headers["content-type"] == "application/json"
        assert task.id in came.headers["webhook-id"]


async def test_a_receiver_that_fails_for_an_hour_gets_it_when_it_is_back(
    database: Database, clock: Clock
) -> None:
    begun = clock.now
    async with receiving(lambda _: 500 if clock.now < begun + timedelta(hours=1) else 204) as receiver:
        task = ended(database, receiver.url)
        post = deliveries(database, clock, receiver.host)
        while (owed := state(database, task)).status == "pending":
            clock.now = owed.due_at or clock.now
            assert await post.deliver_due() == 1
        assert clock.now < begun + timedelta(hours=3)
        assert state(database, task).status == "delivered"
        assert state(database, task).last_outcome == "HTTP 204"
        assert len({came.headers["webhook-id"] for came in receiver.received}) == 1
        assert len({came.body for came in receiver.received}) == 1
        stamps = [int(came.headers["webhook-timestamp"]) for came in receiver.received]
        pauses = [later - earlier for earlier, later in pairwise(stamps)]
        assert pauses == sorted(pauses)


async def test_attempts_go_on_for_about_a_day_and_then_end(database: Database, clock: Clock) -> None:
    begun = clock.now
    async with receiving(lambda _: 503) as receiver:
        task = ended(database, receiver.url)
        post = deliveries(database, clock, receiver.host)
        while (now := state(database, task)).status == "pending":
            clock.now = max(clock.now, now.due_at or clock.now)
            assert await post.deliver_due() == 1
        assert now.status == "abandoned"
        assert now.attempts == len(receiver.received) == len(RETRY_DELAYS) + 1
        assert timedelta(hours=20) < clock.now - begun < timedelta(hours=30)
        clock.move(timedelta(days=9))
        assert await post.deliver_due() == 0


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (200, "delivered"),
        (299, "delivered"),
        (300, "pending"),
        (302, "pending"),
        (304, "pending"),
        (307, "pending"),
        (400, "pending"),
        (410, "abandoned"),
    ],
)
async def test_only_a_2xx_counts_as_taken_and_410_ends_it(
    database: Database, clock: Clock, answer: int, status: str
) -> None:
    async with receiving(lambda _: answer) as receiver:
        task = ended(database, receiver.url)
        await deliveries(database, clock, receiver.host).deliver_due()
        assert state(database, task).status == status


async def test_a_redirect_is_not_followed(database: Database, clock: Clock) -> None:
    async with receiving() as inside:
        redirect = f"HTTP/1.1 307 Elsewhere\r\nLocation: {inside.url}\r\n"
        async with receiving(lambda _: redirect) as receiver:
            task = ended(database, receiver.url)
            await deliveries(database, clock, receiver.host).deliver_due()
            assert len(receiver.received) == 1
            assert inside.received == []
            assert state(database, task).last_outcome == "HTTP 307"
            assert state(database, task).status == "pending"


async def test_a_name_that_leads_to_loopback_is_refused_for_good(database: Database, clock: Clock) -> None:
    async def resolve(_: str, __: int) -> list[str]:
        return ["127.0.0.1"]

    task = ended(database, "http://hooks.example/")
    await deliveries(database, clock, resolve=resolve).deliver_due()
    assert state(database, task).status == "abandoned"
    assert state(database, task).last_outcome == "address refused"


async def test_a_receiver_that_is_not_there_is_tried_again(database: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        pass
    task = ended(database, receiver.url)
    await deliveries(database, clock, receiver.host).deliver_due()
    assert state(database, task).status == "pending"
    assert state(database, task).last_outcome == "no connection"


async def test_a_receiver_that_hangs_holds_up_no_other(database: Database, clock: Clock) -> None:
    async with receiving(lambda _: None) as hanging, receiving() as receiver:
        stuck = [ended(database, hanging.url) for _ in range(40)]
        async with running(deliveries(database, clock, hanging.host, receiver.host)):
            await hanging.until(8)
            # What ends from now on is seen by a later look at what is owed, at which no room is left there.
            task = ended(database, receiver.url)
            await receiver.until(1)
            with anyio.fail_after(10):
                while state(database, task).status != "delivered":  # noqa: ASYNC110 - it is in a database
                    await anyio.sleep(0.01)
        assert {state(database, one).status for one in stuck} == {"pending"}
        assert len(hanging.received) == 8


async def test_a_database_that_fails_for_a_moment_stops_no_delivery(database: Database, clock: Clock) -> None:
    class Failing(Callbacks):
        failures = 1

        def delivered(self, task_id: str, now: datetime, outcome: str) -> None:
            if self.failures:
                self.failures -= 1
                clock.move(timedelta(seconds=61))
                raise OSError("the disk is full")
            super().delivered(task_id, now, outcome)

    async with receiving() as receiver:
        task = ended(database, receiver.url)
        post = replace(deliveries(database, clock, receiver.host), callbacks=Failing(database))
        async with running(post):
            await receiver.until(2)
            with anyio.fail_after(10):
                while state(database, task).status != "delivered":  # noqa: ASYNC110 - it is in a database
                    await anyio.sleep(0.01)


async def test_a_callback_that_a_dead_process_claimed_is_delivered_by_another(
    database: Database, clock: Clock
) -> None:
    async with receiving() as receiver:
        task = ended(database, receiver.url)
        assert Callbacks(database).claim(clock(), 10, most_to_a_host=10)
        post = deliveries(database, clock, receiver.host)
        assert await post.deliver_due() == 0
        clock.move(timedelta(seconds=61))
        assert await post.deliver_due() == 1
        assert state(database, task).status == "delivered"


async def test_two_that_deliver_at_once_do_not_deliver_twice(database: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        tasks = [ended(database, receiver.url) for _ in range(30)]
        posts = [deliveries(database, clock, receiver.host) for _ in range(2)]

        async def deliver(post: Deliveries) -> None:
            while await post.deliver_due():
                pass

        async with anyio.create_task_group() as group:
            for post in posts:
                group.start_soon(deliver, post)
        assert sorted(came.value["task_id"] for came in receiver.received) == sorted(
            task.id for task in tasks
        )


async def test_what_is_owed_outlives_the_process(tmp_path: Path, clock: Clock) -> None:
    async with receiving() as receiver:
        before = Database.in_folder(tmp_path)
        task = ended(before, receiver.url)
        before.close()
        with closing(Database.in_folder(tmp_path)) as after:
            await deliveries(after, clock, receiver.host).deliver_due()
        assert [came.value["task_id"] for came in receiver.received] == [task.id]


async def test_each_owner_has_a_secret_of_its_own(database: Database, clock: Clock) -> None:
    async with receiving() as receiver:
        task = accepted(database, receiver.url, principal="another")
        Ledger(database).cancel(task.id, "another")
        await deliveries(database, clock, receiver.host).deliver_due()
        [came] = receiver.received
        with pytest.raises(Exception, match="signature"):
            Webhook(SECRET).verify(came.body, came.headers)


async def test_a_body_that_cannot_be_made_is_tried_later(database: Database, clock: Clock) -> None:
    async def broken(_: Callback) -> dict[str, Any]:
        raise RuntimeError("a disk is full")

    async with receiving() as receiver:
        task = ended(database, receiver.url)
        post = deliveries(database, clock, receiver.host)
        await replace(post, compose=broken).deliver_due()
        assert state(database, task).status == "pending"
        clock.move(RETRY_DELAYS[0])
        await post.deliver_due()
        assert state(database, task).status == "delivered"


def test_what_was_settled_long_ago_is_forgotten_and_what_is_owed_is_not(
    database: Database, clock: Clock
) -> None:
    settled, owed = (ended(database, f"https://{name}.example.com") for name in ("settled", "owed"))
    table = Callbacks(database)
    table.delivered(settled.id, clock(), "HTTP 200")

    assert table.forget_settled(clock()) == 0
    assert table.forget_settled(clock() + timedelta(days=1)) == 1
    assert table.of_task(settled.id) is None
    assert table.of_task(owed.id) is not None


def test_a_library_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    database = Database.in_folder(tmp_path)
    with database.write() as connection:
        callbacks.drop(connection)
        producer_calls.drop(connection)
        connection.execute(schema_version.update().values(version=1))
    database.close()
    with closing(Database.in_folder(tmp_path)) as upgraded, upgraded.read() as connection:
        assert connection.execute(sa.select(schema_version.c.version)).scalar() == SCHEMA_VERSION
        assert connection.execute(sa.select(callbacks)).all() == []

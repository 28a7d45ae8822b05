"""The stand-in for the hosted API, and an engine that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from songwright.engines.hosted import HostedEngine
from songwright.engines.hosted.service import Timeouts
from standins.pauses import TurnedClock
from standins.performing import Stage
from standins.process import StandIn, running
from standins.producer_api import TOKEN

MakeEngine = Callable[..., HostedEngine]


@pytest.fixture(scope="session")
def producer_api() -> Iterator[StandIn]:
    with running("producer_api") as standin:
        yield standin


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


@pytest.fixture
def story(request: pytest.FixtureRequest) -> str:
    """A name that no other test uses."""
    return "".join(letter if letter.isalnum() else "-" for letter in request.node.name)


@pytest.fixture
def hosted(producer_api: StandIn, clock: TurnedClock, story: str) -> MakeEngine:
    """Makes an engine whose service follows a script."""

    def make(*, how: dict[str, Any] | None = None, token: str | None = TOKEN, **script: Any) -> HostedEngine:
        return HostedEngine(
            None if token is None else SecretStr(token),
            base_url=producer_api.tell(story, **script),
            **{
                "allowed_hosts": frozenset({producer_api.host}),
                "pause": clock,
                "timeouts": Timeouts(submit=30.0, look=30.0),
                **(how or {}),
            },
        )

    return make

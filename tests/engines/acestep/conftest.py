"""The stand-in for an ACE-Step server, and an engine that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from songwright.engines.acestep import AceStepEngine
from standins.pauses import TurnedClock
from standins.performing import Stage
from standins.process import StandIn, running

MakeEngine = Callable[..., AceStepEngine]


@pytest.fixture(scope="session")
def acestep_server() -> Iterator[StandIn]:
    with running("acestep_server") as standin:
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
def acestep(acestep_server: StandIn, clock: TurnedClock, story: str) -> MakeEngine:
    """Makes an engine whose server follows a script."""

    def make(*, how: dict[str, Any] | None = None, key: str | None = None, **script: Any) -> AceStepEngine:
        return AceStepEngine(
            acestep_server.tell(story, **script),
            key=None if key is None else SecretStr(key),
            **{"pause": clock, **(how or {})},
        )

    return make

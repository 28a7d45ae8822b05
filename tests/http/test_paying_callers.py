"""A caller of the Producer API may lend a token of its own for engines that take one."""

from __future__ import annotations

import pytest
from producer_client import Serve, calling

from songwright.access import CALLER_TOKEN_HEADER
from songwright.engines.base import Engine
from songwright.engines.scripted import ScriptedEngine
from songwright.settings import Settings

TOKEN = "a-token-of-the-caller"  # noqa: S105 - made up
BODY = {"action": "generate", "prompt": "folk", "lyric": ""}


class Payable(ScriptedEngine):
    """Notes who pays."""

    def __init__(self) -> None:
        super().__init__()
        self.lent: list[str] = []

    def for_caller(self, token: object) -> Engine:
        self.lent.append(token.get_secret_value())  # type: ignore[attr-defined]
        return self


async def test_the_lent_token_reaches_the_engine_and_no_answer(serve: Serve, settings: Settings) -> None:
    engine = Payable()
    async with serve(settings, engine) as app, calling(app) as client:
        answer = await client.post("/producer/audios", json=BODY, headers={CALLER_TOKEN_HEADER: TOKEN})

    assert answer.status_code == 200
    assert set(engine.lent) == {TOKEN}
    assert TOKEN not in answer.text


@pytest.mark.parametrize("token", ["two words", "x" * 600])
async def test_what_can_be_no_token_is_refused(serve: Serve, settings: Settings, token: str) -> None:
    async with serve(settings) as app, calling(app) as client:
        answer = await client.post("/producer/audios", json=BODY, headers={CALLER_TOKEN_HEADER: token})

    assert answer.status_code == 400
    assert token not in answer.text

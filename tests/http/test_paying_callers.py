"""A caller of the Producer API may lend a token of its own for engines that take one."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from producer_client import Serve, calling

from songwright.access import CALLER_TOKEN_HEADER
from songwright.engines.base import Context, Engine, Rendition, Source
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import EngineError
from songwright.music.actions import Action
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


class Looking(Payable):
    """Notes which files of the home folder hold the lent token while it works, and ends as told."""

    def __init__(self, home: Path, failure: Exception | None) -> None:
        super().__init__()
        self._home = home
        self._failure = failure
        self.seen: list[list[Path]] = []

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        self.seen.append(holding_the_token(self._home))
        if self._failure is not None:
            raise self._failure
        return await super().perform(action, sources, context)


def holding_the_token(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


@pytest.mark.parametrize("failure", [None, EngineError("It broke.", retryable=False)], ids=["made", "failed"])
async def test_the_lent_token_is_on_the_disk_for_its_task_alone_and_for_the_servers_user_alone(
    serve: Serve, settings: Settings, failure: Exception | None
) -> None:
    engine = Looking(settings.home, failure)
    async with serve(settings, engine) as app, calling(app) as client:
        await client.post("/producer/audios", json=BODY, headers={CALLER_TOKEN_HEADER: TOKEN})
        with anyio.fail_after(10):
            while holding_the_token(settings.home):  # noqa: ASYNC110 - the answer may come a moment before
                await anyio.sleep(0.01)

    [[kept]] = engine.seen
    assert not kept.exists()
    assert kept.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("token", ["two words", "x" * 600])
async def test_what_can_be_no_token_is_refused(serve: Serve, settings: Settings, token: str) -> None:
    async with serve(settings) as app, calling(app) as client:
        answer = await client.post("/producer/audios", json=BODY, headers={CALLER_TOKEN_HEADER: token})

    assert answer.status_code == 400
    assert token not in answer.text

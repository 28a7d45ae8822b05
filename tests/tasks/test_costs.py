"""What tasks cost, the limit on it, whose account pays, and why an engine was chosen."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from songwright.engines.base import Capabilities, Context, Engine, Rendition, Source
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import CostLimitError, EngineError
from songwright.library.database import Database
from songwright.music.actions import Action, parse_action
from songwright.music.song import Song
from songwright.music.task import Failed, Succeeded
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs
from songwright.tasks.ledger import Ledger
from songwright.tasks.vault import TokenVault

GENERATE = parse_action({"action": "generate", "prompt": "warm folk"})
TOKEN = SecretStr("a-caller's-own-token")


class Priced(ScriptedEngine):
    """Costs 10 cents a song, paid by whoever's token it is given."""

    def __init__(self, failures: tuple[Exception, ...] = (), payer: str = "the operator") -> None:
        super().__init__(name="hosted", failures=failures)
        self.payer = payer
        self.paid_by: list[str] = []

    @property
    def capabilities(self) -> Capabilities:
        return super().capabilities.model_copy(update={"usd_per_song": 0.1})

    def for_caller(self, token: SecretStr) -> Engine:
        other = Priced(payer=token.get_secret_value())
        other.paid_by = self.paid_by
        return other

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        self.paid_by.append(self.payer)
        rendition = await super().perform(action, sources, context)
        return rendition.model_copy(update={"cost_usd": 0.1})


Open = Callable[..., AbstractAsyncContextManager[Studio]]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    @asynccontextmanager
    async def open_studio(engine: Priced, max_cost: float | None = None) -> AsyncIterator[Studio]:
        settings = Settings(home=tmp_path / "home", max_cost=max_cost, acedatacloud_api_token=SecretStr("k"))
        engines = {"hosted": lambda: engine, "local": lambda: ScriptedEngine(name="local")}
        async with Studio.open(settings, engines=engines, jobs=InProcessJobs) as studio:
            yield studio

    return open_studio


async def made(studio: Studio, **how: object) -> Song:
    task = await studio.submit(GENERATE, **how)  # type: ignore[arg-type]
    done = await studio.wait(task.id, 20)
    assert isinstance(done.state, Succeeded), done.state
    return await studio.song(done.state.song_id)


async def test_the_limit_stops_a_task_before_it_is_accepted(opened: Open, tmp_path: Path) -> None:
    engine = Priced()
    async with opened(engine, max_cost=0.25) as studio:
        for _ in range(2):
            await made(studio, engine="hosted")
        with pytest.raises(CostLimitError, match=r"\$0\.20 of the \$0\.25 .* SONGWRIGHT_MAX_COST"):
            await studio.submit(GENERATE, engine="hosted")
        assert len((await studio.tasks()).items) == 2
        assert (await made(studio, engine="local")).cost_usd == 0

    assert len(engine.paid_by) == 2
    database = Database.in_folder(tmp_path / "home")
    spent = Ledger(database).spent_usd(datetime.now(UTC) - timedelta(hours=1))
    database.close()
    assert spent == pytest.approx(0.2)


async def test_what_failed_without_being_charged_counts_for_nothing(opened: Open) -> None:
    engine = Priced(failures=(EngineError("no", retryable=True),))
    async with opened(engine, max_cost=0.1) as studio:
        task = await studio.submit(GENERATE, engine="hosted")
        assert isinstance((await studio.wait(task.id, 20)).state, Failed)

        assert (await made(studio, engine="hosted")).cost_usd == pytest.approx(0.1)


async def test_what_callers_pay_leaves_the_operator_its_own_limit(opened: Open) -> None:
    async with opened(Priced(), max_cost=0.1) as studio:
        await made(studio, engine="hosted", caller_token=TOKEN)

        assert (await made(studio, engine="hosted")).cost_usd == pytest.approx(0.1)


async def test_a_caller_with_a_token_pays_for_itself(opened: Open, tmp_path: Path) -> None:
    engine = Priced()
    async with opened(engine, max_cost=0.0) as studio:
        song = await made(studio, engine="hosted", caller_token=TOKEN)

    assert engine.paid_by == [TOKEN.get_secret_value()]
    assert TOKEN.get_secret_value() not in song.model_dump_json()
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.get_secret_value().encode() in path.read_bytes()]


def test_a_lent_token_is_for_the_server_alone_and_is_forgotten(tmp_path: Path) -> None:
    vault = TokenVault(tmp_path / "tokens")

    vault.keep("task", TOKEN)
    assert vault.token("task") == TOKEN
    assert stat.S_IMODE((tmp_path / "tokens" / "task").stat().st_mode) & 0o077 == 0
    vault.forget("task")
    assert vault.token("task") is None


async def test_the_song_says_why_its_engine_was_chosen(opened: Open) -> None:
    async with opened(Priced()) as studio:
        chosen = await made(studio)
        named = await made(studio, engine="local")

    assert chosen.facts.understanding.notes[0] == "auto chose 'hosted', whose key is set"
    assert named.facts.understanding.notes == ()

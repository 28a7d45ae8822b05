"""Whose turn it is: nobody's hundreds hold up another's one, and no slow lane holds up another lane."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from songwright.engines.base import Context, Rendition
from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import Generate, parse_action
from songwright.music.imports import ImportAudio, WebFile
from songwright.music.task import Running, Succeeded
from songwright.settings import Settings
from songwright.studio import Studio


def asking_for(prompt: str) -> Generate:
    action = parse_action({"action": "generate", "prompt": prompt})
    assert isinstance(action, Generate)
    return action


@asynccontextmanager
async def one_slot(settings: Settings, **engines: ScriptedEngine) -> AsyncIterator[Studio]:
    one = settings.model_copy(update={"workers": 1, "unfinished_tasks": 300})
    made: dict[str, Callable[[], ScriptedEngine]] = {
        name: (lambda engine=engine: engine) for name, engine in engines.items()
    }
    async with Studio.open(one, engines=made) as studio:
        yield studio


async def test_one_who_queues_two_hundred_delays_another_by_at_most_two_tasks(settings: Settings) -> None:
    held = [True]
    engine = ScriptedEngine(hold=lambda: held[0])
    async with one_slot(settings, scripted=engine) as studio:
        for number in range(200):
            await studio.submit(asking_for(f"flood {number}"), engine="scripted", principal="flooder")
        mine = [
            await studio.submit(asking_for("mine"), engine="scripted", principal=name)
            for name in ("neighbour", "other neighbour")
        ]
        held[0] = False
        for task, name in zip(mine, ("neighbour", "other neighbour"), strict=True):
            assert isinstance((await studio.wait(task.id, 30, principal=name)).state, Succeeded)
        order = [getattr(work, "prompt", "") for work in engine.performed]
        at = [position for position, prompt in enumerate(order) if prompt == "mine"]

    assert order[0] == "flood 0"
    assert at[0] <= 2
    assert at[1] <= 3


async def test_tasks_of_one_principal_run_in_the_order_they_came(settings: Settings) -> None:
    engine = ScriptedEngine()
    async with one_slot(settings, scripted=engine) as studio:
        tasks = [await studio.submit(asking_for(f"{number}")) for number in range(5)]
        for task in tasks:
            await studio.wait(task.id, 30)

    assert [getattr(work, "prompt", "") for work in engine.performed] == ["0", "1", "2", "3", "4"]


async def test_an_engine_that_does_not_answer_holds_up_no_other(settings: Settings) -> None:
    slow = ScriptedEngine(name="slow", hold=lambda: True)
    async with one_slot(settings, slow=slow, quick=ScriptedEngine(name="quick")) as studio:
        stuck = await studio.submit(asking_for("stuck"), engine="slow")
        done = await studio.submit(asking_for("quick"), engine="quick")

        assert isinstance((await studio.wait(done.id, 30)).state, Succeeded)
        await studio.cancel(stuck.id)


async def test_a_long_import_holds_up_no_edit(settings: Settings) -> None:
    class HearsForLong(ScriptedEngine):
        async def import_audio(self, request: ImportAudio, context: Context) -> Rendition:
            self._hold = lambda: True
            try:
                return await super().import_audio(request, context)
            finally:
                self._hold = lambda: False

    importer, quick = HearsForLong(name="local"), ScriptedEngine(name="quick")
    async with one_slot(settings, local=importer, quick=quick) as studio:
        recording = ImportAudio(source=WebFile(url="https://example.com/long.wav"))
        stuck = await studio.import_audio(recording)
        while not importer.performed:
            await studio.wait(stuck.id, 0.05)
        importer._hold = lambda: False
        done = await studio.submit(asking_for("an edit"), engine="local")
        assert isinstance((await studio.wait(done.id, 30)).state, Succeeded)
        await studio.cancel(stuck.id)


async def test_a_task_that_waits_for_its_turn_is_queued_and_can_be_cancelled(settings: Settings) -> None:
    held = [True]
    engine = ScriptedEngine(hold=lambda: held[0])
    async with one_slot(settings, scripted=engine) as studio:
        first, second = [await studio.submit(asking_for(name)) for name in ("first", "second")]
        while not isinstance((await studio.task(first.id)).state, Running):
            await studio.wait(first.id, 0.05)
        await studio.cancel(second.id)
        held[0] = False
        assert isinstance((await studio.wait(first.id, 30)).state, Succeeded)

    assert [getattr(work, "prompt", "") for work in engine.performed] == ["first"]

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from songwright.engines import isolation
from songwright.engines.base import Context
from songwright.engines.children import Spares
from songwright.engines.isolation import CrashError, close_nests, run_isolated
from songwright.engines.nursery import Nursery
from songwright.engines.watching import Limits
from songwright.errors import EngineError, NotFoundError
from songwright.music.actions import parse_action

ACTION = parse_action({"action": "generate", "lyric": "[Verse]\nOne line to sing"})
RENDERERS = "isolated_renderers"

only_where_a_signal_can_ask = pytest.mark.skipif(
    sys.platform == "win32", reason="on Windows, asking whether a process lives with os.kill would end it"
)


@pytest.fixture(autouse=True, params=["as this system can", "without a fork"])
def _in_both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param == "without a fork":
        monkeypatch.setattr(isolation, "nest_for", lambda function, _limits: Spares(function))
    yield
    close_nests()


@pytest.fixture
def reports() -> list[tuple[float, str]]:
    return []


@pytest.fixture
def context(tmp_path: Path, reports: list[tuple[float, str]]) -> Context:
    return Context(
        folder=tmp_path, seed="7", report=lambda fraction, stage: reports.append((fraction, stage))
    )


def forks() -> bool:
    """Whether this test's processes are forked."""
    return isinstance(isolation.nest_for("module:function", Limits()), Nursery)


def ignore(_fraction: float, _stage: str) -> None:
    """Receive progress."""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] != "Z"


async def until_written(path: Path) -> str:
    file = anyio.Path(path)
    while not (await file.exists() and await file.read_text()):  # noqa: ASYNC110 - of another process
        await anyio.sleep(0.01)
    return await file.read_text()


async def what_it_wrote(renderer: str, folder: Path, file: str) -> str:
    """Run a renderer in a new folder; the text of the file that it leaves there."""
    await anyio.Path(folder).mkdir()
    context = Context(folder=folder, seed="7", report=ignore)
    await run_isolated(f"{RENDERERS}:{renderer}", ACTION, (), context)
    return await anyio.Path(folder / file).read_text()


async def test_a_renderer_in_a_process_of_its_own_reports_and_returns_its_rendition(
    context: Context, reports: list[tuple[float, str]]
) -> None:
    rendition = await run_isolated(f"{RENDERERS}:well", ACTION, (), context)

    assert rendition.facts.lyric_lines[0].text == "One line to sing"
    assert (context.folder / rendition.master).stat().st_size > 0
    assert [stage for _, stage in reports] == ["writing", "playing", "mixing"]


async def test_what_a_library_prints_is_not_taken_for_a_message(context: Context) -> None:
    rendition = await run_isolated(f"{RENDERERS}:noisily", ACTION, (), context)

    assert rendition.master == "master.flac"


async def test_a_remembered_fact_is_stored_before_the_renderer_goes_on(tmp_path: Path) -> None:
    remembered: list[tuple[str, Any]] = []
    context = Context(
        folder=tmp_path,
        seed="7",
        report=ignore,
        memory={"seen": [1]},
        remember=lambda name, value: remembered.append((name, value)),
    )

    await run_isolated(f"{RENDERERS}:remembering", ACTION, (), context)

    [(name, value)] = remembered
    assert name == "seen"
    assert value[0] == 1


@only_where_a_signal_can_ask
async def test_cancelling_kills_the_process_before_it_returns(context: Context) -> None:
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_isolated, f"{RENDERERS}:without_end", ACTION, (), context)
            pid = int(await until_written(context.folder / "pid"))
            assert is_alive(pid)
            tasks.cancel_scope.cancel()

    assert not is_alive(pid)


@pytest.mark.parametrize(
    ("death", "said"),
    [
        ("killed", "killed from outside"),
        ("out_of_memory", "ran out of memory; set SONGWRIGHT_WORKERS lower"),
        ("memory_limited", "ran out of memory"),
        ("segfault", "ended by signal 11"),
        ("aborting", "ended by signal 6"),
        ("silent", "ended without an answer"),
        ("babbling", "can't be understood"),
    ],
)
async def test_a_process_that_dies_is_an_error_that_may_pass_and_says_which_died(
    death: str, said: str, context: Context
) -> None:
    with pytest.raises(CrashError, match=said) as caught:
        await run_isolated(f"{RENDERERS}:{death}", ACTION, (), context)

    assert caught.value.retryable
    assert caught.value.message.startswith("the renderer ")
    assert "The server itself is unharmed" in caught.value.message


async def test_one_that_dies_beside_another_does_it_no_harm(tmp_path: Path) -> None:
    folder = tmp_path / "work" / "neighbour" / "1"
    folder.mkdir(parents=True)
    reached = anyio.Event()
    neighbour = Context(folder=folder, seed="7", report=lambda *_: reached.set())
    async with anyio.create_task_group() as tasks:

        async def work() -> None:
            rendition = await run_isolated(f"{RENDERERS}:until_told", ACTION, (), neighbour)
            assert (folder / rendition.master).exists()

        tasks.start_soon(work)
        await reached.wait()
        for death in ("segfault", "killed", "aborting", "silent", "babbling"):
            with pytest.raises(CrashError):
                await what_it_wrote(death, tmp_path / death, "nothing")
        (tmp_path / "gate").touch()


# Starting Python and importing what is needed takes processor time of its own, on some machines a second;
# where that is not what is judged, no processor time is too much.
HASTY = Limits(tick_seconds=0.05, stopped_ticks=2, silent_ticks=100, idle_ticks=5, busy_seconds=1.0)


@only_where_a_signal_can_ask
async def test_a_stopped_process_is_ended_as_if_it_had_died(context: Context) -> None:
    with anyio.fail_after(30), pytest.raises(CrashError, match="stopped from outside"):
        await run_isolated(f"{RENDERERS}:stopped", ACTION, (), context, limits=HASTY)

    assert not is_alive(int((context.folder / "pid").read_text()))


@only_where_a_signal_can_ask
async def test_a_stopped_process_ends_when_it_is_cancelled(context: Context) -> None:
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_isolated, f"{RENDERERS}:stopped", ACTION, (), context)
            pid = int(await until_written(context.folder / "pid"))
            tasks.cancel_scope.cancel()

    assert not is_alive(pid)


@pytest.mark.parametrize(
    ("renderer", "busy_seconds", "said"),
    [("stuck", 1.0, "waited"), ("circling", 0.4 / 600, "without coming further")],
)
async def test_a_process_that_comes_no_further_is_ended(
    renderer: str, busy_seconds: float, said: str, context: Context
) -> None:
    limits = replace(HASTY, busy_seconds=busy_seconds)
    with anyio.fail_after(30), pytest.raises(CrashError, match=said):
        await run_isolated(f"{RENDERERS}:{renderer}", ACTION, (), context, limits=limits)


async def test_a_process_that_reports_may_work_for_as_long_as_it_likes(context: Context) -> None:
    # Less than it works in all, more than starting Python and writing a file costs on a busy machine.
    limits = replace(HASTY, busy_seconds=1.5 / 600)
    rendition = await run_isolated(f"{RENDERERS}:slowly", ACTION, (), context, limits=limits)

    assert rendition.master == "master.flac"


@pytest.mark.skipif(sys.platform != "linux", reason="only there orphans can be adopted")
@pytest.mark.parametrize("end", ["without end", "killed", "answered"])
async def test_what_a_process_starts_in_a_session_of_its_own_ends_with_it(end: str, context: Context) -> None:
    if not forks():
        return
    (context.folder / end).touch()
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:

            async def make() -> None:
                with contextlib.suppress(CrashError):
                    await run_isolated(f"{RENDERERS}:leaving_a_stray", ACTION, (), context)

            tasks.start_soon(make)
            stray = int(await until_written(context.folder / "stray"))
            if end == "without end":
                tasks.cancel_scope.cancel()
        while is_alive(stray):  # noqa: ASYNC110 - another process
            await anyio.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="only there orphans can be adopted")
async def test_the_end_of_one_process_does_not_end_what_another_has_started(tmp_path: Path) -> None:
    if not forks():
        return
    folder = tmp_path / "work" / "neighbour" / "1"
    folder.mkdir(parents=True)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            context = Context(folder=folder, seed="7", report=ignore)
            tasks.start_soon(
                partial(run_isolated, ready_for=f"{RENDERERS}:process_id"),
                f"{RENDERERS}:with_an_orphan",
                ACTION,
                (),
                context,
            )
            orphan = int(await until_written(folder / "orphan"))
            # The second is born when the first has been let go.
            for name in ("first", "second"):
                await what_it_wrote("process_id", tmp_path / name, "pid")
            assert is_alive(orphan)
            (tmp_path / "gate").touch()
        while is_alive(orphan):  # noqa: ASYNC110 - another process
            await anyio.sleep(0.01)


@only_where_a_signal_can_ask
async def test_a_stopped_process_that_forks_is_replaced_and_the_request_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not forks():
        return
    unless_stopped = Limits(tick_seconds=0.05, stopped_ticks=2, silent_ticks=10_000)
    monkeypatch.setattr(isolation, "nest_for", lambda function, _limits: Nursery(function, unless_stopped))
    first = int(await what_it_wrote("parent_id", tmp_path / "first", "pid"))
    os.kill(first, signal.SIGSTOP)
    with anyio.fail_after(30):
        second = int(await what_it_wrote("parent_id", tmp_path / "second", "pid"))

    assert second != first
    assert not is_alive(first)


async def test_a_process_that_forks_and_waits_for_ever_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not forks():
        return
    hasty = Limits(tick_seconds=0.05, silent_ticks=10)
    monkeypatch.setattr(isolation, "nest_for", lambda function, _limits: Nursery(function, hasty))
    with anyio.fail_after(30):
        for number in range(2):
            folder = tmp_path / str(number)
            folder.mkdir()
            context = Context(folder=folder, seed="7", report=ignore)
            rendition = await run_isolated("renderers_rehearsing_for_ever:well", ACTION, (), context)
            assert (folder / rendition.master).exists()


@only_where_a_signal_can_ask
async def test_a_stopped_process_that_forks_keeps_no_song_from_its_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not forks():
        return
    monkeypatch.setattr(isolation, "nest_for", lambda function, _limits: Nursery(function, HASTY))
    context = Context(folder=tmp_path, seed="7", report=ignore)
    with anyio.fail_after(30):
        rendition = await run_isolated(f"{RENDERERS}:stopping_its_parent", ACTION, (), context)

    assert rendition.master == "master.flac"


@only_where_a_signal_can_ask
async def test_waiting_for_a_stopped_process_that_forks_leaves_no_thread_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not forks():
        return
    monkeypatch.setattr(isolation, "nest_for", lambda function, _limits: Nursery(function, HASTY))
    first = int(await what_it_wrote("parent_id", tmp_path / "first", "pid"))
    os.kill(first, signal.SIGSTOP)
    context = Context(folder=tmp_path, seed="7", report=ignore)
    for _ in range(4):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_isolated, f"{RENDERERS}:without_end", ACTION, (), context)
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    with anyio.fail_after(30):
        await asyncio.get_running_loop().shutdown_default_executor()
        while [thread for thread in threading.enumerate() if thread.name == "child"]:  # noqa: ASYNC110
            await anyio.sleep(0.01)
    assert not (tmp_path / "pid").exists()


async def test_a_refusal_crosses_the_border_unchanged(context: Context) -> None:
    with pytest.raises(NotFoundError, match=r"^section: there is no such section$") as caught:
        await run_isolated(f"{RENDERERS}:refusing", ACTION, (), context)

    assert caught.value.field == "section"


async def test_an_engine_error_keeps_whether_trying_again_can_help(context: Context) -> None:
    with pytest.raises(EngineError, match="the network is down") as caught:
        await run_isolated(f"{RENDERERS}:failing", ACTION, (), context)

    assert caught.value.retryable


async def test_a_bug_goes_to_the_log_and_not_to_the_client(
    context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(EngineError) as caught:
        await run_isolated(f"{RENDERERS}:buggy", ACTION, (), context)

    assert "a secret of the server" in caplog.text
    assert "secret" not in caught.value.message
    assert not caught.value.retryable


async def test_a_renderer_that_cannot_be_imported_says_so_at_once(context: Context) -> None:
    with pytest.raises(EngineError, match="ModuleNotFoundError") as caught:
        await run_isolated("no_such_module:render", ACTION, (), context)

    assert not isinstance(caught.value, CrashError)


async def test_each_request_gets_a_process_that_has_seen_no_other(tmp_path: Path) -> None:
    pids = [await what_it_wrote("process_id", tmp_path / str(number), "pid") for number in range(2)]

    assert pids[0] != pids[1]


@only_where_a_signal_can_ask
async def test_what_waits_may_die_between_two_requests(tmp_path: Path) -> None:
    pids = []
    for number in range(2):
        pids.append(int(await what_it_wrote("parent_id", tmp_path / str(number), "pid")))
        if pids[-1] != os.getpid():
            os.kill(pids[-1], signal.SIGKILL)

    assert len(pids) == 2


async def test_requests_side_by_side_have_processes_of_their_own(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(4)]
    async with anyio.create_task_group() as tasks:
        for folder in folders:
            tasks.start_soon(what_it_wrote, "process_id", folder, "pid")

    assert len({(folder / "pid").read_text() for folder in folders}) == len(folders)


@pytest.mark.skipif(sys.platform != "linux", reason="only there processes are forked")
async def test_what_bears_children_rehearses_once_behind_the_first(
    tmp_path: Path,
) -> None:
    rehearsals = [
        await what_it_wrote("rehearsed", tmp_path / str(number), "rehearsals") for number in range(3)
    ]

    assert rehearsals == (["0", "1", "1"] if forks() else ["0", "0", "0"])


async def test_a_process_made_ready_for_one_function_serves_another(context: Context) -> None:
    rendition = await run_isolated(f"{RENDERERS}:well", ACTION, (), context, ready_for=f"{RENDERERS}:buggy")

    assert rendition.master == "master.flac"


async def test_cancelling_before_the_process_is_ready_leaves_none_behind(context: Context) -> None:
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_isolated, f"{RENDERERS}:without_end", ACTION, (), context)
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        # A later request is served by what was getting ready.
        await run_isolated(f"{RENDERERS}:well", ACTION, (), context)

    assert not (context.folder / "pid").exists()


@only_where_a_signal_can_ask
def test_a_child_ends_itself_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio\n"
        "from pathlib import Path\n"
        "from songwright.engines.base import Context\n"
        "from songwright.engines.isolation import run_isolated\n"
        "from songwright.music.actions import parse_action\n"
        f"context = Context(folder=Path({str(tmp_path)!r}), seed='7', report=print)\n"
        f"action = parse_action({ACTION.model_dump(mode='json')!r})\n"
        f"asyncio.run(run_isolated('{RENDERERS}:without_end', action, (), context))\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    parent = subprocess.Popen([sys.executable, "-c", script], env=environment)

    async def kill_the_parent() -> None:
        with anyio.fail_after(20):
            child = int(await until_written(tmp_path / "pid"))
            parent.kill()
            parent.wait()
            while is_alive(child):  # noqa: ASYNC110 - another process
                await anyio.sleep(0.01)

    try:
        anyio.run(kill_the_parent)
    finally:
        parent.kill()
        parent.wait()

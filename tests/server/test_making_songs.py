"""Tools that start work: they wait, report, answer, and never lose a task."""

from __future__ import annotations

import threading
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp_answers import Connect, facts, refusal, text

from songwright.engines.scripted import ScriptedEngine
from songwright.errors import EngineError
from songwright.music.task import Task
from songwright.server.app import build_server
from songwright.server.door import StudioDoor
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs
from standins.sound import encoded, tones

WORDS = "[Verse]\nMorning comes\nOver the hill\n\n[Chorus]\nCarry me home"


async def test_one_call_returns_the_finished_song(client: Client) -> None:
    result = await client.call_tool("generate_song", {"prompt": "folk", "lyric": WORDS, "title": "Home"})
    song = facts(result)["song"]
    assert song["title"] == "Home"
    assert [section["name"] for section in song["sections"]] == ["verse", "chorus"]
    assert [line["text"] for line in song["lyric_lines"]] == [
        "Morning comes",
        "Over the hill",
        "Carry me home",
    ]
    assert facts(result)["task"]["status"] == "succeeded"


async def test_text_and_structure_each_tell_the_whole_song(client: Client) -> None:
    result = await client.call_tool("generate_song", {"prompt": "folk", "lyric": WORDS})
    song = facts(result)["song"]
    told = text(result)
    for part in ("id", "title", "file", "audio_uri", "key", "time_signature", "engine", "model", "seed"):
        assert str(song[part]) in told
    assert all(line["text"] in told for line in song["lyric_lines"])
    assert all(section["name"] in told for section in song["sections"])
    assert f"{song['tempo_bpm']:g} bpm" in told


async def test_a_song_links_to_its_audio(client: Client) -> None:
    result = await client.call_tool("generate_song", {"prompt": "folk"})
    links = [block.uri for block in result.content if block.type == "resource_link"]
    assert facts(result)["song"]["audio_uri"] in links


async def test_without_waiting_the_task_comes_back_and_get_task_waits_for_its_song(
    connect: Connect,
) -> None:
    gate = threading.Event()
    async with connect(ScriptedEngine(hold=lambda: not gate.is_set())) as client:
        answer = await client.call_tool("generate_song", {"prompt": "folk", "wait_seconds": 0})
        task = facts(answer)["task"]
        assert facts(answer)["song"] is None
        assert task["status"] in ("queued", "running")
        assert task["poll_after_seconds"] > 0
        assert task["id"] in text(answer)
        assert "get_task" in text(answer)
        gate.set()
        done = await client.call_tool("get_task", {"task_id": task["id"], "wait_seconds": 30})
        assert facts(done)["song"]["id"] in text(done)


async def test_a_refusal_is_an_answer_that_the_agent_can_read(client: Client) -> None:
    assert refusal(await client.call_tool("generate_song", {"prompt": "x" * 201})) == (
        "prompt: at most 200 characters"
    )


async def test_progress_rises_and_names_the_stage(client: Client) -> None:
    reports: list[tuple[float, str | None]] = []

    async def note(fraction: float, _: float | None, stage: str | None) -> None:
        reports.append((fraction, stage))

    await client.call_tool("generate_song", {"prompt": "folk"}, progress_callback=note)
    fractions = [fraction for fraction, _ in reports]
    assert fractions == sorted(set(fractions))
    assert reports
    assert all(stage for _, stage in reports)


async def test_progress_is_repeated_while_nothing_changes(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songwright.server.progress.HEARTBEAT_SECONDS", 0.01)
    gate = threading.Event()
    fractions: list[float] = []

    async def note(fraction: float, _: float | None, __: str | None) -> None:
        fractions.append(fraction)
        if len(fractions) == 20:
            gate.set()

    async with connect(ScriptedEngine(hold=lambda: not gate.is_set())) as client:
        facts(await client.call_tool("generate_song", {"prompt": "folk"}, progress_callback=note))
    assert fractions == sorted(set(fractions))


async def test_the_same_request_id_makes_one_song(client: Client) -> None:
    request = {"prompt": "folk", "request_id": "once"}
    first = facts(await client.call_tool("generate_song", request))
    second = facts(await client.call_tool("generate_song", request))
    assert first["task"]["id"] == second["task"]["id"]
    assert len(facts(await client.call_tool("list_songs", {}))["songs"]) == 1


async def test_the_same_request_id_for_another_request_is_refused(client: Client) -> None:
    await client.call_tool("generate_song", {"prompt": "folk", "request_id": "once"})
    other = await client.call_tool("generate_song", {"prompt": "jazz", "request_id": "once"})
    assert "request_id" in refusal(other)


async def test_leaving_the_call_leaves_the_task_to_finish(connect: Connect) -> None:
    gate, begun = threading.Event(), threading.Event()

    def hold() -> bool:
        begun.set()
        return not gate.is_set()

    async with connect(ScriptedEngine(hold=hold)) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "generate_song", {"prompt": "folk", "request_id": "left"})
            await anyio.to_thread.run_sync(begun.wait, 20)
            group.cancel_scope.cancel()
        gate.set()
        again = await client.call_tool("generate_song", {"prompt": "folk", "request_id": "left"})
        assert facts(again)["task"]["status"] == "succeeded"
        assert len(facts(await client.call_tool("list_songs", {}))["songs"]) == 1


@pytest.mark.parametrize("tool", ["generate_song", "import_audio"])
async def test_a_client_that_leaves_before_its_request_is_accepted_still_gets_its_song(
    settings: Settings, mode: str, tool: str
) -> None:
    asked, gate = anyio.Event(), anyio.Event()
    recording = settings.home / "imports" / "demo.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(encoded(tones(2, (220.0,))))
    arguments = {"prompt": "folk"} if tool == "generate_song" else {"path": "demo.wav"}

    class Slow(Studio):
        """Waits before it accepts anything."""

        async def submit(self, *given: Any, **named: Any) -> Task:
            asked.set()
            await gate.wait()
            return await super().submit(*given, **named)

        async def import_audio(self, *given: Any, **named: Any) -> Task:
            asked.set()
            await gate.wait()
            return await super().import_audio(*given, **named)

    def open_studio() -> AbstractAsyncContextManager[Studio]:
        return Slow.open(settings, engines={"scripted": ScriptedEngine}, jobs=InProcessJobs)

    async with StudioDoor.hinged(open_studio) as door, Client(build_server(door), mode=mode) as client:
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, tool, arguments)
            await asked.wait()
            group.cancel_scope.cancel()
            gate.set()
        with anyio.fail_after(20):
            while not facts(await client.call_tool("list_songs", {}))["songs"]:  # noqa: ASYNC110 - it is polled
                await anyio.sleep(0.01)


async def test_cancel_task_stops_the_work_for_good(connect: Connect) -> None:
    async with connect(ScriptedEngine(hold=lambda: True)) as client:
        task = facts(await client.call_tool("generate_song", {"prompt": "folk", "wait_seconds": 0}))["task"]
        stopped = facts(await client.call_tool("cancel_task", {"task_id": task["id"]}))
        assert stopped["task"]["status"] == "cancelled"
        assert stopped["cancelled"] is True
        again = await client.call_tool("cancel_task", {"task_id": task["id"]})
        assert facts(again)["cancelled"] is False
        assert text(again).startswith("Nothing was cancelled: the task had already ended")
        later = facts(await client.call_tool("get_task", {"task_id": task["id"], "wait_seconds": 1}))
        assert later["task"]["status"] == "cancelled"
        assert later["song"] is None


async def test_cancelling_what_is_done_says_that_nothing_was_cancelled(client: Client) -> None:
    task = facts(await client.call_tool("generate_song", {"prompt": "folk"}))["task"]
    told = await client.call_tool("cancel_task", {"task_id": task["id"]})
    assert facts(told)["cancelled"] is False
    assert text(told) == (
        "Nothing was cancelled: the task had already ended, succeeded. "
        f"Task {task['id']} (generate on scripted)\nNext: get_task with task_id {task['id']} shows its song"
    )


async def test_a_failure_says_whether_trying_again_can_help(connect: Connect) -> None:
    broken = ScriptedEngine(failures=[EngineError("the script is torn", retryable=False)] * 9)
    async with connect(broken) as client:
        said = refusal(await client.call_tool("generate_song", {"prompt": "folk"}))
        assert said.startswith("the script is torn")
        assert "Change the request" in said
        task_id = said.partition("Task ")[2].partition(" ")[0]
        shown = facts(await client.call_tool("get_task", {"task_id": task_id}))
        assert shown["task"]["status"] == "failed"
        assert shown["task"]["failure"]["retryable"] is False


@pytest.mark.parametrize(
    ("tool", "action", "arguments"),
    [
        ("cover_song", "cover", {"prompt": "jazz"}),
        ("extend_song", "extend", {"continue_at": 1.5}),
        ("vary_song", "variation", {"weirdness": 0.9}),
        ("swap_vocals", "swap_vocals", {"vocal_gender": "m"}),
        ("swap_instrumentals", "swap_instrumentals", {"prompt": "strings"}),
        ("replace_section", "replace_section", {"section": "verse", "prompt": "louder"}),
        ("separate_stems", "stems", {"stems": ["vocals", "drums"]}),
    ],
)
async def test_every_edit_makes_a_new_song_that_knows_its_parent(
    client: Client, tool: str, action: str, arguments: dict[str, object]
) -> None:
    parent = facts(await client.call_tool("generate_song", {"prompt": "folk", "lyric": WORDS}))["song"]
    child = facts(await client.call_tool(tool, {"audio_id": parent["id"], **arguments}))["song"]
    assert child["id"] != parent["id"]
    assert child["action"] == action
    assert child["parents"][0]["song_id"] == parent["id"]


async def test_a_list_wrapped_in_a_json_string_is_unwrapped(client: Client) -> None:
    await client.call_tool("generate_song", {"prompt": "folk"})
    split = facts(await client.call_tool("separate_stems", {"audio_id": "last", "stems": '["bass"]'}))
    assert list(split["song"]["stem_uris"]) == ["bass"]

"""The player, in a real browser: within a host under the default policy of MCP Apps, and at / over HTTP.

Needs the ``playwright`` package and Chromium; skipped where either is missing. Screenshots stay under
``build/screenshots``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_answers import Serve, facts
from pydantic import SecretStr

from songwright.server.player import PAGE_POLICY, player_page
from songwright.settings import Settings

playwright = pytest.importorskip(
    "playwright.async_api", reason="the player needs the playwright package to be tested"
)
import player_host  # noqa: E402 - needs playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
LYRIC = "[Verse]\nMorning comes\nOver the hill\n\n[Chorus]\nCarry me home\n\n[Verse]\nEvening goes"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="the player needs Chromium to be tested")


@pytest.fixture
def mode() -> str:
    """One revision is enough: the page does not see it."""
    return "auto"


@pytest.fixture
async def complaints() -> list[str]:
    """What the browser complained of: errors of scripts and of the policy."""
    return []


@pytest.fixture
async def browser_context(complaints: list[str]) -> AsyncIterator[Any]:
    arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
    async with playwright.async_playwright() as started:
        browser = await started.chromium.launch(executable_path=CHROMIUM, args=arguments)
        context = await browser.new_context(viewport={"width": 920, "height": 1020})
        context.on(
            "console", lambda message: complaints.append(message.text) if message.type == "error" else None
        )
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context
        await browser.close()


async def made(client: Client, **request: object) -> dict[str, Any]:
    result = await client.call_tool("generate_song", {"prompt": "folk", "lyric": LYRIC, **request})
    facts(result)
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def seconds(frame: Any) -> float:
    return float(await frame.locator("#position").input_value())


async def test_a_song_plays_and_its_lyrics_sections_and_stems_follow(
    client: Client, browser_context: Any, complaints: list[str]
) -> None:
    page, frame = await player_host.shown(browser_context, client, await made(client, title="Harbour"))
    await frame.locator("#play:not([disabled])").wait_for()
    assert await frame.locator("h1").inner_text() == "Harbour"
    assert await frame.locator("#sections button").all_inner_texts() == ["verse 1", "chorus", "verse 2"]

    await frame.locator("#lyrics button", has_text="Carry me home").click()
    assert await seconds(frame) == pytest.approx(2.0, abs=0.01)
    current = frame.locator("#lyrics button[aria-current=true]")
    assert await current.inner_text() == "Carry me home"
    assert "chorus" in str(await frame.locator("#position").get_attribute("aria-valuetext"))

    await frame.locator("#play").click()
    await playwright.expect(frame.locator("#clock")).to_have_text("0:03 / 0:06")
    vocals = frame.locator("[data-stem=vocals]")
    await vocals.click()
    await frame.locator("[data-stem=vocals][aria-pressed=false]").wait_for()
    assert await frame.evaluate("tracks.map(track => track.on)") == [False, True, True, True]
    assert await frame.evaluate("new Set(tracks.map(track => track.buffer.length)).size") == 1
    await frame.evaluate("document.activeElement.blur()")
    await frame.locator("body").press("Space")
    assert await frame.locator("#play").inner_text() == "Play"
    paused_at = await seconds(frame)
    await frame.locator("body").press("ArrowLeft")
    assert await seconds(frame) == pytest.approx(max(0.0, paused_at - 5), abs=0.02)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / "player-light.png")
    assert complaints == []


async def test_a_section_is_replaced_and_both_versions_stand_side_by_side(
    client: Client, browser_context: Any, complaints: list[str]
) -> None:
    page, frame = await player_host.shown(browser_context, client, await made(client), theme="dark")
    await frame.locator("#play:not([disabled])").wait_for()
    await frame.locator("#sections button", has_text="chorus").click()
    await frame.get_by_label("What it should be like").fill("more energy")
    await frame.get_by_role("button", name="Replace this section").click()
    await frame.locator("#versions thead th").nth(2).wait_for()
    versions = frame.locator("#versions thead button")
    assert [await versions.nth(number).get_attribute("aria-pressed") for number in (0, 1)] == [
        "false",
        "true",
    ]
    songs = facts(await client.call_tool("list_songs", {}))["songs"]
    assert [song["action"] for song in songs] == ["replace_section", "generate"]
    await versions.nth(0).click()
    await frame.locator("#versions thead button[aria-pressed=true]", has_text="1:").wait_for()
    assert await frame.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / "player-dark.png")
    assert complaints == []


async def test_on_a_telephone_nothing_is_cut_off_and_no_label_lies_on_another(
    serve: Serve, settings: Settings, browser_context: Any, complaints: list[str]
) -> None:
    async with serve(settings) as address, Client(f"{address}/mcp") as client:
        await made(client, title="Harbour Lights Over The Water")
        page = await browser_context.new_page()
        await page.set_viewport_size({"width": 380, "height": 760})
        await page.goto(address)
        await page.get_by_role("button", name=re.compile("Harbour")).click()
        await page.locator("#play:not([disabled])").wait_for()
        assert await page.evaluate("document.documentElement.scrollWidth") == 380
        buttons = page.locator("#sections button, #stems button")
        boxes = [await button.bounding_box() for button in await buttons.all()]
        for index, one in enumerate(boxes):
            assert one["height"] >= 32
            for other in boxes[:index]:
                apart = one["x"] >= other["x"] + other["width"] or other["x"] >= one["x"] + one["width"]
                assert apart or one["y"] >= other["y"] + other["height"]
        cut = await buttons.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length")
        assert cut == 0
        # The wave is the slider: a tap in its middle goes to the middle.
        wave = await page.locator("#position").bounding_box()
        await page.mouse.click(wave["x"] + wave["width"] / 2, wave["y"] + wave["height"] / 2)
        assert await seconds(page) == pytest.approx(await page.evaluate("duration()") / 2, abs=0.1)
        await page.close()
    assert complaints == []


async def test_a_song_that_is_still_being_made_is_waited_for(
    client: Client, browser_context: Any, complaints: list[str]
) -> None:
    first = await made(client, wait_seconds=0)
    _, frame = await player_host.shown(browser_context, client, first)
    await frame.locator("#play:not([disabled])").wait_for()
    assert complaints == []


async def test_everything_that_can_be_operated_has_a_name(client: Client, browser_context: Any) -> None:
    _, frame = await player_host.shown(browser_context, client, await made(client))
    await frame.locator("#play:not([disabled])").wait_for()
    nameless = await frame.evaluate(
        """[...document.querySelectorAll("button, input, textarea, [role=group], section")]
        .filter(element => !(element.textContent.trim() || element.labels?.length || element.ariaLabel
          || element.getAttribute("aria-labelledby")))
        .map(element => element.outerHTML)"""
    )
    assert nameless == []
    assert await frame.get_by_role("status").count() == 1


async def test_the_library_is_at_the_servers_own_address(
    serve: Serve, settings: Settings, browser_context: Any, complaints: list[str]
) -> None:
    async with serve(settings) as address, Client(f"{address}/mcp") as client:
        await made(client, title="Harbour")
        await made(client, title="Paper Moon")
        page = await browser_context.new_page()
        await page.goto(address)
        await page.get_by_role("button", name=re.compile("Harbour")).click()
        await page.locator("#play:not([disabled])").wait_for()
        assert await page.locator("h1").inner_text() == "Harbour"
        await page.get_by_label("Search").fill("moon")
        await page.get_by_label("Search").press("Enter")
        await page.locator("#songs li").nth(1).wait_for(state="detached")
        assert "Paper Moon" in await page.locator("#songs").inner_text()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=SCREENSHOTS / "library.png", full_page=True)
        await page.close()
    assert complaints == []


async def test_where_tokens_are_asked_for_the_page_asks_for_one(
    serve: Serve, settings: Settings, browser_context: Any
) -> None:
    token = "correct-horse-battery-staple"  # noqa: S105 - made up
    guarded = settings.model_copy(update={"tokens": (SecretStr(token),)})
    async with serve(guarded) as address:
        page = await browser_context.new_page()
        await page.goto(address)
        await page.get_by_label("Token").fill(token)
        await page.get_by_role("button", name="Open the library").click()
        await page.get_by_text("No songs yet").wait_for()
        await page.close()


def test_the_page_needs_nothing_but_itself() -> None:
    page = player_page()
    assert not re.search(
        r"""(?:src|href)\s*=\s*["'](?!data:,")|url\(|@import|\bimport\s*\(|innerHTML""", page
    )
    assert not re.search(r"https?://", page)
    assert len(page.encode()) < 64_000
    assert "default-src 'none'" in PAGE_POLICY

"""A caller over MCP's HTTP transport may lend a token of its own for engines that take one."""

from __future__ import annotations

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_answers import Serve, facts

from songwright.access import CALLER_TOKEN_HEADER
from songwright.engines.scripted import ScriptedEngine
from songwright.settings import Settings

TOKEN = "a-token-of-the-caller"  # noqa: S105 - made up


async def test_the_lent_token_reaches_the_engine_and_nothing_else(
    serve: Serve, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent: list[str] = []
    monkeypatch.setattr(
        ScriptedEngine,
        "for_caller",
        lambda self, token: lent.append(token.get_secret_value()) or self,
        raising=False,
    )
    async with (
        serve(settings) as address,
        httpx2.AsyncClient(headers={CALLER_TOKEN_HEADER: TOKEN}) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
    ):
        answer = await client.call_tool("generate_song", {"prompt": "folk"})

    assert facts(answer)["song"]
    assert set(lent) == {TOKEN}
    assert TOKEN not in answer.model_dump_json()

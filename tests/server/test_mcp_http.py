"""MCP over HTTP: both revisions, without sessions, behind a guard."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_answers import Serve, facts
from pydantic import HttpUrl, SecretStr

from songwright.errors import ConfigurationError
from songwright.server.guard import parse_bind, principal_of
from songwright.server.http import _listener
from songwright.settings import Settings

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - made up
OTHER = "another-token-of-some-length"


async def test_a_song_is_made_over_http(serve: Serve, settings: Settings, mode: str) -> None:
    async with serve(settings) as address, Client(f"{address}/mcp", mode=mode) as client:
        song = facts(await client.call_tool("generate_song", {"prompt": "folk"}))["song"]
        assert song["file"]
        assert (await client.read_resource(song["audio_uri"])).contents


async def test_replicas_on_one_home_answer_for_each_other(
    serve: Serve, settings: Settings, mode: str
) -> None:
    async with (
        serve(settings) as first,
        serve(settings) as second,
        Client(f"{first}/mcp", mode=mode) as one,
        Client(f"{second}/mcp", mode=mode) as other,
    ):
        request = {"prompt": "folk", "request_id": "once", "wait_seconds": 0}
        task = facts(await one.call_tool("generate_song", request))["task"]
        done = facts(await other.call_tool("get_task", {"task_id": task["id"], "wait_seconds": 20}))
        again = facts(await other.call_tool("generate_song", request))
        assert again["song"] == done["song"]
        assert (await one.read_resource(done["song"]["audio_uri"])).contents
        assert len(facts(await one.call_tool("list_songs", {}))["songs"]) == 1


async def test_clients_elsewhere_are_told_no_paths_of_this_machine(serve: Serve, settings: Settings) -> None:
    public = settings.model_copy(update={"public_url": HttpUrl("https://songs.example")})
    async with serve(public) as address, Client(f"{address}/mcp") as client:
        result = await client.call_tool("generate_song", {"prompt": "folk"})
        assert "file" not in facts(result)["song"]
        assert str(settings.home) not in result.model_dump_json()


async def test_health_needs_no_token_and_everything_else_does(serve: Serve, settings: Settings) -> None:
    guarded = settings.model_copy(update={"tokens": (SecretStr(TOKEN), SecretStr(OTHER))})
    async with serve(guarded) as address, httpx.AsyncClient(base_url=address) as http:
        assert (await http.get("/healthz")).json()["status"] == "ok"
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
            refused = await http.get("/whose", headers=headers)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("Bearer")
        told = await http.get("/whose", headers={"Authorization": f"Bearer {OTHER}"})
        assert told.json() == {"principal": principal_of(OTHER)}
        assert OTHER not in told.text


async def test_each_token_sees_its_own_songs(serve: Serve, settings: Settings) -> None:
    guarded = settings.model_copy(update={"tokens": (SecretStr(TOKEN), SecretStr(OTHER))})
    async with serve(guarded) as address:

        @asynccontextmanager
        async def client_of(token: str) -> AsyncIterator[Client]:
            import httpx2

            headers = {"Authorization": f"Bearer {token}"}
            async with (
                httpx2.AsyncClient(headers=headers) as http,
                Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
            ):
                yield client

        async with client_of(TOKEN) as mine:
            facts(await mine.call_tool("generate_song", {"prompt": "folk"}))
            assert len(facts(await mine.call_tool("list_songs", {}))["songs"]) == 1
        async with client_of(OTHER) as theirs:
            assert facts(await theirs.call_tool("list_songs", {}))["songs"] == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "attacker.example"}, 421),
        ({"Origin": "https://attacker.example"}, 403),
        ({"Origin": "http://localhost:5173"}, 200),
        ({}, 200),
    ],
)
async def test_foreign_hosts_and_origins_are_refused_on_every_route(
    serve: Serve, settings: Settings, headers: dict[str, str], status: int
) -> None:
    async with serve(settings) as address, httpx.AsyncClient(base_url=address) as http:
        assert (await http.get("/whose", headers=headers)).status_code == status


@pytest.mark.parametrize("address", ["0.0.0.0:80", "[::]:80", "192.168.1.4:8765", "songs.example:80"])
def test_without_tokens_nothing_listens_beyond_this_machine(address: str) -> None:
    with pytest.raises(ConfigurationError, match="SONGWRIGHT_TOKENS"):
        parse_bind(address, ())
    assert not parse_bind(address, (SecretStr(TOKEN),)).is_loopback


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:8765", "[::1]:8765", ":8765", "8765"])
def test_this_machine_needs_no_tokens(address: str) -> None:
    assert parse_bind(address, ()).is_loopback


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="HOST:PORT"):
        parse_bind(address, ())


def test_answers_do_not_wait_for_delayed_acknowledgements() -> None:
    with _listener(parse_bind("127.0.0.1:0", ())) as listener:
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("content", "content_type", "status", "words"),
    [
        (b"{", "application/json", 400, "The message must be one JSON object"),
        (b"\xff\xfe", "application/json", 400, "The message must be one JSON object"),
        (b"[" * 9000, "application/json", 400, "The message must be one JSON object"),
        (b"[]", "application/json", 400, "The message must be one JSON-RPC 2.0 object"),
        (b'{"secret":1}', "application/json", 400, "The message must be one JSON-RPC 2.0 object"),
        (b"{}", "text/plain", 400, "Content-Type: must be application/json."),
        (b"x" * 5_000_000, "application/json", 413, "The body is too long"),
    ],
)
async def test_a_body_that_is_no_message_is_refused_in_one_sentence(
    serve: Serve, settings: Settings, content: bytes, content_type: str, status: int, words: str
) -> None:
    headers = {"Content-Type": content_type, "Accept": "application/json, text/event-stream"}
    async with serve(settings) as address, httpx.AsyncClient() as http:
        answer = await http.post(f"{address}/mcp", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]["message"].startswith(words)
    assert "\n" not in answer.json()["error"]["message"]
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("tools/call", {"name": "get_song", "arguments": [1]}, "arguments: must be an object"),
        ("tools/call", {"arguments": {}}, "name: is required"),
        ("resources/read", {}, "uri: is required"),
        ("prompts/get", {"name": "x", "arguments": {"topic": 3}}, "arguments.topic: must be text"),
        ("tools/list", {"cursor": 3}, "cursor: must be text"),
    ],
)
async def test_parameters_of_the_wrong_shape_are_named_with_their_rule(
    serve: Serve, settings: Settings, mode: str, method: str, params: dict[str, object], words: str
) -> None:
    revision = "2026-07-28" if mode == "auto" else "2025-11-25"
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": revision}
    if mode == "auto":
        named = params.get("name")
        headers |= {"Mcp-Method": method} | ({"Mcp-Name": named} if isinstance(named, str) else {})
        params = params | {
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": revision,
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
                "io.modelcontextprotocol/clientCapabilities": {},
            }
        }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    async with serve(settings) as address, httpx.AsyncClient() as http:
        answer = await http.post(f"{address}/mcp", json=body, headers=headers)
    message = re.search(r'"code": ?-32602, ?"message": ?"([^"]*)"', answer.text)
    assert message is not None
    assert message[1] == f"params.{words}; the method's schema has its parameters"

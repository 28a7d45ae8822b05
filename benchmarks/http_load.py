"""Many clients of the Producer API at once: who sees an error, and is anything lost?

    python benchmarks/http_load.py [--clients 64] [--seconds 60] [--tokens 8]

Starts the real server on a home folder of its own, with the scripted engine, tokens and the usual limits.
Each client submits a song, polls until it has ended, and begins again; every second song has a callback.
Afterwards every accepted task must have ended once, and each callback must have come.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

SETTLE_SECONDS = 120
ENDS = ("succeeded", "failed", "cancelled")


@dataclass
class Seen:
    """What the clients and the receiver saw."""

    statuses: Counter[str] = field(default_factory=Counter)
    submit_seconds: list[float] = field(default_factory=list)
    poll_seconds: list[float] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    owed: set[str] = field(default_factory=set)
    called_back: Counter[str] = field(default_factory=Counter)


async def main() -> int:
    """Run the load and print what came of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--tokens", type=int, default=8, help="shared by the clients; few run into limits")
    wanted = parser.parse_args()
    tokens = [f"a-token-for-measuring-{number}" for number in range(wanted.tokens)]
    seen = Seen()
    with tempfile.TemporaryDirectory(prefix="songwright-load-") as folder:
        async with receiver(seen) as hook, server(Path(folder), hook, tokens) as address:
            until = time.monotonic() + wanted.seconds
            limits = httpx.Limits(max_connections=None)
            async with httpx.AsyncClient(
                base_url=address, timeout=60, limits=limits, trust_env=False
            ) as http:
                await asyncio.gather(
                    *(
                        client(http, tokens[number % len(tokens)], until, hook, seen)
                        for number in range(wanted.clients)
                    )
                )
                await settle(http, seen)
        twice, unfinished = ends_in(Path(folder) / "library.db", seen)
    errors = {status: count for status, count in seen.statuses.items() if status not in ("200", "429")}
    lost = seen.owed - set(seen.called_back)
    report = {
        "clients": wanted.clients,
        "seconds": wanted.seconds,
        "answers": dict(seen.statuses),
        "accepted": len(seen.accepted),
        "ended": len(seen.ended),
        "ended more than once": twice,
        "never ended": unfinished,
        "callbacks owed": len(seen.owed),
        "callbacks lost": len(lost),
        "callbacks repeated": sum(count > 1 for count in seen.called_back.values()),
        "submit p50, p99 ms": percentiles(seen.submit_seconds),
        "poll p50, p99 ms": percentiles(seen.poll_seconds),
    }
    print(json.dumps(report, indent=2))
    return 1 if errors or lost or twice or unfinished or len(seen.ended) != len(seen.accepted) else 0


async def client(http: httpx.AsyncClient, token: str, until: float, hook: str, seen: Seen) -> None:
    """Submit and poll, again and again."""
    headers = {"Authorization": f"Bearer {token}"}
    number = 0
    while time.monotonic() < until:
        number += 1
        body = {"action": "generate", "prompt": f"song {number}", "lyric": "", "async": True}
        if number % 2:
            body["callback_url"] = hook
        answer = await timed(http, "/producer/audios", body, headers, seen, seen.submit_seconds)
        if answer is None:
            continue
        task_id = answer["task_id"]
        seen.accepted[task_id] = token
        if number % 2:
            seen.owed.add(task_id)
        while time.monotonic() < until:
            told = await timed(http, "/producer/tasks", {"id": task_id}, headers, seen, seen.poll_seconds)
            if told is not None and told["finished_at"] is not None:
                seen.ended.add(task_id)
                break
            await asyncio.sleep(0.5)


async def timed(
    http: httpx.AsyncClient,
    path: str,
    body: dict[str, object],
    headers: dict[str, str],
    seen: Seen,
    times: list[float],
) -> dict[str, object] | None:
    """The body of an answer, or None after waiting as a 429 asks."""
    begun = time.perf_counter()
    try:
        answer = await http.post(path, json=body, headers=headers)
    except httpx.HTTPError as error:
        seen.statuses[type(error).__name__] += 1
        return None
    seen.statuses[str(answer.status_code)] += 1
    if answer.status_code == 200:
        times.append(time.perf_counter() - begun)
        told: dict[str, object] = answer.json()
        return told
    await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
    return None


async def settle(http: httpx.AsyncClient, seen: Seen) -> None:
    """Wait for what was accepted and is owed."""
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until:
        for task_id in seen.accepted.keys() - seen.ended:
            headers = {"Authorization": f"Bearer {seen.accepted[task_id]}"}
            told = await timed(http, "/producer/tasks", {"id": task_id}, headers, seen, seen.poll_seconds)
            if told is not None and told["finished_at"] is not None:
                seen.ended.add(task_id)
        if seen.accepted.keys() == seen.ended and seen.owed <= seen.called_back.keys():
            return
        await asyncio.sleep(0.5)


def ends_in(database: Path, seen: Seen) -> tuple[int, int]:
    """How many accepted tasks the ledger ended more than once, and never."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            f"SELECT task_id, COUNT(*) FROM task_events WHERE status IN {ENDS} GROUP BY task_id"  # noqa: S608 - ours
        ).fetchall()
    ends = dict(rows)
    counts = [ends.get(task_id, 0) for task_id in seen.accepted]
    return sum(count > 1 for count in counts), sum(count == 0 for count in counts)


@asynccontextmanager
async def receiver(seen: Seen) -> AsyncIterator[str]:
    """Takes callbacks."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode().lower():
                length = int(head.partition("content-length:")[2].partition("\r\n")[0])
                body = json.loads(await reader.readexactly(length))
                seen.called_back[body["task_id"]] += 1
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    finally:
        listening.close()


@asynccontextmanager
async def server(home: Path, hook: str, tokens: list[str]) -> AsyncIterator[str]:
    """The server, as a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {
        "SONGWRIGHT_HOME": str(home),
        "SONGWRIGHT_ENGINE": "scripted",
        "SONGWRIGHT_TOKENS": " ".join(tokens),
        "SONGWRIGHT_ALLOWED_HOSTS": hook.removeprefix("http://").rstrip("/"),
    }
    address = f"http://127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "songwright", "serve", "--http", f"127.0.0.1:{port}", env=environment
    )
    try:
        async with httpx.AsyncClient(trust_env=False) as http:
            for _ in range(300):
                try:
                    if (await http.get(f"{address}/readyz")).status_code == 200:
                        break
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)
        yield address
    finally:
        process.terminate()
        await process.wait()


def percentiles(seconds: list[float]) -> list[float]:
    """The median and the 99th percentile, in milliseconds."""
    if len(seconds) < 2:
        return []
    cuts = statistics.quantiles(seconds, n=100)
    return [round(1000 * cuts[49], 1), round(1000 * cuts[98], 1)]


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))

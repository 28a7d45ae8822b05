"""Lets one process work on thousands of tasks, and looks at what grows.

``python tools/chaos/soak.py [--tasks 3000]`` prints memory, descriptors, threads and databases on the way.
Figures of descriptors and memory need Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import parse_action
from songwright.music.task import Succeeded
from songwright.settings import Settings
from songwright.studio import Studio

_AT_ONCE = 8
_ROWS = 10


def _row(home: Path, done: int) -> dict[str, float]:
    with Path("/proc/self/statm").open() as statm:
        pages = int(statm.read().split()[1])
    return {
        "tasks": done,
        "memory_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6),
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "threads": threading.active_count(),
        "database_mb": round(sum(path.stat().st_size for path in home.glob("library.db")) / 1e6, 1),
        "log_mb": round(sum(path.stat().st_size for path in home.glob("library.db-wal")) / 1e6, 1),
        "files_besides_songs": sum(path.is_file() and "songs" not in path.parts for path in home.rglob("*")),
        "processor_s_a_task": round(time.process_time() / max(1, done), 3),
    }


async def _soak(home: Path, tasks: int) -> list[dict[str, float]]:
    rows: list[dict[str, float]] = []
    done = 0

    async def one(studio: Studio, number: int) -> None:
        nonlocal done
        action = parse_action({"action": "generate", "prompt": f"song {number}"})
        task = await studio.submit(action, principal=f"caller {number % 7}")
        ended = await studio.wait(task.id, 600, principal=f"caller {number % 7}")
        if not isinstance(ended.state, Succeeded):
            raise TypeError(f"a task ended as {ended.state.status}")
        # The tenth of a second's music is not what is looked at.
        shutil.rmtree(home / "songs" / ended.state.song_id)
        done += 1
        if done % max(1, tasks // _ROWS) == 0:
            rows.append(_row(home, done))
            sys.stdout.write(f"{rows[-1]}\n")
            sys.stdout.flush()

    settings = Settings(home=home, workers=2)
    async with Studio.open(settings, engines={"scripted": ScriptedEngine}) as studio:
        waiting: set[asyncio.Task[None]] = set()
        for number in range(tasks):
            if len(waiting) >= _AT_ONCE:
                ended, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for task in ended:
                    task.result()
            waiting.add(asyncio.create_task(one(studio, number)))
        await asyncio.gather(*waiting)
    return rows


def main() -> int:
    """Work, and print a row for each tenth of the tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=3000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="songwright-soak-"))
    try:
        rows = asyncio.run(_soak(folder / "home", options.tasks))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    first, last = rows[1], rows[-1]
    grown = {name: last[name] - first[name] for name in ("memory_mb", "descriptors", "threads")}
    sys.stdout.write(f"from the {first['tasks']}th task on: {grown}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A process with a studio, for tests that kill it: ``small_server.py HOME [submit]``.

Its engine waits until there is a file ``gate`` in the home folder, and adds a line with the process id to
the file ``performed`` whenever it begins.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import anyio

from songwright.engines.base import Context, Rendition, Source
from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import Action, parse_action
from songwright.settings import Settings
from songwright.studio import Studio


class RecordingEngine(ScriptedEngine):
    """Writes down who performs."""

    def __init__(self, home: Path) -> None:
        super().__init__(hold=lambda: not (home / "gate").exists())
        self._record = home / "performed"

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        with self._record.open("a") as record:
            record.write(f"{os.getpid()}\n")
        return await super().perform(action, sources, context)


async def serve(home: Path, *, submit: bool) -> None:
    engine = RecordingEngine(home)
    async with Studio.open(Settings(home=home, workers=2), engines={"scripted": lambda: engine}) as studio:
        await studio.resume()
        if submit:
            action = parse_action({"action": "generate", "prompt": "warm folk", "seed": "7"})
            task = await studio.submit(action, request_id="the one")
            sys.stdout.write(f"{task.id}\n")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await anyio.sleep_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), submit="submit" in sys.argv))

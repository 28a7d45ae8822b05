"""The server in a process, with an engine that waits: ``gated_server.py [--http ADDRESS] [--stubborn]``.

The engine adds a line to the file ``performed`` of the home folder when it begins, and goes on when there is
a file ``gate``. A stubborn server never gets done with closing its studio; it adds a line to ``closing``.
"""

from __future__ import annotations

import sys
import threading

import songwright.studio
from songwright.engines.base import Context, Rendition, Source
from songwright.engines.registry import Engines
from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import Action
from songwright.settings import Settings, load_settings
from songwright.tasks.workshop import Workshop

SETTINGS = load_settings()
HOME = SETTINGS.home


class GatedEngine(ScriptedEngine):
    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        with (HOME / "performed").open("a") as record:
            record.write("begun\n")
        return await super().perform(action, sources, context)


def engines(settings: Settings) -> Engines:
    return Engines({"scripted": lambda: GatedEngine(hold=lambda: not (HOME / "gate").exists())}, settings)


def never_done(_: Workshop) -> None:
    (HOME / "closing").write_text("begun\n")
    threading.Event().wait()


if __name__ == "__main__":
    songwright.studio.installed_engines = engines
    if "--stubborn" in sys.argv:
        Workshop.close = never_done  # type: ignore[method-assign]
    if "--http" in sys.argv:
        from songwright.http import producer_api
        from songwright.server.http import run_http

        run_http(sys.argv[sys.argv.index("--http") + 1], SETTINGS, producer_api)
    else:
        from songwright.server.stdio import run_stdio

        run_stdio()

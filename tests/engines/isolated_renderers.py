"""Renderers that run in the child process of the isolation tests."""
# ruff: noqa: ARG001 - all have the signature of a renderer

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

from songwright.engines.base import Context, Rendition, Source
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import EngineError, NotFoundError
from songwright.music.actions import Action


async def well(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    return await ScriptedEngine().perform(action, sources, context)


def noisily(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    sys.stdout.write('{"error": {"type": "EngineError"}}\n')
    os.write(1, b"a library written in C says hello\n")
    return asyncio.run(well(action, sources, context))


def remembering(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    context.remember("seen", [*context.memory.get("seen", []), os.getpid()])
    return asyncio.run(well(action, sources, context))


def without_end(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    (context.folder / "pid").write_text(str(os.getpid()))
    context.report(0.5, "going on")
    threading.Event().wait()
    raise AssertionError


def killed(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    if sys.platform == "win32":
        os._exit(1)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def out_of_memory(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    raise MemoryError


def refusing(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    raise NotFoundError("there is no such section", field="section")


def failing(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    raise EngineError("the network is down", retryable=True)


def buggy(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    raise ZeroDivisionError("a secret of the server")


def process_id(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    (context.folder / "pid").write_text(f"{os.getpid()} {Path.cwd()}")
    return asyncio.run(well(action, sources, context))


def parent_id(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    (context.folder / "pid").write_text(str(os.getppid()))
    return asyncio.run(well(action, sources, context))


_rehearsals: list[int] = []


def rehearse() -> None:
    _rehearsals.append(os.getpid())


def rehearsed(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    (context.folder / "rehearsals").write_text(str(len(_rehearsals)))
    return asyncio.run(well(action, sources, context))

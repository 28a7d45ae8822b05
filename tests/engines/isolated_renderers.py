"""Renderers that run in the child process of the isolation tests."""
# ruff: noqa: ARG001 - all have the signature of a renderer

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
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


def stopped(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    (context.folder / "pid").write_text(str(os.getpid()))
    os.kill(os.getpid(), signal.SIGSTOP)
    return asyncio.run(well(action, sources, context))


def stuck(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Wait for what never comes; only heartbeats go on."""
    threading.Event().wait()
    raise AssertionError


def circling(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Work and come no further."""
    while True:
        sum(range(10_000))


def slowly(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Work for longer than one that comes no further may, and say how far it has come."""
    for number in range(60):
        begun = time.process_time()
        while time.process_time() - begun < 0.04:
            sum(range(1000))
        context.report(number / 60, "playing")
    return asyncio.run(well(action, sources, context))


def leaving_a_stray(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Start a process in a session of its own, and answer or not as its folder says."""
    program = "import signal; signal.pause()"
    stray = subprocess.Popen(
        [sys.executable, "-c", program], start_new_session=True, stdin=subprocess.DEVNULL
    )
    (context.folder / "stray").write_text(str(stray.pid))
    if (context.folder / "without end").exists():
        threading.Event().wait()
    if (context.folder / "killed").exists():
        os.kill(os.getpid(), signal.SIGKILL)
    return asyncio.run(well(action, sources, context))


def segfault(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    os.kill(os.getpid(), signal.SIGSEGV)
    raise AssertionError


def aborting(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    os.abort()


def memory_limited(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (2 * 1024**3, 2 * 1024**3))
    bytearray(8 * 1024**3)
    raise AssertionError


def silent(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    os._exit(0)


def babbling(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Write what is no message wherever an answer may be read."""
    for descriptor in range(1, 64):
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(descriptor).st_mode):
                os.write(descriptor, b"\xff\x00 no message\n")
    threading.Event().wait()
    raise AssertionError


def stopping_its_parent(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    os.kill(os.getppid(), signal.SIGSTOP)
    return asyncio.run(well(action, sources, context))


def stopped_at_first(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Be stopped, unless the folder's name says that this is another attempt."""
    if context.folder.name == "1":
        os.kill(os.getpid(), signal.SIGSTOP)
    return asyncio.run(well(action, sources, context))


def with_a_stray_without_end(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    (context.folder / "without end").touch()
    return leaving_a_stray(action, sources, context)


def until_told(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Work until there is a file ``gate`` in the home folder."""
    context.report(0.0, "waiting")
    while not (context.folder.parents[2] / "gate").exists():
        threading.Event().wait(0.01)
    return asyncio.run(well(action, sources, context))


def with_an_orphan(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Have a process whose parent has ended, and work until told."""
    program = (
        "import subprocess, sys\n"
        "wait = [sys.executable, '-c', 'import signal; signal.pause()']\n"
        "null = subprocess.DEVNULL\n"
        "print(subprocess.Popen(wait, start_new_session=True, stdin=null, stdout=null, stderr=null).pid)"
    )
    born = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    (context.folder / "orphan").write_text(born.stdout)
    return until_told(action, sources, context)

"""What runs in the processes that serve requests: ``python -m songwright.engines.child_main FUNCTION``.

A child imports the module of FUNCTION, which is written as ``module:function``, calls its ``prepare`` where
there is one, then talks in lines of JSON: the request comes by standard input and names the function that
serves it; ``report``, ``remember``, ``rendition`` or ``error`` go by standard output, and ``lives`` about
once a second, from a thread of its own, with the processor time that was used so far. What libraries print
goes to standard error instead, so it can't be taken for a message. Standard input stays open as a lifeline:
when it closes, because the parent has gone by whatever death, the child ends itself.

With ``--nursery`` the process gets ready in the same way, then forks a child each time that it is asked to
over the socket that is its standard input, and ends when that closes. While the first child works, it calls
the module's ``rehearse``, where there is one, so that later children find done what is slow at first. It ends
what a child leaves behind, in whatever session: orphans below a child belong to the child, and to the nursery
when that has gone (prctl(2), PR_SET_CHILD_SUBREAPER).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import inspect
import json
import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from songwright.engines.base import Context, Rendition, Source
from songwright.errors import ConfigurationError, EngineError, RequestError
from songwright.music.imports import Work, parse_work
from songwright.music.song import Song

_ORPHANED_EXIT_CODE = 3
_OUT_OF_MEMORY_EXIT_CODE = 12
_LONGEST_NOTE = 200
_STREAMS = 3
_PR_SET_CHILD_SUBREAPER = 36

_Messages = queue.SimpleQueue[dict[str, Any]]
_Send = Callable[[dict[str, Any]], None]


def main() -> None:
    """Be a child, or a nursery."""
    function = sys.argv[1]
    if sys.argv[2:] == ["--nursery"]:
        _nurse(function)
    else:
        requests, send = _take_over_standard_streams()
        _get_ready_for(function)
        _serve(requests, send)


def _call(module: ModuleType, name: str) -> None:
    function = getattr(module, name, None)
    if function is not None:
        function()


def _get_ready_for(function: str) -> None:
    try:
        _load(function)
    except Exception:  # noqa: BLE001 - the request that needs it will meet it again, and answer so
        traceback.print_exc()
    _keep_what_is_here()


def _rehearse_for(function: str) -> None:
    try:
        _call(importlib.import_module(function.partition(":")[0]), "rehearse")
    except Exception:  # noqa: BLE001 - nobody waits for it
        traceback.print_exc()
    _keep_what_is_here()


def _keep_what_is_here() -> None:
    # What is here now is no garbage: collections need not look at it, nor copy its pages in a forked child.
    gc.collect()
    gc.freeze()


def _load(function: str) -> Callable[..., Any]:
    module, _, name = function.partition(":")
    loaded = importlib.import_module(module)
    _call(loaded, "prepare")
    return cast("Callable[..., Any]", getattr(loaded, name))


def _serve(requests: _Messages, send: _Send) -> None:
    """Wait for the request, answer it, and end the process."""
    try:
        request = requests.get()
        render = _load(request["function"])
        made = render(*_from_request(request, requests, send))
        if inspect.iscoroutine(made):
            made = asyncio.run(made)
        send({"rendition": cast("Rendition", made).model_dump(mode="json")})
    except MemoryError:
        os._exit(_OUT_OF_MEMORY_EXIT_CODE)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        send({"error": _error_message(error)})
    # Not by way of the interpreter's shutdown, which a thread that waits for the lifeline would upset.
    os._exit(0)


def _nurse(function: str) -> None:
    """Get ready, then bear and reap children as told, a note at a time."""
    control = socket.socket(fileno=os.dup(0))
    _read_nothing()
    _adopt_orphans()
    _get_ready_for(function)
    # Those, if any, that getting ready has started.
    known = _children()
    # Python sees the threads of mathematics libraries, which have their own care for forks.
    warnings.filterwarnings("ignore", category=DeprecationWarning, message=".*fork.*")
    is_fresh = True
    while True:
        note, descriptors, _, _ = socket.recv_fds(control, _LONGEST_NOTE, _STREAMS)
        if not note:
            os._exit(0)
        answer: int | None = None
        match json.loads(note):
            case {"reap": int(pid)}:
                answer = _reaped(pid, known)
            case {"bury": int(pid)}:
                _reaped(pid, known)
            case _:
                answer = os.fork()
                if answer == 0:
                    _be_born(control, descriptors)
                    _serve(*_take_over_standard_streams())
                # Both say it: whoever comes first, the group is there before anyone can want to end it.
                os.setpgid(answer, answer)
                known.add(answer)
        for descriptor in descriptors:
            os.close(descriptor)
        if answer is not None:
            control.sendall(str(answer).encode())
        if is_fresh:
            is_fresh = False
            _rehearse_for(function)


def _reaped(pid: int, known: set[int]) -> int:
    """Let go of a child that is ending, and end what it has left; how it ended."""
    _, status = os.waitpid(pid, 0)
    known.discard(pid)
    while strays := _children() - known:
        for stray in strays:
            with contextlib.suppress(ProcessLookupError):
                os.kill(stray, signal.SIGKILL)
        for stray in strays:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(stray, 0)
    return os.waitstatus_to_exitcode(status)


def _children() -> set[int]:
    """The processes that this one is the parent of, by birth or by adoption; none where nobody tells."""
    found: set[int] = set()
    for thread in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(int(pid) for pid in thread.read_text().split())
    return found


def _adopt_orphans() -> None:
    with contextlib.suppress(ImportError):  # Pythons may be built without
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _be_born(control: socket.socket, descriptors: list[int]) -> None:
    os.setpgid(0, 0)
    _adopt_orphans()
    control.close()
    for stream, descriptor in enumerate(descriptors):
        os.dup2(descriptor, stream)
        os.close(descriptor)


def _read_nothing() -> None:
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)


def _take_over_standard_streams() -> tuple[_Messages, _Send]:
    """Keep the streams that the parent talks by, and leave libraries harmless ones."""
    incoming = os.fdopen(os.dup(0), "r", encoding="utf-8")
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8")
    _read_nothing()
    os.dup2(2, 1)
    received: _Messages = queue.SimpleQueue()
    one_at_a_time = threading.Lock()

    def listen() -> None:
        for line in incoming:
            message = json.loads(line)
            if "tick_seconds" in message:
                threading.Thread(
                    target=live, args=[message["tick_seconds"]], name="pulse", daemon=True
                ).start()
            received.put(message)
        os._exit(_ORPHANED_EXIT_CODE)

    def live(tick_seconds: float) -> None:
        while True:
            used = os.times()
            send({"lives": used.user + used.system + used.children_user + used.children_system})
            time.sleep(tick_seconds)

    def send(message: dict[str, Any]) -> None:
        with one_at_a_time:
            outgoing.write(json.dumps(message) + "\n")
            outgoing.flush()

    threading.Thread(target=listen, name="lifeline", daemon=True).start()
    return received, send


def _from_request(
    request: dict[str, Any], acknowledgements: _Messages, send: _Send
) -> tuple[Work, tuple[Source, ...], Context]:
    def remember(name: str, value: Any) -> None:
        send({"remember": [name, value]})
        acknowledgements.get()

    context = Context(
        folder=Path(request["folder"]),
        seed=request["seed"],
        report=lambda fraction, stage: send({"report": [fraction, stage]}),
        memory=request["memory"],
        remember=remember,
        recording=None if request["recording"] is None else Path(request["recording"]),
        separation=request["separation"],
    )
    sources = tuple(
        Source(
            song=Song.model_validate(source["song"]),
            master=Path(source["master"]),
            stems={stem: Path(path) for stem, path in source["stems"].items()},
            score=None if source["score"] is None else Path(source["score"]),
        )
        for source in request["sources"]
    )
    return parse_work(request["work"]), sources, context


def _error_message(error: Exception) -> dict[str, Any]:
    message: dict[str, Any] = {"type": type(error).__name__, "message": ""}
    match error:
        case RequestError():
            plain = error.message.removeprefix(f"{error.field}: ")
            message |= {"message": plain, "field": error.field}
        case ConfigurationError():
            plain = error.message.removeprefix(f"{error.setting}: ")
            message |= {"message": plain, "setting": error.setting}
        case EngineError():
            message |= {"type": EngineError.__name__, "message": error.message, "retryable": error.retryable}
        case _:
            traceback.print_exception(error)
    return message


if __name__ == "__main__":
    main()

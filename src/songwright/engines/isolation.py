"""Runs a renderer in a process of its own, so that a cancel frees the processor and a crash harms nobody.

The child is ``python -m songwright.engines.isolation MODULE:FUNCTION``. It imports the function, then talks
in lines of JSON: the request comes by standard input, and ``report``, ``remember``, ``rendition`` or
``error`` go by standard output. What libraries print goes to standard error instead, so it can't be taken
for a message. Standard input stays open as a lifeline: when it closes, because the parent has gone by
whatever death, the child ends itself.

Starting Python and importing a renderer's libraries takes seconds, so one child is kept that has done so,
has called ``MODULE:prepare`` where there is one, and has had no request yet. Each request still gets a
process that has seen no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import IO, Any, cast

from songwright import errors
from songwright.engines.base import Context, Rendition, Source
from songwright.errors import ConfigurationError, EngineError, RequestError, SongwrightError
from songwright.music.imports import Work, parse_work
from songwright.music.song import Song

__all__ = ["CrashError", "RenderFunction", "close_spares", "run_isolated", "warm"]

RenderFunction = Callable[[Any, tuple[Source, ...], Context], Rendition | Coroutine[Any, Any, Rendition]]
"""What runs in the child: a function or a coroutine function of work, named as ``module:function``."""

_SPARE_IDLE_SECONDS = 120.0
_NEARLY_DONE = 0.7
_LOG_TAIL_BYTES = 4000
_ORPHANED_EXIT_CODE = 3
_OUT_OF_MEMORY_EXIT_CODE = 12

_Messages = queue.SimpleQueue[dict[str, Any]]

_log = logging.getLogger(__name__)


class CrashError(EngineError):
    """The process that rendered died; the same request may succeed if it is made again."""

    code = "crashed"

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=True)


async def run_isolated(
    function: str,
    work: Work,
    sources: tuple[Source, ...],
    context: Context,
    *,
    next_function: str | None = None,
) -> Rendition:
    """Do work in a fresh process. Cancelling the coroutine kills the process before it returns.

    Args:
        function: ``module:function``, a :data:`RenderFunction`.
        work: What to do.
        sources: The songs it works on.
        context: Its folder, seed and memory go to the child; ``report`` is called in the caller's event
            loop, ``remember`` in another thread.
        next_function: What the next request is likely to need; left out: ``function`` again.

    Raises:
        SongwrightError: What the function raised.
        CrashError: The process died of a signal, ran out of memory, or ended without an answer.
        EngineError: The function failed in a way it did not foresee; the log has the cause.
    """
    child = _take_spare(function)
    next_function = next_function or function
    loop = asyncio.get_running_loop()

    def report(fraction: float, stage: str) -> None:
        if fraction >= _NEARLY_DONE:
            # The next request may come the moment this one is answered.
            warm(next_function)
        with contextlib.suppress(RuntimeError):  # the loop closed while the child was being killed
            loop.call_soon_threadsafe(context.report, fraction, stage)

    request = _request(work, sources, context)
    try:
        answer, log_tail = await loop.run_in_executor(None, child.converse, request, report, context.remember)
    finally:
        # Also after a cancellation: the processor is free when this coroutine has ended.
        child.kill()
    match answer:
        case {"rendition": rendition}:
            warm(next_function)
            return Rendition.model_validate(rendition)
        case {"error": error}:
            raise _error_from(error, log_tail)
        case _:
            _log.error("the renderer died with exit code %s:\n%s", child.exit_code, log_tail)
            raise CrashError(
                "the renderer died while it worked, perhaps for want of memory; ask for a shorter song, or "
                "set SONGWRIGHT_WORKERS lower"
            )


def warm(function: str) -> None:
    """Start a child that gets ready for a later request, unless one is waiting."""
    with _spares_lock:
        if function in _spares:
            return
        spare = _spares[function] = _Child(function)
    timer = threading.Timer(_SPARE_IDLE_SECONDS, _dismiss, [function, spare])
    timer.daemon = True
    spare.timer = timer
    timer.start()


def close_spares() -> None:
    """End the children that wait for a request."""
    with _spares_lock:
        spares = list(_spares.values())
        _spares.clear()
    for spare in spares:
        spare.kill()
        spare.close()


class _Child:
    """A process that renders once."""

    def __init__(self, function: str) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close
        self.timer: threading.Timer | None = None
        # -P: the folder the server was started in is not searched for modules.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", __spec__.name, function],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=os.name == "posix",
        )

    @property
    def exit_code(self) -> int | None:
        """How the process ended; negative for the number of a signal."""
        return self._process.poll()

    def converse(
        self,
        request: dict[str, Any],
        report: Callable[[float, str], None],
        remember: Callable[[str, Any], None] | None,
    ) -> tuple[dict[str, Any] | None, str]:
        """Send the request and follow the work to its end. Blocks.

        Returns:
            The answer, None when there is none, and the end of what the process logged.
        """
        try:
            answer = self._follow(request, report, remember)
        finally:
            self.kill()
            log_tail = self.close()
        return answer, log_tail

    def kill(self) -> None:
        """End the process and all that it started, now. Callable from any thread, more than once."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                if os.name == "posix":
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()
        self._process.wait()

    def close(self) -> str:
        """Release what the ended process held; the end of what it logged."""
        if self.timer is not None:
            self.timer.cancel()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with self._log as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(0, size - _LOG_TAIL_BYTES))
            return log.read().decode("utf-8", "replace")

    def _follow(
        self,
        request: dict[str, Any],
        report: Callable[[float, str], None],
        remember: Callable[[str, Any], None] | None,
    ) -> dict[str, Any] | None:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        with contextlib.suppress(BrokenPipeError):  # a child that died at once may have said why
            self._send(request)
        for line in self._process.stdout:
            try:
                message: dict[str, Any] = json.loads(line)
            except json.JSONDecodeError:  # killed in the middle of a word
                break
            match message:
                case {"report": [fraction, stage]}:
                    report(fraction, stage)
                case {"remember": [name, value]}:
                    if remember is not None:
                        remember(name, value)
                    with contextlib.suppress(BrokenPipeError):
                        self._send({"remembered": name})
                case _:
                    return message
        self._process.wait()
        return None

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()


_spares: dict[str, _Child] = {}
_spares_lock = threading.Lock()


def _take_spare(function: str) -> _Child:
    with _spares_lock:
        spare = _spares.pop(function, None)
    if spare is None:
        return _Child(function)
    if spare.timer is not None:
        spare.timer.cancel()
    if spare.exit_code is not None:
        spare.close()
        return _Child(function)
    return spare


def _dismiss(function: str, spare: _Child) -> None:
    with _spares_lock:
        if _spares.get(function) is not spare:
            return
        del _spares[function]
    spare.kill()
    spare.close()


def _request(work: Work, sources: tuple[Source, ...], context: Context) -> dict[str, Any]:
    return {
        "work": work.model_dump(mode="json"),
        "sources": [
            {
                "song": source.song.model_dump(mode="json"),
                "master": str(source.master),
                "stems": {name: str(path) for name, path in source.stems.items()},
                "score": None if source.score is None else str(source.score),
            }
            for source in sources
        ],
        "folder": str(context.folder),
        "seed": context.seed,
        "memory": context.memory,
        "recording": None if context.recording is None else str(context.recording),
    }


def _error_from(error: dict[str, Any], log_tail: str) -> SongwrightError:
    message: str = error["message"]
    kind = getattr(errors, error["type"], None)
    if isinstance(kind, type) and issubclass(kind, RequestError):
        return kind(message, field=error["field"])
    if kind is ConfigurationError:
        return ConfigurationError(message, setting=error["setting"])
    if kind is EngineError:
        return EngineError(message, retryable=error["retryable"])
    _log.error("the renderer failed:\n%s", log_tail)
    return EngineError(
        f"the renderer failed unexpectedly ({error['type']}); the server's log has the cause; change the "
        "request or its seed, or name another engine",
        retryable=False,
    )


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


def _child_main(function: str) -> None:
    """Be the child: import the function, wait for the request, answer it."""
    requests, send = _take_over_standard_streams()
    try:
        module, _, name = function.partition(":")
        loaded = importlib.import_module(module)
        render: RenderFunction = getattr(loaded, name)
        prepare = getattr(loaded, "prepare", None)
        if prepare is not None:
            prepare()
        work, sources, context = _from_request(requests.get(), requests, send)
        made = render(work, sources, context)
        if inspect.iscoroutine(made):
            made = asyncio.run(made)
        send({"rendition": cast("Rendition", made).model_dump(mode="json")})
    except MemoryError:
        os._exit(_OUT_OF_MEMORY_EXIT_CODE)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        send({"error": _error_message(error)})
    # Not by way of the interpreter's shutdown, which a thread that waits for the lifeline would upset.
    os._exit(0)


def _from_request(
    request: dict[str, Any], acknowledgements: _Messages, send: Callable[[dict[str, Any]], None]
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


def _take_over_standard_streams() -> tuple[_Messages, Callable[[dict[str, Any]], None]]:
    """Keep the streams that the parent talks by, and leave libraries harmless ones."""
    incoming = os.fdopen(os.dup(0), "r", encoding="utf-8")
    outgoing = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with Path(os.devnull).open() as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    received: _Messages = queue.SimpleQueue()
    one_at_a_time = threading.Lock()

    def listen() -> None:
        for line in incoming:
            received.put(json.loads(line))
        os._exit(_ORPHANED_EXIT_CODE)

    def send(message: dict[str, Any]) -> None:
        with one_at_a_time:
            outgoing.write(json.dumps(message) + "\n")
            outgoing.flush()

    threading.Thread(target=listen, name="lifeline", daemon=True).start()
    return received, send


if __name__ == "__main__":
    _child_main(sys.argv[1])

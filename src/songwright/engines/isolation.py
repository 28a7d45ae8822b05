"""Runs a renderer in a process of its own, so that a cancel frees the processor and a crash harms nobody.

Each request gets a process that has seen no other. What it takes seconds to load is loaded ahead of the
request: by a nursery, of which children are forked, or by a child that waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from songwright import errors
from songwright.engines.base import Context, Rendition, Source
from songwright.engines.children import Child, Nest, NestError, nest_for
from songwright.errors import ConfigurationError, EngineError, RequestError, SongwrightError
from songwright.music.imports import Work

__all__ = ["CrashError", "RenderFunction", "close_nests", "run_isolated"]

RenderFunction = Callable[[Any, tuple[Source, ...], Context], Rendition | Coroutine[Any, Any, Rendition]]
"""What runs in the child: a function or a coroutine function of work, named as ``module:function``."""

_IDLE_SECONDS = 120.0
_NEARLY_DONE = 0.7

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
    ready_for: str | None = None,
) -> Rendition:
    """Do work in a fresh process. Cancelling the coroutine kills the process before it returns.

    Args:
        function: ``module:function``, a :data:`RenderFunction`.
        work: What to do.
        sources: The songs it works on.
        context: Its folder, seed and memory go to the child; ``report`` is called in the caller's event
            loop, ``remember`` in another thread.
        ready_for: The ``module:function`` that the process is made ready for, so that functions which need
            much the same share what waits; left out: ``function``.

    Raises:
        SongwrightError: What the function raised.
        CrashError: The process died of a signal, ran out of memory, or ended without an answer.
        EngineError: The function failed in a way it did not foresee; the log has the cause.
    """
    loop = asyncio.get_running_loop()
    nest = _nest(ready_for or function)
    child = await _born(nest)

    def report(fraction: float, stage: str) -> None:
        if fraction >= _NEARLY_DONE:
            # The next request may come the moment this one is answered.
            nest.get_ready()
        with contextlib.suppress(RuntimeError):  # the loop closed while the child was being killed
            loop.call_soon_threadsafe(context.report, fraction, stage)

    request = {"function": function} | _request(work, sources, context)
    try:
        answer, exit_code, log_tail = await loop.run_in_executor(
            None, _converse, child, request, report, context.remember
        )
    finally:
        # Also after a cancellation: the processor is free when this coroutine has ended.
        child.kill()
    match answer:
        case {"rendition": rendition}:
            return Rendition.model_validate(rendition)
        case {"error": error}:
            raise _error_from(error, log_tail)
        case _:
            raise _crash(exit_code, log_tail)


def close_nests() -> None:
    """End the processes that wait for a request."""
    with _nests_lock:
        nests = list(_nests.items())
    for function, nest in nests:
        _dismiss(function, nest)


_nests: dict[str, Nest] = {}
_dismissals: dict[str, threading.Timer] = {}
_nests_lock = threading.Lock()


def _nest(function: str) -> Nest:
    """Where children for a function come from; it is kept for a while from now on."""
    with _nests_lock:
        nest = _nests.get(function)
        if nest is None:
            nest = _nests[function] = nest_for(function)
        if before := _dismissals.pop(function, None):
            before.cancel()
        timer = _dismissals[function] = threading.Timer(_IDLE_SECONDS, _dismiss, [function, nest])
        timer.daemon = True
        timer.start()
    return nest


def _dismiss(function: str, nest: Nest) -> None:
    with _nests_lock:
        if _nests.get(function) is not nest:
            return
        del _nests[function]
        _dismissals.pop(function).cancel()
    nest.close()


async def _born(nest: Nest) -> Child:
    """A new child. One that comes when the caller has been cancelled is ended at once."""
    birth = asyncio.get_running_loop().run_in_executor(None, nest.bear)

    def end(birth: asyncio.Future[Child]) -> None:
        if not birth.cancelled() and birth.exception() is None:
            child = birth.result()
            child.kill()
            child.close()

    try:
        return await asyncio.shield(birth)
    except asyncio.CancelledError:
        birth.add_done_callback(end)
        raise
    except NestError as error:
        raise _crash(None, str(error)) from None


def _converse(
    child: Child,
    request: dict[str, Any],
    report: Callable[[float, str], None],
    remember: Callable[[str, Any], None] | None,
) -> tuple[dict[str, Any] | None, int | None, str]:
    """Send the request and follow the work to its end. Blocks.

    Returns:
        The answer, None when there is none; how the process ended; the end of what it logged.
    """
    answer = None
    try:
        child.send(request)
        for message in child.messages():
            match message:
                case {"report": [fraction, stage]}:
                    report(fraction, stage)
                case {"remember": [name, value]}:
                    if remember is not None:
                        remember(name, value)
                    child.send({"remembered": name})
                case _:
                    answer = message
                    break
    finally:
        exit_code = child.kill()
        log_tail = child.close()
    return answer, exit_code, log_tail


def _crash(exit_code: int | None, log_tail: str) -> CrashError:
    _log.error("the renderer died with exit code %s:\n%s", exit_code, log_tail)
    return CrashError(
        "the renderer died while it worked, perhaps for want of memory; ask for a shorter song, or set "
        "SONGWRIGHT_WORKERS lower"
    )


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

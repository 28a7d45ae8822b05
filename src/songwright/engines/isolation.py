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
from dataclasses import dataclass
from typing import Any

from songwright import errors
from songwright.engines.base import Context, Rendition, Source
from songwright.engines.children import Child, Nest, NestError
from songwright.engines.nursery import nest_for
from songwright.engines.watching import Limits, Watch
from songwright.errors import ConfigurationError, EngineError, RequestError, SongwrightError
from songwright.music.imports import Work
from songwright.music.song import LONGEST_SONG_SECONDS

__all__ = ["CrashError", "RenderFunction", "close_nests", "run_isolated"]

RenderFunction = Callable[[Any, tuple[Source, ...], Context], Rendition | Coroutine[Any, Any, Rendition]]
"""What runs in the child: a function or a coroutine function of work, named as ``module:function``."""

_IDLE_SECONDS = 120.0
_NEARLY_DONE = 0.7
# A killed process is gone in milliseconds. One that waits for a dead disk is not waited for.
_LEAVE_SECONDS = 1.0
_OUT_OF_MEMORY_EXIT_CODE = 12
_KILL = 9  # SIGKILL, which Windows has no name for

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
    limits: Limits | None = None,
) -> Rendition:
    """Do work in a fresh process. Cancelling the coroutine kills the process before it returns.

    A process that stands still, or works and comes no further, is ended as if it had died.

    Args:
        function: ``module:function``, a :data:`RenderFunction`.
        work: What to do.
        sources: The songs it works on.
        context: Its folder, seed and memory go to the child; ``report`` is called in the caller's event
            loop, ``remember`` in another thread.
        ready_for: The ``module:function`` that the process is made ready for, so that functions which need
            much the same share what waits; left out: ``function``.
        limits: How long it may stand still.

    Raises:
        SongwrightError: What the function raised.
        CrashError: The process died of a signal, ran out of memory, stood still, or ended without an answer.
        EngineError: The function failed in a way it did not foresee; the log has the cause.
    """
    limits = limits or Limits()
    loop = asyncio.get_running_loop()
    nest = _nest(ready_for or function, limits)
    child = await _born(nest)

    def report(fraction: float, stage: str) -> None:
        if fraction >= _NEARLY_DONE:
            # The next request may come the moment this one is answered.
            nest.get_ready()
        with contextlib.suppress(RuntimeError):  # the loop closed while the child was being killed
            loop.call_soon_threadsafe(context.report, fraction, stage)

    request = {"function": function, "tick_seconds": limits.tick_seconds} | _request(work, sources, context)
    # What is made of nothing is as long as songs may be, and an edit may make as much.
    sound_seconds = LONGEST_SONG_SECONDS + sum(source.song.facts.duration_seconds for source in sources)
    hearer = _Hearer(report, context.remember, Watch(limits, sound_seconds))
    conversation = loop.run_in_executor(None, _converse, child, request, hearer, limits.tick_seconds)
    try:
        end = await asyncio.shield(conversation)
    except asyncio.CancelledError:
        # Here and not in a thread, which a second cancellation would leave: the processor is free when this
        # coroutine has ended. The conversation ends by itself.
        child.end(_LEAVE_SECONDS)
        conversation.add_done_callback(_look_at)
        raise
    match end.answer:
        case {"rendition": rendition}:
            with contextlib.suppress(ValueError):
                return Rendition.model_validate(rendition)
        case {"error": {"type": str(), "message": str()} as error}:
            raise _error_from(error, end.log_tail)
        case _:
            pass
    raise _crash(end)


def close_nests() -> None:
    """End the processes that wait for a request."""
    with _nests_lock:
        nests = list(_nests.items())
    for function, nest in nests:
        _dismiss(function, nest)


_nests: dict[str, Nest] = {}
_dismissals: dict[str, threading.Timer] = {}
_nests_lock = threading.Lock()


def _nest(function: str, limits: Limits) -> Nest:
    """Where children for a function come from; it is kept for a while from now on."""
    with _nests_lock:
        nest = _nests.get(function)
        if nest is None:
            nest = _nests[function] = nest_for(function, limits)
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
            birth.result().close()

    try:
        return await asyncio.shield(birth)
    except asyncio.CancelledError:
        birth.add_done_callback(end)
        raise
    except NestError as error:
        raise _crash(_End(None, None, str(error), "could not be started")) from None


@dataclass(frozen=True, slots=True)
class _Hearer:
    """Who hears what a child says on its way."""

    report: Callable[[float, str], None]
    remember: Callable[[str, Any], None] | None
    watch: Watch


@dataclass(frozen=True, slots=True)
class _End:
    """How a conversation ended.

    Attributes:
        answer: What the child answered; None when nothing.
        exit_code: How the process ended, where there is no answer and it is known.
        log_tail: The end of what it logged.
        given_up: Why the process was ended, where it stood still.
    """

    answer: dict[str, Any] | None
    exit_code: int | None
    log_tail: str
    given_up: str | None = None


def _converse(child: Child, request: dict[str, Any], hearer: _Hearer, tick_seconds: float) -> _End:
    """Make the request and follow the work to its end. Blocks, but not for ever."""
    answer = given_up = None
    try:
        for message in child.converse(request, tick_seconds):
            match message:
                case None:
                    given_up = hearer.watch.is_silent(is_stopped=child.is_stopped)
                case {"lives": float() | int() as used_seconds}:
                    given_up = hearer.watch.lives(used_seconds)
                case {"report": [float() | int() as fraction, str(stage)]}:
                    hearer.watch.progressed()
                    hearer.report(fraction, stage)
                case {"remember": [str(name), value]}:
                    hearer.watch.progressed()
                    if hearer.remember is not None:
                        hearer.remember(name, value)
                    child.send({"remembered": name})
                case _:
                    answer = message
                    break
            if given_up is not None:
                break
    finally:
        # How it ended matters only where it did not answer.
        exit_code, log_tail = child.close(asking=answer is None and given_up is None)
    return _End(answer, exit_code, log_tail, given_up)


def _look_at(conversation: asyncio.Future[_End]) -> None:
    # So that asyncio does not warn of an error that nobody saw.
    if not conversation.cancelled():
        conversation.exception()


def _crash(end: _End) -> CrashError:
    _log.error("the renderer %s (exit code %s):\n%s", end.given_up or "died", end.exit_code, end.log_tail)
    return CrashError(f"the renderer {_what_happened(end)}. The server itself is unharmed")


def _what_happened(end: _End) -> str:
    """What became of the process that rendered, and what to do."""
    if end.answer is not None:
        return "gave an answer that can't be understood; the server's log has its last words"
    if end.given_up is not None:
        return f"{end.given_up} and was ended; ask again"
    match end.exit_code:
        case None:
            return "died while it worked; ask again"
        case code if code == _OUT_OF_MEMORY_EXIT_CODE:
            return "ran out of memory; set SONGWRIGHT_WORKERS lower, or ask for a shorter song"
        case code if code == -_KILL:
            return (
                "was killed from outside, most often by the system for want of memory; set "
                "SONGWRIGHT_WORKERS lower, or ask for a shorter song"
            )
        case code if code < 0:
            return (
                f"was ended by signal {-code}, a fault of the renderer or of one of its libraries; the "
                "server's log has its last words"
            )
        case _:
            return "ended without an answer; the server's log has its last words"


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
        "separation": context.separation,
    }


def _error_from(error: dict[str, Any], log_tail: str) -> SongwrightError:
    message: str = error["message"]
    kind = getattr(errors, error["type"], None)
    if isinstance(kind, type) and issubclass(kind, RequestError):
        return kind(message, field=error.get("field"))
    if kind is ConfigurationError:
        return ConfigurationError(message, setting=str(error.get("setting")))
    if kind is EngineError:
        return EngineError(message, retryable=error.get("retryable") is True)
    _log.error("the renderer failed:\n%s", log_tail)
    return EngineError(
        f"the renderer failed unexpectedly ({error['type']}); the server's log has the cause; change the "
        "request or its seed, or name another engine",
        retryable=False,
    )

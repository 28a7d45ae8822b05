"""Processes that each serve one request, as the parent sees them: how they are born, spoken to and ended.

Here each child is a new process, one of which gets ready ahead of its request. That works on every system;
:mod:`songwright.engines.nursery` has the faster way of Linux.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import IO, Any, Protocol

from songwright.engines.watching import vitals
from songwright.hearing.networks import QUIETLY

__all__ = [
    "Child",
    "Nest",
    "NestError",
    "Process",
    "Spares",
    "child_command",
    "child_environment",
    "kill_group",
    "tail_of",
]

_CHILD_MODULE = "songwright.engines.child_main"
_LOG_TAIL_BYTES = 4000
# The longest message is a rendition with its lyric, which is thousands of characters and no more.
_LONGEST_MESSAGE_BYTES = 16 * 1024**2
# A killed process ends within milliseconds; only one that waits for a dead disk takes longer.
_END_SECONDS = 5.0
_POLL_SECONDS = 0.001


class NestError(Exception):
    """No child could be born; the message is the end of what was logged."""


class Nest(Protocol):
    """Where children come from that are ready for a ``module:function``."""

    def get_ready(self) -> None:
        """Make ready for a child that is wanted later; returns at once."""

    def bear(self) -> Child:
        """A new child, which has seen no request. May block until what bears it is ready.

        Raises:
            NestError: It can't be had.
        """

    def close(self) -> None:
        """End what waits for a request; children that serve one live on."""


class Process(Protocol):
    """A child's process."""

    @property
    def pid(self) -> int:
        """Its number."""

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""

    def kill(self) -> None:
        """End the process and all that it started. Returns at once; callable from any thread, repeatedly."""

    def let_go(self, *, asking: bool) -> int | None:
        """Release the killed process; may block for some seconds.

        Args:
            asking: Whether to wait for how it ended.

        Returns:
            How it ended, negative for the number of a signal; None where that isn't known.
        """


class Child:
    """A process that serves one request and talks in lines of JSON."""

    def __init__(self, process: Process, requests: IO[bytes], answers: IO[bytes], log: IO[bytes]) -> None:
        """Take over a process and its streams: what it reads, what it says, what its libraries print."""
        self._process = process
        self._requests = requests
        self._answers = answers
        self._log = log
        self._said: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._talk: threading.Thread | None = None
        self._is_wanted = True

    @property
    def is_alive(self) -> bool:
        """Whether it can serve."""
        return self._process.is_alive

    @property
    def is_stopped(self) -> bool:
        """Whether it is known to be stopped by a signal."""
        seen = vitals(self._process.pid)
        return seen is not None and seen.is_stopped

    def converse(self, request: dict[str, Any], tick_seconds: float) -> Iterator[dict[str, Any] | None]:
        """Make the request.

        Args:
            request: What it is to do.
            tick_seconds: How long to wait for a message.

        Yields:
            What it says, until it has ended; nothing, ``{}``, where that is no message, and None for each
            tick without a word.
        """
        # A thread of its own, since neither a pipe that is full nor one that is empty can be waited for with
        # a time limit on every system.
        self._talk = threading.Thread(target=self._ask_and_listen, args=[request], daemon=True, name="child")
        self._talk.start()
        was_alive = True
        while True:
            try:
                message = self._said.get(timeout=tick_seconds)
            except queue.Empty:
                if not was_alive:
                    # Its last words have had the time to arrive; what it left behind may hold the pipe open.
                    return
                was_alive = self._process.is_alive
                yield None
                continue
            if message is None:
                return
            yield message

    def send(self, message: dict[str, Any]) -> None:
        """Say something. One that has died doesn't hear it; it may have said why."""
        with contextlib.suppress(OSError, ValueError):
            self._requests.write(json.dumps(message).encode() + b"\n")
            self._requests.flush()

    def end(self, within_seconds: float) -> None:
        """End the process and all that it started; back when it has ended, or when so much time has gone by.

        Callable from any thread, while another one converses.
        """
        self._is_wanted = False
        self._process.kill()
        self._said.put(None)
        deadline = time.monotonic() + within_seconds
        while self._process.is_alive and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)

    def close(self, *, asking: bool = False) -> tuple[int | None, str]:
        """End the process and release what it held. May block for some seconds.

        Args:
            asking: Whether to wait for how it ended, unless :meth:`end` was called.

        Returns:
            How it ended, negative for the number of a signal, None where that isn't known; and the end of
            what it logged.
        """
        self._process.kill()
        exit_code = self._process.let_go(asking=asking and self._is_wanted)
        if self._talk is None:
            self._answers.close()
        else:
            self._talk.join(_END_SECONDS)
        with contextlib.suppress(OSError):
            self._requests.close()
        with self._log as log:
            return exit_code, tail_of(log)

    def _ask_and_listen(self, request: dict[str, Any]) -> None:
        with self._answers:
            self.send(request)
            with contextlib.suppress(OSError):
                # Without its end a line was interrupted, by death, and says nothing.
                while (line := self._answers.readline(_LONGEST_MESSAGE_BYTES)).endswith(b"\n"):
                    self._said.put(_message(line))
            self._said.put(None)


class Spares:
    """Starts a process for each request, and keeps one ahead that gets ready."""

    def __init__(self, function: str) -> None:
        """Start nothing yet."""
        self._function = function
        self._lock = threading.Lock()
        self._spare: Child | None = None

    def get_ready(self) -> None:
        """Start a child ahead, unless one waits."""
        with self._lock:
            if self._spare is None:
                self._spare = _spawned(self._function)

    def bear(self) -> Child:
        """The child that waits, or a new one that gets ready while its request waits."""
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None and spare.is_alive and not spare.is_stopped:
            return spare
        if spare is not None:
            spare.close()
        return _spawned(self._function)

    def close(self) -> None:
        """End the child that waits."""
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.close()


def _message(line: bytes) -> dict[str, Any]:
    """What a line says; nothing where it is no message."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def _spawned(function: str) -> Child:
    log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the child's close
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        child_command(function),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env=child_environment(),
        start_new_session=os.name == "posix",
    )
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    return Child(_Spawned(process), process.stdin, process.stdout, log)


class _Spawned:
    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        # One at a time: whoever finds it ended also lets go of its number.
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        with self._lock:
            return self._process.poll() is None

    def kill(self) -> None:
        with self._lock:
            if self._process.returncode is not None:
                return
            if os.name == "posix":
                # Also when it has ended by itself: what it started may live on.
                kill_group(self._process.pid)
            else:
                self._process.kill()

    def let_go(self, *, asking: bool) -> int | None:
        del asking  # It is known at once.
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(_END_SECONDS)
        return None


def kill_group(pid: int) -> None:
    """End a process and those that it started, unless they made groups of their own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def child_command(function: str) -> list[str]:
    """The command line of a child that is ready for a ``module:function``."""
    # -P: the folder the server was started in is not searched for modules.
    return [sys.executable, "-P", "-m", _CHILD_MODULE, function]


def child_environment() -> dict[str, str]:
    """The environment of children, and of what forks them."""
    # Neither of the libraries' own threads: a process that forks is to have one, and songs are made by two of
    # Python's already.
    alone = {"OPENBLAS_NUM_THREADS": "1", **QUIETLY}
    return alone | os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def tail_of(log: IO[bytes]) -> str:
    """The end of what was logged."""
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - _LOG_TAIL_BYTES))
    return log.read().decode("utf-8", "replace")

"""Processes that each serve one request, as the parent sees them: how they are born, spoken to and ended.

It takes seconds to start Python and to import a renderer's libraries. On Linux a :class:`Nursery` does so
once, and forks a child for each request in milliseconds; it serves no request itself and has no second
thread of Python's, so that what it forks is as fresh as a new process. Elsewhere, where libraries do not
survive a fork, each child is a new process.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from typing import IO, Any, Protocol

from songwright.hearing.networks import QUIETLY

__all__ = ["Child", "Nest", "NestError", "nest_for"]

_CHILD_MODULE = "songwright.engines.child_main"
_LOG_TAIL_BYTES = 4000
_LONGEST_NOTE = 200


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


def nest_for(function: str) -> Nest:
    """A nest of the kind that this system allows."""
    return Nursery(function) if sys.platform == "linux" else Spares(function)


class _Process(Protocol):
    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""

    def kill(self) -> int | None:
        """End the process and all that it started; callable from any thread, more than once.

        Returns:
            How it ended, negative for the number of a signal; None where that isn't known.
        """


class Child:
    """A process that serves one request and talks in lines of JSON."""

    def __init__(self, process: _Process, requests: IO[str], answers: IO[str], log: IO[bytes]) -> None:
        """Take over a process and its streams: what it reads, what it says, what its libraries print."""
        self._process = process
        self._requests = requests
        self._answers = answers
        self._log = log

    def send(self, message: dict[str, Any]) -> None:
        """Say something. One that has died doesn't hear it; it may have said why."""
        with contextlib.suppress(BrokenPipeError):
            self._requests.write(json.dumps(message) + "\n")
            self._requests.flush()

    def messages(self) -> Iterator[dict[str, Any]]:
        """What it says until it ends. Blocks."""
        for line in self._answers:
            try:
                message: dict[str, Any] = json.loads(line)
            except json.JSONDecodeError:  # killed in the middle of a word
                return
            yield message

    @property
    def is_alive(self) -> bool:
        """Whether it can serve."""
        return self._process.is_alive

    def kill(self) -> int | None:
        """End the process and all that it started, now. Callable from any thread, more than once.

        Returns:
            How it ended, negative for the number of a signal; None where that isn't known.
        """
        return self._process.kill()

    def close(self) -> str:
        """Release what the ended process held; the end of what it logged."""
        for pipe in (self._requests, self._answers):
            with contextlib.suppress(OSError):
                pipe.close()
        with self._log as log:
            return _tail_of(log)


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
        if spare is not None and spare.is_alive:
            return spare
        if spare is not None:
            spare.close()
        return _spawned(self._function)

    def close(self) -> None:
        """End the child that waits."""
        with self._lock:
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.kill()
            spare.close()


class Nursery:
    """Keeps a process that is ready, and has it fork a child for each request."""

    def __init__(self, function: str) -> None:
        """Start nothing yet."""
        self._function = function
        self._lock = threading.Lock()
        self._mother: _Mother | None = None

    def get_ready(self) -> None:
        """Start the process that forks, unless it lives."""
        self._living_mother()

    def bear(self) -> Child:
        """A child of the process that is ready.

        Raises:
            NestError: That process died, and so did another one as it got ready.
        """
        try:
            return self._living_mother().bear()
        except NestError:
            # It may have died while nobody needed it.
            self.close()
            return self._living_mother().bear()

    def close(self) -> None:
        """End the process that forks."""
        with self._lock:
            mother, self._mother = self._mother, None
        if mother is not None:
            mother.close()

    def _living_mother(self) -> _Mother:
        with self._lock:
            if self._mother is not None and not self._mother.is_alive:
                self._mother.close()
                self._mother = None
            if self._mother is None:
                self._mother = _Mother(self._function)
            return self._mother


class _Mother:
    """A process that has imported a renderer and forks."""

    def __init__(self, function: str) -> None:
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [*_command(function), "--nursery"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                env=_environment(),
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def bear(self) -> Child:
        log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the child's close
        its_requests, our_requests = os.pipe()
        our_answers, its_answers = os.pipe()
        requests = os.fdopen(our_requests, "w", encoding="utf-8")
        answers = os.fdopen(our_answers, "r", encoding="utf-8")
        try:
            pid = self._ask({"bear": None}, (its_requests, its_answers, log.fileno()))
        finally:
            os.close(its_requests)
            os.close(its_answers)
        if pid is None:
            for stream in (requests, answers, log):
                stream.close()
            raise NestError(_tail_of(self._log))
        return Child(_Forked(self, pid), requests, answers, log)

    def reap(self, pid: int) -> int | None:
        """Let go of a child that is ending; how it ended."""
        return self._ask({"reap": pid})

    def close(self) -> None:
        # Before the lock: whoever holds it may wait for an answer.
        self._process.kill()
        self._process.wait()
        with self._lock:
            self._control.close()
            self._log.close()

    def _ask(self, note: dict[str, Any], descriptors: tuple[int, ...] = ()) -> int | None:
        """The number it answers; None when it is dead."""
        with self._lock, contextlib.suppress(OSError):
            socket.send_fds(self._control, [json.dumps(note).encode()], descriptors)
            if answer := self._control.recv(_LONGEST_NOTE):
                return int(answer)
        return None


def _spawned(function: str) -> Child:
    log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the child's close
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        _command(function),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        encoding="utf-8",
        env=_environment(),
        start_new_session=os.name == "posix",
    )
    assert process.stdin is not None  # noqa: S101 - both are pipes
    assert process.stdout is not None  # noqa: S101
    return Child(_Spawned(process), process.stdin, process.stdout, log)


class _Spawned:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> int | None:
        if self._process.poll() is None:
            if os.name == "posix":
                _kill_group(self._process.pid)
            else:
                self._process.kill()
        return self._process.wait()


class _Forked:
    def __init__(self, mother: _Mother, pid: int) -> None:
        self._mother = mother
        self._pid = pid
        self._lock = threading.Lock()
        self._is_over = False
        self._exit_code: int | None = None

    @property
    def is_alive(self) -> bool:
        return not self._is_over

    def kill(self) -> int | None:
        with self._lock:
            if not self._is_over:
                # Not reaped before, so its number is still its own.
                _kill_group(self._pid)
                self._exit_code = self._mother.reap(self._pid)
                self._is_over = True
            return self._exit_code


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _command(function: str) -> list[str]:
    # -P: the folder the server was started in is not searched for modules.
    return [sys.executable, "-P", "-m", _CHILD_MODULE, function]


def _environment() -> dict[str, str]:
    # Neither of the libraries' own threads: a process that forks is to have one, and songs are made by two of
    # Python's already.
    alone = {"OPENBLAS_NUM_THREADS": "1", **QUIETLY}
    return alone | os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def _tail_of(log: IO[bytes]) -> str:
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - _LOG_TAIL_BYTES))
    return log.read().decode("utf-8", "replace")

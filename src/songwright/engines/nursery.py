"""Where children are forked, on Linux: a process that is ready for a renderer and serves no request itself.

It takes seconds to start Python and to import a renderer's libraries. A :class:`Nursery` does so once, and
forks a child for each request in milliseconds; it has no second thread of Python's, so that what it forks is
as fresh as a new process. Elsewhere libraries do not survive a fork, and children are :class:`Spares`.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from typing import IO, Any

from songwright.engines.children import (
    Child,
    Nest,
    NestError,
    Spares,
    child_command,
    child_environment,
    kill_group,
    tail_of,
)
from songwright.engines.watching import Limits, vitals

__all__ = ["Nursery", "nest_for"]

_LONGEST_NOTE = 200
# Of the process that forks, until it answers: it starts, imports and rehearses, which was measured to take
# five seconds of processor time for the embedded engine; a slow machine takes ten times that.
_BUSY_SECONDS = 300.0
_NEVER_IDLE = frozenset("RD")
_ENDED = frozenset("ZX")


def nest_for(function: str, limits: Limits) -> Nest:
    """A nest of the kind that this system allows.

    Args:
        function: ``module:function``, what its children are ready for.
        limits: How long a process that forks may stand still.
    """
    return Nursery(function, limits) if sys.platform == "linux" else Spares(function)


class Nursery:
    """Keeps a process that is ready, and has it fork a child for each request."""

    def __init__(self, function: str, limits: Limits) -> None:
        """Start nothing yet."""
        self._function = function
        self._limits = limits
        self._lock = threading.Lock()
        self._mother: _Mother | None = None

    def get_ready(self) -> None:
        """Start the process that forks, unless it lives."""
        self._living_mother()

    def bear(self) -> Child:
        """A child of the process that is ready.

        Raises:
            NestError: That process died or stood still, and so did another one as it got ready.
        """
        mother = self._living_mother()
        try:
            return mother.bear()
        except NestError:
            # It may have died, or been stopped, while nobody needed it.
            self._dismiss(mother)
            return self._living_mother().bear()

    def close(self) -> None:
        """End the process that forks."""
        with self._lock:
            mother, self._mother = self._mother, None
        if mother is not None:
            mother.close()

    def _dismiss(self, mother: _Mother) -> None:
        # Another request may have put a new one in its place already.
        with self._lock:
            if self._mother is mother:
                self._mother = None
        mother.close()

    def _living_mother(self) -> _Mother:
        with self._lock:
            if self._mother is not None and not self._mother.is_alive:
                self._mother.close()
                self._mother = None
            if self._mother is None:
                self._mother = _Mother(self._function, self._limits)
            return self._mother


class _Mother:
    """A process that has imported a renderer and forks."""

    def __init__(self, function: str, limits: Limits) -> None:
        self._limits = limits
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(limits.tick_seconds)
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [*child_command(function), "--nursery"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                env=child_environment(),
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def bear(self) -> Child:
        log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the child's close
        its_requests, our_requests = os.pipe()
        our_answers, its_answers = os.pipe()
        requests = os.fdopen(our_requests, "wb")
        answers = os.fdopen(our_answers, "rb")
        try:
            pid = self._ask({"bear": None}, (its_requests, its_answers, log.fileno()))
        finally:
            os.close(its_requests)
            os.close(its_answers)
        if pid is None:
            for stream in (requests, answers, log):
                stream.close()
            raise NestError(self._last_words())
        return Child(_Forked(self, pid), requests, answers, log)

    def reap(self, pid: int) -> int | None:
        """Let go of a child that is ending; how it ended, None where it can't be told any more."""
        return self._ask({"reap": pid})

    def bury(self, pid: int) -> None:
        """Let go of a child that is ending, whatever became of it; waits for nothing."""
        # Without the lock: a note that is not answered can't be taken for another one's.
        with contextlib.suppress(OSError):
            self._control.send(json.dumps({"bury": pid}).encode())

    def close(self) -> None:
        # Before the lock: whoever holds it may wait for an answer.
        self._process.kill()
        self._process.wait()
        with self._lock:
            self._control.close()
            if not self._log.closed:
                self._log.close()

    def _ask(self, note: dict[str, Any], descriptors: tuple[int, ...] = ()) -> int | None:
        """The number it answers; None when it is dead, or is killed since it does not answer."""
        with self._lock:
            try:
                socket.send_fds(self._control, [json.dumps(note).encode()], descriptors)
                answer = self._answer()
            except OSError:
                answer = b""
            if answer:
                return int(answer)
            self._process.kill()
        return None

    def _answer(self) -> bytes:
        """What it answers; nothing when it is dead or stands still."""
        pid = self._process.pid
        begun = vitals(pid)
        used = used_before = 0 if begun is None else begun.used_ticks
        most = used_before + _BUSY_SECONDS * os.sysconf("SC_CLK_TCK")
        stopped = idle = 0
        while stopped < self._limits.stopped_ticks and idle < self._limits.silent_ticks and used < most:
            try:
                return self._control.recv(_LONGEST_NOTE)
            except TimeoutError:
                seen = vitals(pid)
            # A process that has no turn on a busy machine is ready to run; it does not stand still.
            used = used_before if seen is None else seen.used_ticks
            works = seen is not None and (seen.state in _NEVER_IDLE or used > used_before)
            stopped = stopped + 1 if seen is not None and seen.is_stopped else 0
            idle = 0 if works else idle + 1
            used_before = used
        return b""

    def _last_words(self) -> str:
        with self._lock:
            return "" if self._log.closed else tail_of(self._log)


class _Forked:
    def __init__(self, mother: _Mother, pid: int) -> None:
        self._mother = mother
        self._pid = pid
        seen = vitals(pid)
        self._started_ticks = None if seen is None else seen.started_ticks
        self._lock = threading.Lock()
        self._is_let_go = False

    @property
    def pid(self) -> int:
        return self._pid

    @property
    def is_alive(self) -> bool:
        # Let go or not: a killed process ends a little later.
        seen = vitals(self._pid)
        return seen is not None and seen.state not in _ENDED and self._is_its_own(seen.started_ticks)

    def kill(self) -> None:
        with self._lock:
            if self._is_let_go:
                return
            # Its number is its own until it is let go, unless what bore it died and the system let it go.
            seen = vitals(self._pid)
            if seen is None or self._started_ticks is None or self._is_its_own(seen.started_ticks):
                kill_group(self._pid)

    def let_go(self, *, asking: bool) -> int | None:
        with self._lock:
            if self._is_let_go:
                return None
            self._is_let_go = True
        exit_code = None
        if self._mother.is_alive:
            if asking:
                exit_code = self._mother.reap(self._pid)
            else:
                self._mother.bury(self._pid)
        if not self._mother.is_alive:
            self._inherit()
        return exit_code

    def _inherit(self) -> None:
        """Let go of one whose mother died, where this process is the system's first, as in a container."""
        seen = vitals(self._pid)
        if seen is not None and self._is_its_own(seen.started_ticks):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(self._pid, os.WNOHANG)

    def _is_its_own(self, started_ticks: int) -> bool:
        return self._started_ticks == started_ticks

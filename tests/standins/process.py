"""Runs a stand-in in a process of its own and talks to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

_TESTS = Path(__file__).parent.parent


@dataclass(frozen=True)
class StandIn:
    """A stand-in that runs. Each story has an address of its own, so tests do not meet."""

    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, story: str) -> str:
        return f"http://{self.host}/{story}"

    def tell(self, story: str, **script: Any) -> str:
        """Begin a story; its base URL."""
        httpx.put(self.url(story) + "/script", json=script, trust_env=False).raise_for_status()
        return self.url(story)

    def heard(self, story: str) -> list[dict[str, Any]]:
        """Every request of a story, in order."""
        requests: list[dict[str, Any]] = httpx.get(self.url(story) + "/heard", trust_env=False).json()
        return requests


@contextmanager
def running(module: str) -> Iterator[StandIn]:
    """A stand-in as long as the block lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", f"standins.{module}"],
        cwd=_TESTS,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield StandIn(int(process.stdout.readline()))
        finally:
            process.terminate()

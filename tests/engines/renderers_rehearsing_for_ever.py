"""A renderer whose rehearsal waits for what never comes."""

from __future__ import annotations

import threading

from isolated_renderers import well

__all__ = ["rehearse", "well"]


def rehearse() -> None:
    """Wait without end."""
    threading.Event().wait()

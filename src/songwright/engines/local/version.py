"""Which version of the embedded engine made a song."""

from __future__ import annotations

__all__ = ["ENGINE_VERSION"]

ENGINE_VERSION = "5"
"""Changes whenever the same request and seed would give other bytes."""

"""Separates a foreign recording into stems."""

from __future__ import annotations

from songwright.engines.separation.separate import available_methods, separate
from songwright.engines.separation.values import Method, MethodReadiness, Separated

__all__ = ["Method", "MethodReadiness", "Separated", "available_methods", "separate"]

"""Separates a foreign recording into stems."""

from __future__ import annotations

from songwright.engines.separation.separate import (
    available_methods,
    methods_from,
    networks_folder,
    passed_over,
    separate,
    separate_by_first,
)
from songwright.engines.separation.values import Method, MethodReadiness, Separated

__all__ = [
    "Method",
    "MethodReadiness",
    "Separated",
    "available_methods",
    "methods_from",
    "networks_folder",
    "passed_over",
    "separate",
    "separate_by_first",
]

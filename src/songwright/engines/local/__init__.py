"""The embedded engine: composes, performs, sings and mixes on any laptop, with no key and no network."""

from songwright.engines.local.engine import LocalEngine

__all__ = ["LocalEngine"]

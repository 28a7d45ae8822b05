"""The engine that has songs made by an ACE-Step 1.5 server."""

from songwright.engines.acestep.engine import AceStepEngine

__all__ = ["AceStepEngine"]

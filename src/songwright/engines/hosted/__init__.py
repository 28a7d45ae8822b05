"""The engine that has songs made by the hosted Producer API."""

from songwright.engines.hosted.engine import HostedEngine

__all__ = ["HostedEngine"]

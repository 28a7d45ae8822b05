"""Chance that repeats: one independent stream of numbers for each musical question."""

from __future__ import annotations

import hashlib

import numpy as np

__all__ = ["stream"]


def stream(seed: str, *questions: str | int) -> np.random.Generator:
    """A generator that depends on the seed and the question alone.

    Each question ("melody", 3) has a stream of its own, so drawing more numbers for one part never
    changes another, and an edit can draw again what the first rendering drew.
    """
    words = "\x1f".join([seed, *(str(question) for question in questions)])
    digest = hashlib.blake2b(words.encode("utf-8"), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "little")))

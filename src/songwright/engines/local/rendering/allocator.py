"""Giving memory back while a long song is made."""

from __future__ import annotations

import ctypes
import gc
import sys
from functools import cache

from songwright.engines.local.playing.soundbank import soundbank
from songwright.engines.local.singing.network import forget_network
from songwright.engines.local.singing.pronunciation import forget_dictionary, pronounce
from songwright.music.score import Score

__all__ = [
    "forget_sounds",
    "forget_words_but",
    "keep_large_arrays_apart",
    "keep_what_is_freed",
    "return_what_is_free",
]

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE_BYTES = 4 * 2**20
# glibc takes no higher bound for what it asks the system for apart.
_LARGEST_BYTES = 32 * 2**20
_PLENTY_BYTES, _USUAL_BYTES = 2**30, 128 * 2**10


@cache
def keep_large_arrays_apart() -> None:
    """Have the C library give large arrays pages of their own, which go back when they are freed.

    Left alone, glibc soon takes arrays of up to 32 MiB from its heaps, which hold what lies between them.
    """
    _tell_allocator((_M_MMAP_THRESHOLD, _LARGE_BYTES), (_M_TRIM_THRESHOLD, _USUAL_BYTES))


@cache
def keep_what_is_freed() -> None:
    """Have the C library keep freed memory for the next array, which then costs no page faults.

    For stretches, which take little memory and are made and left in a second.
    """
    _tell_allocator((_M_MMAP_THRESHOLD, _LARGEST_BYTES), (_M_TRIM_THRESHOLD, _PLENTY_BYTES))


def _tell_allocator(*options: tuple[int, int]) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        for option, value in options:
            mallopt(option, value)


def forget_words_but(score: Score) -> None:
    """Let the pronouncing dictionary go, after looking up what is sung."""
    for line in score.vocal.lines if score.vocal else ():
        pronounce(line.text, line.language)
    forget_dictionary()
    return_what_is_free()


def forget_sounds() -> None:
    """Let decoded recordings and the voice's network go."""
    soundbank().forget_samples()
    forget_network()
    return_what_is_free()


def return_what_is_free() -> None:
    """Collect what is in circles, and give free pages back to the system."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)

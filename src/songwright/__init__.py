"""songwright: a song studio for AI agents.

The public door. Names load when they are first used, so that ``import songwright`` costs nothing:

    async with songwright.Studio.open(songwright.load_settings()) as studio:
        task = await studio.submit(songwright.Generate(prompt="warm indie folk, 96 bpm"))
        task = await studio.wait(task.id, timeout_seconds=120)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from songwright.engines.base import Capabilities, Context, Engine, Rendition, Source
    from songwright.engines.scripted import ScriptedEngine
    from songwright.errors import (
        ConfigurationError,
        ConflictError,
        EngineError,
        NotFoundError,
        RequestError,
        SongwrightError,
        UnsupportedError,
    )
    from songwright.music.actions import (
        Action,
        Cover,
        Extend,
        Generate,
        ReplaceSection,
        Stems,
        SwapInstrumentals,
        SwapVocals,
        Variation,
    )
    from songwright.music.song import Song
    from songwright.music.task import Task
    from songwright.settings import Settings, load_settings
    from songwright.studio import Studio

__version__ = "0.1.0"

__all__ = [
    "Action",
    "Capabilities",
    "ConfigurationError",
    "ConflictError",
    "Context",
    "Cover",
    "Engine",
    "EngineError",
    "Extend",
    "Generate",
    "NotFoundError",
    "Rendition",
    "ReplaceSection",
    "RequestError",
    "ScriptedEngine",
    "Settings",
    "Song",
    "SongwrightError",
    "Source",
    "Stems",
    "Studio",
    "SwapInstrumentals",
    "SwapVocals",
    "Task",
    "UnsupportedError",
    "Variation",
    "load_settings",
]

_HOMES = {
    "songwright.engines.base": ("Capabilities", "Context", "Engine", "Rendition", "Source"),
    "songwright.engines.scripted": ("ScriptedEngine",),
    "songwright.errors": (
        "ConfigurationError",
        "ConflictError",
        "EngineError",
        "NotFoundError",
        "RequestError",
        "SongwrightError",
        "UnsupportedError",
    ),
    "songwright.music.actions": (
        "Action",
        "Cover",
        "Extend",
        "Generate",
        "ReplaceSection",
        "Stems",
        "SwapInstrumentals",
        "SwapVocals",
        "Variation",
    ),
    "songwright.music.song": ("Song",),
    "songwright.music.task": ("Task",),
    "songwright.settings": ("Settings", "load_settings"),
    "songwright.studio": ("Studio",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'songwright' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)

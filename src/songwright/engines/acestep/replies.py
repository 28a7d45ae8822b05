"""An ACE-Step server's answers, parsed once into closed values.

Every JSON answer is an envelope ``{"data", "code", "error", ...}`` whose code may be an error's within HTTP
200, and a task's result is JSON inside a string.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any

from songwright.engines.remote.errors import MalformedReplyError

__all__ = [
    "Done",
    "Failed",
    "ModelFacts",
    "NothingKnown",
    "Outcome",
    "ServerFacts",
    "TakeLink",
    "TaskType",
    "Working",
    "read_envelope",
    "read_models",
    "read_outcome",
    "read_task_id",
]

TaskType = str
"""One of text2music, cover, repaint, extract, lego, complete."""

_EVERYWHERE = frozenset({"text2music", "cover", "repaint"})
_BASE_ONLY = frozenset({"extract", "lego", "complete"})
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
_FILE = re.compile(r"/v1/audio\?path=[A-Za-z0-9%._~/+-]{1,1000}")
_LISTED_PREFIX = "acestep/"
_USUAL_MODEL = "acestep-v15-turbo"
"""What a server loads that was not told otherwise (ACESTEP_CONFIG_PATH)."""

_SUCCEEDED, _FAILED = 1, 2
_OUT_OF_MEMORY = re.compile(r"out of memory|cuda.*memory", re.IGNORECASE)

Json = Any


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model that the server has.

    Attributes:
        tasks: The task types that it can do: as it says, else as its name tells.
    """

    name: str
    tasks: frozenset[TaskType]
    is_default: bool
    is_loaded: bool

    @property
    def is_turbo(self) -> bool:
        """Whether it is distilled to 8 steps, without guidance."""
        return "turbo" in self.name


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What a server can do.

    Attributes:
        has_planner: Whether it has a language model; None where it does not say, or may load one yet.
    """

    models: tuple[ModelFacts, ...]
    has_planner: bool | None

    def model_for(self, task: TaskType) -> ModelFacts | None:
        """The model to do a task with: the default one or one that is loaded, where it can."""
        able = [model for model in self.models if task in model.tasks]
        return max(able, key=lambda model: (model.is_default, model.is_loaded), default=None)


@dataclass(frozen=True, slots=True)
class NothingKnown:
    """The server shows nothing of the task: it waits in the queue, or the server does not know it."""


@dataclass(frozen=True, slots=True)
class Working:
    """The task is under way."""

    fraction: float


@dataclass(frozen=True, slots=True)
class TakeLink:
    """One recording that was made.

    Attributes:
        path: Path and query on the server itself.
    """

    path: str
    seed: str
    tempo_bpm: float | None


@dataclass(frozen=True, slots=True)
class Done:
    """The task is finished."""

    takes: tuple[TakeLink, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """The task came to nothing."""

    out_of_memory: bool


Outcome = NothingKnown | Working | Done | Failed


def read_envelope(body: Json) -> tuple[int, Json]:
    """The code and the data of an answer; an answer without an envelope is its own data, with code 200.

    Raises:
        MalformedReplyError: It is no JSON object.
    """
    if not isinstance(body, dict):
        raise malformed()
    if "data" not in body and "code" not in body:
        return 200, body
    code = body.get("code", 200)
    if body.get("error") and code == 200:
        code = 500
    return (code if isinstance(code, int) else 500), body.get("data")


def read_models(data: Json) -> ServerFacts:
    """The answer about models: the server's own inventory, or the list that OpenRouter's clients are shown.

    A server that names none loads its models with the first job.

    Raises:
        MalformedReplyError: It is neither.
    """
    match data:
        case {"models": list(given)}:
            default = data.get("default_model")
        case list(listed) if all(isinstance(one, dict) and "id" in one for one in listed):
            given = [
                {"name": str(one["id"]).removeprefix(_LISTED_PREFIX), "is_loaded": True} for one in listed
            ]
            # What is listed there is loaded, and the first is what requests go to that name none.
            default = given[0]["name"] if given else None
        case _:
            raise malformed()
    named = [
        one for one in given if isinstance(one, dict) and _MODEL_NAME.fullmatch(str(one.get("name", "")))
    ]
    if given and not named:
        raise malformed()
    usual = default if isinstance(default, str) and _MODEL_NAME.fullmatch(default) else _USUAL_MODEL
    models = tuple(
        _model(one, default) for one in named or [{"name": usual, "is_default": True, "is_loaded": False}]
    )
    return ServerFacts(models=models, has_planner=_has_planner(data, models))


def _has_planner(data: Json, models: tuple[ModelFacts, ...]) -> bool | None:
    """Whether there is a language model; before the first job, or where one lies ready, it may come yet."""
    said = data.get("llm_initialized") if isinstance(data, dict) else None
    if said is not False:
        return True if said is True else None
    may_come = not any(model.is_loaded for model in models) or bool(data.get("lm_models"))
    return None if may_come else False


def _model(data: dict[str, Json], default: Json) -> ModelFacts:
    name = str(data["name"])
    said = data.get("supported_task_types")
    if isinstance(said, list):
        tasks = frozenset(str(task) for task in said)
    else:
        # Servers before supported_task_types: only base models do the three others.
        tasks = _EVERYWHERE | _BASE_ONLY if "base" in name else _EVERYWHERE
    return ModelFacts(
        name=name,
        tasks=tasks - _BASE_ONLY if "turbo" in name else tasks,
        is_default=bool(data.get("is_default")) or name == default,
        is_loaded=bool(data.get("is_loaded", data.get("is_default"))),
    )


def read_task_id(data: Json) -> str:
    """The answer to a request for work.

    Raises:
        MalformedReplyError: It names no task.
    """
    task_id = data.get("task_id") if isinstance(data, dict) else None
    if not isinstance(task_id, str) or not _IDENTIFIER.fullmatch(task_id):
        raise malformed()
    return task_id


def read_outcome(data: Json, task_id: str) -> Outcome:
    """The answer to a question about a task.

    Raises:
        MalformedReplyError: It is not of the documented shape.
    """
    if not isinstance(data, list):
        raise malformed()
    mine = [one for one in data if isinstance(one, dict) and one.get("task_id") == task_id]
    if not mine:
        return NothingKnown()
    entries = _result(mine[0].get("result"))
    match mine[0].get("status"):
        case 2:
            return Failed(any(_OUT_OF_MEMORY.search(str(one.get("error", ""))) for one in entries))
        case 1:
            takes = tuple(take for one in entries for take in _takes(one))
            if not takes:
                raise malformed()
            return Done(takes)
        case _ if entries:
            return Working(max(_fraction(one.get("progress")) for one in entries))
        case _:
            return NothingKnown()


def _result(text: Json) -> list[dict[str, Json]]:
    if isinstance(text, str):
        try:
            text = json.loads(text or "[]")
        except ValueError:
            raise malformed() from None
    given = text if isinstance(text, list) else [text]
    return [one for one in given if isinstance(one, dict)]


def _takes(entry: dict[str, Json]) -> list[TakeLink]:
    path = str(entry.get("file", ""))
    if not _FILE.fullmatch(path):
        return []
    metas = entry.get("metas")
    seed = str(entry.get("seed_value", "")).split(",")[0].strip()
    return [
        TakeLink(
            path=path,
            seed=seed if _IDENTIFIER.fullmatch(seed) else "",
            tempo_bpm=_positive(metas.get("bpm")) if isinstance(metas, dict) else None,
        )
    ]


def _fraction(value: Json) -> float:
    number = _positive(value)
    return 0.0 if number is None else min(1.0, number)


def _positive(value: Json) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number > 0 else None


def malformed() -> MalformedReplyError:
    """The error for an answer of no documented shape."""
    return MalformedReplyError(
        "the ACE-Step server answered in a way that is not documented; check that SONGWRIGHT_ACESTEP_URL "
        "leads to one of version 1.5",
        retryable=False,
    )

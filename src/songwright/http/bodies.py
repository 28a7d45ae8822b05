"""Request bodies of the Producer API, read as its many clients write them, and turned into actions.

The documented body is flat: every action takes every field, and clients fill the ones they do not need
with empty strings, nulls or ``false``. Here those count as left out, and what an action does not use is
passed over. Fields of no documented schema that clients send are honoured where they mean something.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, ValidationError, model_validator

from songwright.http.faults import ApiError
from songwright.music.actions import (
    ACTION_MODELS,
    FASTEST_BPM,
    LONGEST_SECONDS,
    MAX_LYRIC_CHARACTERS,
    MAX_PROMPT_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    SHORTEST_SECONDS,
    SLOWEST_BPM,
    Action,
    ActionName,
    ChordsText,
    KeyText,
    MeterText,
    ModelName,
    parse_action,
)
from songwright.music.base import Line, Sheet, digits_of
from songwright.music.rules import rule_of

__all__ = ["AudioBody", "AudiosBody", "LyricsBody", "TasksBody", "UploadBody", "parse_body", "to_action"]

MOST_TASK_IDS = 200
_MAX_LYRICS_PROMPT_CHARACTERS = 2000

_ALIASES: dict[str, ActionName] = {
    "upload_cover": "cover",
    "upload_extend": "extend",
    "upload_replace_section": "replace_section",
    "all_stems": "stems",
}
"""Names that older guides and the vendor's own web client send for actions on uploaded songs."""

_NUMBERS = (
    "weirdness",
    "sound_strength",
    "lyrics_strength",
    "cover_strength",
    "continue_at",
    "replace_section_start",
    "replace_section_end",
    "duration_seconds",
    "tempo_bpm",
)

Body = TypeVar("Body", bound=BaseModel)


def _no_boolean(given: Any) -> Any:
    if isinstance(given, bool):
        raise ValueError("must be a number")
    return given


_Seconds = Annotated[float, Field(ge=0), BeforeValidator(_no_boolean)]
_UnixSeconds = Annotated[float, Field(ge=0, le=1e11), BeforeValidator(_no_boolean)]
_Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(_no_boolean)]
_Strength = Annotated[float, Field(ge=0.2, le=1), BeforeValidator(_no_boolean)]
_Length = Annotated[float, Field(ge=SHORTEST_SECONDS, le=LONGEST_SECONDS), BeforeValidator(_no_boolean)]
_Tempo = Annotated[float, Field(ge=SLOWEST_BPM, le=FASTEST_BPM), BeforeValidator(_no_boolean)]
_Id = Annotated[Line, Field(min_length=1, max_length=64)]


class _Body(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        populate_by_name=True,
        title=None,
    )

    @model_validator(mode="before")
    @classmethod
    def _leave_out_what_is_empty(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        kept = {name: value for name, value in given.items() if value is not None and value != ""}
        # The published schema gives `false` as the default of its numbers, and clients send it.
        return {name: value for name, value in kept.items() if value is not False or name not in _NUMBERS}


class AudiosBody(_Body):
    """A song to make or to work on."""

    action: Annotated[ActionName, BeforeValidator(lambda given: _ALIASES.get(str(given), given))] = Field(
        description="What to do: make a song (generate), or make another one from the song `audio_id`."
    )
    model: ModelName = Field(default="FUZZ-2.0", description="Name of the model.")
    prompt: Line = Field(
        default="",
        max_length=MAX_PROMPT_CHARACTERS,
        description="Style, mood, tempo, instruments and voice in plain words, at most 200 characters.",
    )
    lyric: Sheet = Field(
        default="",
        max_length=MAX_LYRIC_CHARACTERS,
        description="Words to sing, with markers such as [Verse] and [Chorus] on lines of their own.",
    )
    custom: bool | None = Field(
        default=None,
        description="True: made from `lyric`. False, or left out: made from `prompt` where it has words.",
    )
    instrumental: bool = Field(default=False, description="True: accompaniment only, no singing.")
    title: Annotated[Line, Field(min_length=1, max_length=MAX_TITLE_CHARACTERS)] | None = Field(
        default=None, description="Title of the song."
    )
    audio_id: _Id | None = Field(
        default=None, description="Id of the song to work on; every action but generate needs it."
    )
    continue_at: _Seconds | None = Field(
        default=None, description="extend: where to go on from, in seconds. Left out: the end."
    )
    replace_section_start: _Seconds | None = Field(
        default=None, description="replace_section: start of the stretch, in seconds."
    )
    replace_section_end: _Seconds | None = Field(
        default=None, description="replace_section: end of the stretch, in seconds, after its start."
    )
    sound_strength: _Strength | None = Field(
        default=None, description="How closely the sound follows `prompt`, 0.2 to 1; 0.5 where left out."
    )
    lyrics_strength: _Share | None = Field(
        default=None, description="How strongly the words shape the song, 0 to 1; 0.5 where left out."
    )
    weirdness: _Share | None = Field(
        default=None, description="How far the music strays from habit, 0 to 1; 0.5 where left out."
    )
    seed: Annotated[Line, BeforeValidator(digits_of), Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="Same request and seed: same song."
    )
    callback_url: HttpUrl | None = Field(
        default=None, description="URL that the result is posted to. The call then returns at once."
    )
    async_: bool = Field(
        default=False, alias="async", description="True: return at once; poll /producer/tasks for the result."
    )
    style: Line | None = Field(
        default=None, max_length=1000, description="Sent by some clients: more words for the sound."
    )
    cover_strength: _Strength | None = Field(
        default=None, description="Sent by some clients: stands for `sound_strength` on covers."
    )
    swap_audio_id: _Id | None = Field(
        default=None, description="Swaps: a second song whose singing or backing is taken."
    )
    vocal_gender: Literal["f", "m"] | None = Field(default=None, description="Voice: 'f' or 'm'.")
    duration_seconds: _Length | None = Field(
        default=None, description="generate, cover: length in seconds, 5 to 600. extend: how much is added."
    )
    tempo_bpm: _Tempo | None = Field(
        default=None, description="generate, cover: tempo in beats a minute, 40 to 240."
    )
    key: KeyText | None = Field(
        default=None, description="generate, cover: such as 'D minor', 'F#', 'Bb major' or 'Am'."
    )
    time_signature: MeterText | None = Field(default=None, description="generate: such as '3/4' or '6/8'.")
    chords: ChordsText | None = Field(
        default=None,
        description="generate, cover, extend: one a bar, 'Am F C G', or bars, '| C | G/B | Am7 F |'.",
    )


class TasksBody(_Body):
    """Which tasks to tell of."""

    action: Literal["retrieve", "retrieve_batch"] = Field(
        default="retrieve", description="One task by `id`, or several."
    )
    id: _Id | None = Field(default=None, description="Id of the task, for `retrieve`.")
    ids: tuple[_Id, ...] | None = Field(
        default=None,
        max_length=MOST_TASK_IDS,
        description="Ids for `retrieve_batch`, at most 200. Left out: your tasks, newest first.",
    )
    type: Literal["audios", "lyrics", "upload", "wav", "videos"] | None = Field(
        default=None, description="Without `ids`: tasks of one kind only."
    )
    limit: int = Field(default=20, ge=1, le=100, description="Without `ids`: at most so many.")
    offset: int = Field(default=0, ge=0, le=1_000_000, description="Without `ids`: pass over so many.")
    created_at_min: _UnixSeconds | None = Field(
        default=None, description="Without `ids`: not older, in Unix seconds."
    )
    created_at_max: _UnixSeconds | None = Field(
        default=None, description="Without `ids`: not newer, in Unix seconds."
    )


def _flat_prompt(given: Any) -> Any:
    """One published schema types this prompt as an object of strings; all prose says a string."""
    if isinstance(given, dict):
        return ", ".join(value for value in given.values() if isinstance(value, str))
    return given


class LyricsBody(_Body):
    """What the words are to be about."""

    prompt: Annotated[
        Line,
        BeforeValidator(_flat_prompt),
        Field(min_length=1, max_length=_MAX_LYRICS_PROMPT_CHARACTERS),
    ] = Field(description="Theme and style in plain words.")


class UploadBody(_Body):
    """A recording to take into the library."""

    audio_url: HttpUrl = Field(description="Public http or https URL of the recording.")
    callback_url: HttpUrl | None = Field(
        default=None, description="URL that the result is posted to. The call then returns at once."
    )
    async_: bool = Field(
        default=False, alias="async", description="True: return at once; poll /producer/tasks for the result."
    )


class AudioBody(_Body):
    """The song to export."""

    audio_id: _Id = Field(description="Id of the song.")


def parse_body(model: type[Body], given: Any) -> Body:
    """Read a JSON value as a body.

    Raises:
        ApiError: 400, naming the first field at fault and its rule.
    """
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refusal(error) from None


def to_action(body: AudiosBody) -> Action:
    """The action that a body asks for.

    Raises:
        ApiError: 400; the action needs a field that is missing, or fields contradict each other.
    """
    model = ACTION_MODELS[body.action]
    sent = body.model_dump(mode="json", exclude_none=True, exclude={"async_", "custom", "style"})
    wanted = {name: value for name, value in sent.items() if name in model.model_fields}
    wanted |= {"action": body.action, "async": body.async_}
    if "prompt" in model.model_fields:
        wanted |= {"prompt": _sound_words(body), "custom": _custom(body)}
    if body.action == "cover" and body.sound_strength is None and body.cover_strength is not None:
        wanted["sound_strength"] = body.cover_strength
    try:
        return parse_action(wanted)
    except ValidationError as error:
        raise _refusal(error) from None


def _custom(body: AudiosBody) -> bool | None:
    """Whether the given words are sung; None leaves it to whether there are any.

    The specification: "If true, the audio will be generated based on the lyric; otherwise [...] on the
    prompt". An edit without `custom` keeps its song's words, or takes those that are given.
    """
    match body.action:
        case "generate" if body.lyric and body.prompt:
            return bool(body.custom)
        case "generate":
            return body.custom or None
        case _:
            return body.custom if body.lyric else None


def _sound_words(body: AudiosBody) -> str:
    """The prompt, and as many whole words of the style as fit beside it."""
    if body.style is None or body.style == body.prompt:
        return body.prompt
    room = MAX_PROMPT_CHARACTERS - len(body.prompt) - (2 if body.prompt else 0)
    style = body.style
    if len(style) > room:
        style = style[: max(0, room) + 1].rpartition(" ")[0].rstrip(" ,;")
    return ", ".join(part for part in (body.prompt, style) if part)


def _refusal(error: ValidationError) -> ApiError:
    first = error.errors(include_url=False, include_input=False)[0]
    # The name of the action's model comes first where a union was read.
    names = [str(part) for part in first["loc"] if isinstance(part, int) or str(part) not in ACTION_MODELS]
    field = ".".join(names)
    message = first["msg"].removeprefix("Value error, ")
    match first["type"]:
        case "literal_error":
            message = (
                f"is invalid; use one of {first.get('ctx', {}).get('expected', 'the documented values')}"
            )
        case "missing":
            message = "is missing"
        case "model_type" | "model_attributes_type" | "dict_type":
            message = "the body must be a JSON object"
        case _:
            message = rule_of(first) or message
    return ApiError(400, "bad_request", f"{field}: {message}." if field else f"{message}.")

"""The eight actions of the Producer Audios API, as one union of models.

This union is the only source of tool schemas, HTTP validation, stored requests and engine input.
Names, ranges and defaults are those of the specification's request body; the few fields that it does
not have (``swap_audio_id``, ``section``, ``stems``, ``vocal_gender``, and the figures of
:class:`Figured`) are optional and say so.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, TypeAdapter, model_validator

from songwright.music.base import Line, Model, Seconds, Sheet
from songwright.music.figures import chords_text, parse_key, parse_meter, parse_progression

__all__ = [
    "ACTION_MODELS",
    "Action",
    "ActionName",
    "Cover",
    "Extend",
    "Figured",
    "Generate",
    "ModelName",
    "ReplaceSection",
    "Sounding",
    "StemName",
    "Stems",
    "SwapInstrumentals",
    "SwapVocals",
    "Variation",
    "parse_action",
    "source_ids",
]

MAX_PROMPT_CHARACTERS = 200
MAX_LYRIC_CHARACTERS = 6000
MAX_TITLE_CHARACTERS = 120
MAX_CHORDS_CHARACTERS = 400
SHORTEST_SECONDS, LONGEST_SECONDS = 5.0, 600.0
SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0

ActionName = Literal[
    "generate",
    "cover",
    "extend",
    "variation",
    "swap_vocals",
    "swap_instrumentals",
    "replace_section",
    "stems",
]

ModelName = Literal[
    "FUZZ-2.0 Pro",
    "FUZZ-2.0",
    "FUZZ-2.0 Raw",
    "FUZZ-1.1 Pro",
    "FUZZ-1.1",
    "FUZZ-1.0 Pro",
    "FUZZ-1.0",
    "FUZZ-0.8",
]

StemName = Literal["vocals", "drums", "bass", "other"]


def _key_text(text: str) -> str:
    return parse_key(text).name


def _meter_text(text: str) -> str:
    above, below = parse_meter(text)
    return f"{above}/{below}"


def _progression_text(text: str) -> str:
    parse_progression(text)
    return text


KeyText = Annotated[Line, Field(max_length=40), AfterValidator(_key_text)]
MeterText = Annotated[Line, Field(max_length=12), AfterValidator(_meter_text)]
ChordsText = Annotated[
    Line,
    Field(max_length=MAX_CHORDS_CHARACTERS),
    AfterValidator(_progression_text),
    BeforeValidator(chords_text),
]

_SongId = Annotated[Line, Field(min_length=1, max_length=64)]


class _Request(Model):
    """What every action takes."""

    model: ModelName = Field(
        default="FUZZ-2.0",
        description="Model name. 'Raw' skips mastering; the result says what really ran.",
    )
    callback_url: HttpUrl | None = Field(
        default=None,
        description="URL that receives the finished result by POST. Private addresses are refused.",
    )
    async_: bool = Field(
        default=False,
        alias="async",
        description="Return the task at once instead of waiting for the song.",
    )


class _NewSound(_Request):
    """What every action that makes new sound takes."""

    prompt: Line = Field(
        default="",
        max_length=MAX_PROMPT_CHARACTERS,
        description=(
            "Style, mood, tempo, key, instruments and voice in plain words, at most 200 characters, "
            "e.g. 'warm indie folk, 96 bpm, in G major, female voice'."
        ),
    )
    lyric: Sheet = Field(
        default="",
        max_length=MAX_LYRIC_CHARACTERS,
        description=(
            "Words to sing, one line per sung line, with section markers such as [Verse], [Chorus], "
            "[Bridge] or [Instrumental] on lines of their own. At most 6000 characters."
        ),
    )
    custom: bool | None = Field(
        default=None,
        description=(
            "True: the song is made from `lyric`. False: the words are written from `prompt`. "
            "Left out: true when `lyric` has words."
        ),
    )
    instrumental: bool = Field(default=False, description="True: no singing, accompaniment only.")
    title: Line | None = Field(
        default=None, min_length=1, max_length=MAX_TITLE_CHARACTERS, description="Title of the song."
    )
    seed: Line | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="Same request and seed: same song. Left out: a new one is drawn and reported.",
    )
    weirdness: float = Field(
        default=0.5, ge=0, le=1, description="How far the music strays from the style's habits, 0 to 1."
    )
    sound_strength: float = Field(
        default=0.5, ge=0.2, le=1, description="How closely the sound follows `prompt`, 0.2 to 1."
    )
    lyrics_strength: float = Field(
        default=0.5, ge=0, le=1, description="How strongly the words shape melody and mix, 0 to 1."
    )
    vocal_gender: Literal["f", "m"] | None = Field(
        default=None, description="Voice: 'f' or 'm'. Left out: taken from `prompt`, else chosen to suit."
    )

    @model_validator(mode="after")
    def _custom_needs_words(self) -> Self:
        if self.custom and not self.lyric and not self.instrumental:
            raise ValueError("custom: true needs words in `lyric`; add them, or leave `custom` out")
        return self

    @property
    def sings_given_words(self) -> bool:
        """Whether the words in ``lyric`` are to be sung, rather than words written from ``prompt``."""
        wanted = self.custom if self.custom is not None else bool(self.lyric)
        return wanted and not self.instrumental


class Figured(_NewSound):
    """What actions take that decide length, tempo, key, meter or harmony; each wins over the prompt."""

    duration_seconds: float | None = Field(
        default=None,
        ge=SHORTEST_SECONDS,
        le=LONGEST_SECONDS,
        description="Length of the song in seconds, 5 to 600, its last ring included.",
    )
    tempo_bpm: float | None = Field(
        default=None, ge=SLOWEST_BPM, le=FASTEST_BPM, description="Tempo in beats a minute, 40 to 240."
    )
    key: KeyText | None = Field(default=None, description="Such as 'D minor', 'F#', 'Bb major' or 'Am'.")
    time_signature: MeterText | None = Field(default=None, description="Such as '3/4' or '6/8'.")
    chords: ChordsText | None = Field(
        default=None,
        description="Chords, one a bar such as 'Am F C G', or bar by bar such as '| C | G/B | Am7 F |'.",
    )


class _Editing(_NewSound):
    """What every action that makes sound from an existing song takes."""

    audio_id: _SongId = Field(description="Id of the song to work on.")


class Generate(Figured):
    """Make a new song from words, a description, or both."""

    action: Literal["generate"] = "generate"

    @model_validator(mode="after")
    def _something_to_go_by(self) -> Self:
        if not self.prompt and not self.lyric:
            raise ValueError("prompt and lyric: at least one must have words")
        if self.custom is False and not self.prompt:
            raise ValueError("custom: false needs words in `prompt`; add them, or leave `custom` out")
        return self


class Cover(_Editing, Figured):
    """Sing the same melody, words and form in another style."""

    action: Literal["cover"] = "cover"
    duration_seconds: float | None = Field(
        default=None, ge=SHORTEST_SECONDS, le=LONGEST_SECONDS, description="Length, met by the tempo"
    )


class Extend(_Editing, Figured):
    """Continue a song from a point in time; everything before it stays as it is."""

    action: Literal["extend"] = "extend"
    continue_at: Seconds | None = Field(default=None, description="In seconds; else the end")
    duration_seconds: float | None = Field(
        default=None, ge=SHORTEST_SECONDS, le=LONGEST_SECONDS, description="How many seconds to add"
    )


class Variation(_Editing):
    """Keep style, form and words; write new notes."""

    action: Literal["variation"] = "variation"


class SwapVocals(_Editing):
    """Put new singing over the same backing."""

    action: Literal["swap_vocals"] = "swap_vocals"
    swap_audio_id: _SongId | None = Field(
        default=None, description="Second song, whose singing is taken; else new"
    )


class SwapInstrumentals(_Editing):
    """Put a new backing under the same singing."""

    action: Literal["swap_instrumentals"] = "swap_instrumentals"
    swap_audio_id: _SongId | None = Field(
        default=None, description="Second song, whose backing is taken; else new"
    )


class ReplaceSection(_Editing):
    """Replace one stretch of a song; every sample outside it stays bit-identical."""

    action: Literal["replace_section"] = "replace_section"
    replace_section_start: Seconds | None = Field(
        default=None, description="Start of the stretch in seconds; goes with `replace_section_end`."
    )
    replace_section_end: Seconds | None = Field(
        default=None, description="End of the stretch in seconds; later than the start."
    )
    section: Line | None = Field(
        default=None,
        min_length=1,
        max_length=64,
        description="Instead of seconds: a section's name such as 'chorus 2', or bars such as 'bars 9-16'.",
    )

    @model_validator(mode="after")
    def _one_range(self) -> Self:
        start, end = self.replace_section_start, self.replace_section_end
        if self.section is not None:
            if start is not None or end is not None:
                raise ValueError("section: give either `section` or seconds, not both")
            return self
        if start is None or end is None:
            raise ValueError(
                "replace_section_start, replace_section_end: give both in seconds, or name a `section`"
            )
        if end <= start:
            raise ValueError("replace_section_end: must be later than `replace_section_start`")
        return self


class Stems(_Request):
    """Separate a song into vocals, drums, bass and other."""

    action: Literal["stems"] = "stems"
    audio_id: _SongId = Field(description="Id of the song to separate.")
    stems: tuple[StemName, ...] = Field(
        default=("vocals", "drums", "bass", "other"),
        min_length=1,
        max_length=4,
        description="Which stems to return.",
    )


Sounding = Generate | Cover | Extend | Variation | SwapVocals | SwapInstrumentals | ReplaceSection
"""Every action that makes new sound."""

Action = Annotated[
    Generate | Cover | Extend | Variation | SwapVocals | SwapInstrumentals | ReplaceSection | Stems,
    Field(discriminator="action"),
]

ACTION_MODELS: dict[ActionName, type[_Request]] = {
    "generate": Generate,
    "cover": Cover,
    "extend": Extend,
    "variation": Variation,
    "swap_vocals": SwapVocals,
    "swap_instrumentals": SwapInstrumentals,
    "replace_section": ReplaceSection,
    "stems": Stems,
}

_adapter: TypeAdapter[Action] = TypeAdapter(Action)


def parse_action(body: dict[str, Any]) -> Action:
    """Parse one request body.

    Raises:
        pydantic.ValidationError: The body is not one of the eight actions.
    """
    return _adapter.validate_python(body)


def source_ids(action: Action) -> tuple[str, ...]:
    """The ids of the songs that an action works on, the main one first."""
    match action:
        case Generate():
            return ()
        case SwapVocals(swap_audio_id=str() as second) | SwapInstrumentals(swap_audio_id=str() as second):
            return (action.audio_id, second)
        case _:
            return (action.audio_id,)

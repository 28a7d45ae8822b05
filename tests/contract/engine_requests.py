"""One list of requests for every engine: each action, each field, and the edges of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, get_args

from songwright.music.actions import MAX_PROMPT_CHARACTERS, ModelName


@dataclass(frozen=True)
class Asked:
    """A request, and where it must be refused.

    Attributes:
        refused: The field that every engine's refusal names, found before any engine is asked; None where
            the request is well formed.
        refused_by: The field that single engines' refusals name.
    """

    name: str
    body: dict[str, Any]
    refused: str | None = None
    refused_by: dict[str, str] = field(default_factory=dict)


WORDS = "[Verse]\nWalking down the river\nEvening lights go low\n[Chorus]\nCarry me home"


def by_remote(field: str) -> dict[str, str]:
    """What the engines that work elsewhere refuse, naming a field."""
    return {"hosted": field, "acestep": field}


_SHORT_FOLK = "warm folk, 180 bpm, 12 seconds"
"""Engines that make what is asked for at once take a few seconds for so short a song."""

_LONGEST_PROMPT = f"{_SHORT_FOLK}, ".ljust(MAX_PROMPT_CHARACTERS, "a")

_SONG: dict[str, Any] = {"audio_id": "first"}


def generate(name: str, refused: str | None = None, /, **fields: Any) -> Asked:
    given = {"prompt": _SHORT_FOLK} | fields
    return Asked(f"generate: {name}", {"action": "generate", **given}, refused)


def edit(action: str, name: str, refused: str | None = None, /, **fields: Any) -> Asked:
    refused_by = fields.pop("refused_by", {})
    return Asked(f"{action}: {name}", {"action": action, **_SONG, **fields}, refused, refused_by)


REQUESTS: tuple[Asked, ...] = (
    generate("a prompt alone"),
    generate("the longest prompt", prompt=_LONGEST_PROMPT),
    generate("a prompt that is too long", "prompt", prompt=_LONGEST_PROMPT + "a"),
    generate("words alone", prompt="", lyric=WORDS),
    generate("words and a prompt", lyric=WORDS),
    generate("words as they stand", lyric=WORDS, custom=True),
    generate("words as they stand without any", "custom", custom=True),
    generate("words written from the prompt", lyric=WORDS, custom=False),
    generate("words written from no prompt", "custom", prompt="", lyric=WORDS, custom=False),
    generate("neither words nor a prompt", "prompt", prompt=""),
    generate("no singing", instrumental=True),
    generate("no singing in spite of words", instrumental=True, lyric=WORDS),
    generate("a title", title="River Song"),
    generate("the longest title", title="t" * 120),
    generate("a title that is too long", "title", title="t" * 121),
    generate("an empty title", "title", title=" "),
    generate("a numeric seed", seed="4294469624"),
    generate("a seed of words", seed="my seed"),
    generate("the longest seed", seed="s" * 64),
    generate("a seed that is too long", "seed", seed="s" * 65),
    generate("no weirdness", weirdness=0),
    generate("all weirdness", weirdness=1),
    generate("too much weirdness", "weirdness", weirdness=1.01),
    generate("weirdness that is no number", "weirdness", weirdness=float("nan")),
    generate("the least sound strength", sound_strength=0.2),
    generate("the most sound strength", sound_strength=1),
    generate("too little sound strength", "sound_strength", sound_strength=0.19),
    generate("no lyrics strength", lyric=WORDS, lyrics_strength=0),
    generate("all lyrics strength", lyric=WORDS, lyrics_strength=1),
    generate("less than no lyrics strength", "lyrics_strength", lyrics_strength=-0.1),
    generate("a woman's voice", vocal_gender="f"),
    generate("a man's voice beside the longest prompt", vocal_gender="m", prompt=_LONGEST_PROMPT),
    generate("an unknown voice", "vocal_gender", vocal_gender="x"),
    *(generate(f"the model {name}", model=name) for name in get_args(ModelName)),
    generate("an unknown model", "model", model="FUZZ-9"),
    generate("an unknown field", "loudness", loudness=11),
    generate("markers that name no section", lyric="[Wobble]\nA line\n[Chorus]\nAnother"),
    generate("words without markers", lyric="A line\nAnother\n\nA third"),
    generate("words in Chinese", lyric="[Verse]\n月亮代表我的心"),
    generate("a control character", "prompt", prompt="folk\u0007"),
    generate("a callback", callback_url="https://hooks.example/done"),
    generate("a callback that is no URL", "callback_url", callback_url="not a url"),
    generate("no waiting", **{"async": True}),
    generate("the shortest length", duration_seconds=5),
    generate("the longest length is ten minutes", "duration_seconds", duration_seconds=600.5),
    generate("too short a length", "duration_seconds", duration_seconds=4.9),
    generate("the fastest tempo", prompt="folk, 12 seconds", tempo_bpm=240),
    generate("too slow a tempo", "tempo_bpm", tempo_bpm=39.9),
    generate("a key of one letter", key="F#"),
    generate("a key there is not", "key", key="H major"),
    generate("a time signature", time_signature="3/4"),
    generate("a time signature there is not", "time_signature", time_signature="4/5"),
    generate("chords in bars", chords="| C | G/B | Am7 F |"),
    generate("chords there are not", "chords", chords="Am Q"),
    generate(
        "every field at once",
        duration_seconds=12,
        tempo_bpm=180,
        key="D minor",
        time_signature="3/4",
        chords="Dm Gm A7",
        lyric=WORDS,
        custom=True,
        instrumental=False,
        title="River Song",
        seed="42",
        model="FUZZ-2.0 Raw",
        weirdness=1,
        sound_strength=0.2,
        lyrics_strength=1,
        vocal_gender="f",
        callback_url="https://hooks.example/done",
        **{"async": True},
    ),
    Asked(
        "generate: very many words",
        {"action": "generate", "lyric": "[Verse]\n" + "Carry me home again\n" * 250},
        refused_by={"acestep": "lyric"},
    ),
    generate("too many words", "lyric", lyric="x" * 6001),
    edit("cover", "another style", prompt="bossa nova"),
    edit("cover", "other words", prompt="jazz", lyric=WORDS),
    edit("cover", "no singing", instrumental=True),
    edit("cover", "another key and tempo", prompt="folk", key="E", tempo_bpm=100, chords="E A"),
    edit("cover", "no song", "audio_id", audio_id=""),
    edit("extend", "from the end"),
    edit("extend", "by a length", duration_seconds=8),
    edit("extend", "from the middle", continue_at=3, lyric="[Verse]\nOne more line"),
    edit("extend", "from the start", continue_at=0, refused_by={"acestep": "continue_at"}),
    edit("extend", "from behind the end", continue_at=99, refused_by=by_remote("continue_at")),
    edit("extend", "from before the start", "continue_at", continue_at=-1),
    edit("extend", "from for ever", "continue_at", continue_at=float("inf")),
    edit("variation", "as it is"),
    edit("variation", "another seed", seed="99"),
    edit("swap_vocals", "a new voice", vocal_gender="f"),
    edit("swap_vocals", "new words", lyric=WORDS, lyrics_strength=0.8),
    edit(
        "swap_vocals",
        "a second song",
        swap_audio_id="second",
        refused_by=by_remote("swap_audio_id"),
    ),
    edit("swap_instrumentals", "a new backing", prompt="Happy"),
    edit(
        "swap_instrumentals",
        "a second song",
        swap_audio_id="second",
        refused_by=by_remote("swap_audio_id"),
    ),
    edit("replace_section", "by seconds", replace_section_start=1, replace_section_end=2.5),
    edit("replace_section", "by name", section="chorus", lyric="[Chorus]\nCarry me home"),
    edit("replace_section", "by bars", section="bars 1-1"),
    edit("replace_section", "up to behind the end", replace_section_start=2, replace_section_end=99),
    edit("replace_section", "the whole song", replace_section_start=0, replace_section_end=4),
    edit(
        "replace_section", "backwards", "replace_section_end", replace_section_start=3, replace_section_end=2
    ),
    edit("replace_section", "half a stretch", "replace_section_start", replace_section_start=3),
    edit("replace_section", "by name and seconds", "section", section="chorus", replace_section_start=1),
    edit(
        "replace_section",
        "a section there is not",
        section="bridge",
        refused_by=by_remote("section"),
    ),
    edit(
        "replace_section",
        "behind the end",
        replace_section_start=50,
        replace_section_end=60,
        refused_by=by_remote("replace_section_start"),
    ),
    edit("stems", "all of them"),
    edit("stems", "one of them", stems=["vocals"]),
    edit("stems", "none of them", "stems", stems=[]),
    edit("stems", "one there is not", "stems", stems=["kazoo"]),
)

"""Prompts: ways of working that a person picks in the client, such as 'Fix a section'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import mcp_types as wire
from mcp.shared.exceptions import MCPError

__all__ = ["PROMPTS", "SONG_ARGUMENTS", "PromptTemplate", "get_prompt"]

_MOST_CHARACTERS = 2000

SONG_ARGUMENTS = frozenset({"song", "singing_from", "backing_from"})
"""Arguments that name a song."""


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A prompt and how its message is written.

    Attributes:
        write: The message, from the arguments that were given; one left out is not there.
    """

    prompt: wire.Prompt
    write: Callable[[Mapping[str, str]], str]


def get_prompt(params: wire.GetPromptRequestParams) -> wire.GetPromptResult:
    """The message of a prompt.

    Raises:
        MCPError: -32602: there is no such prompt, or an argument is missing, unknown or too long.
    """
    template = next((known for known in PROMPTS if known.prompt.name == params.name), None)
    if template is None:
        raise MCPError(wire.INVALID_PARAMS, "Unknown prompt; prompts/list names those there are.")
    given = {name: value.strip() for name, value in (params.arguments or {}).items() if value.strip()}
    known = {argument.name: argument for argument in template.prompt.arguments or ()}
    if given.keys() - known.keys():
        raise MCPError(wire.INVALID_PARAMS, f"{template.prompt.name} takes {', '.join(known)} and no more.")
    for name, argument in known.items():
        if argument.required and name not in given:
            raise MCPError(wire.INVALID_PARAMS, f"{name}: is required")
        if len(given.get(name, "")) > _MOST_CHARACTERS:
            raise MCPError(wire.INVALID_PARAMS, f"{name}: at most {_MOST_CHARACTERS} characters")
    return wire.GetPromptResult(
        description=template.prompt.description,
        messages=[wire.PromptMessage(role="user", content=wire.TextContent(text=template.write(given)))],
    )


def _compose(given: Mapping[str, str]) -> str:
    style = [f"Genre: {given['genre']}."] if "genre" in given else []
    model = [f"Use model {given['model']}."] if "model" in given else []
    return "\n".join(
        [
            f"Make a song with songwright about this idea: {given['idea']}",
            *style,
            (
                "Decide on tempo, key, mood, lead instruments and voice, and say them in `prompt`, one line"
                " of at most 200 characters. Write singable words with [Verse] and [Chorus] markers into "
                "`lyric`, or set `instrumental` if the idea has no words. Then call generate_song once."
            ),
            *model,
            (
                "Tell me the title, length, tempo, key and sections, what of the prompt was not understood,"
                " and where the file is. Propose one change that would help most."
            ),
        ]
    )


def _iterate(given: Mapping[str, str]) -> str:
    return "\n".join(
        [
            f"Improve the song {given['song']} in songwright. What should change: {given['change']}",
            (
                "Look at it with get_song. Choose the smallest edit that does it: replace_section for one "
                "stretch, extend_song for the end, swap_vocals or swap_instrumentals for one layer, "
                "cover_song for the style, vary_song for new notes. Keep all that was not named as it is."
            ),
            (
                "Make the edit, compare the result with the parent in its tempo, key, length, sections and "
                "loudness, and say what changed and what stayed. Stop after one edit and ask."
            ),
        ]
    )


def _fix_section(given: Mapping[str, str]) -> str:
    return "\n".join(
        [
            f"In the song {given['song']} in songwright, rewrite only the section {given['section']}.",
            f"What it should be: {given.get('wish', 'better than it is, in the same style')}",
            (
                "Check the section's name in get_song, then call replace_section once with that `section`. "
                "Keep the number of sung lines unless I asked for others."
            ),
            "Report the measured promise: the largest difference outside the section, and the seams.",
        ]
    )


def _mash(given: Mapping[str, str]) -> str:
    return "\n".join(
        [
            (
                f"Put the singing of song {given['singing_from']} over the backing of song "
                f"{given['backing_from']} with songwright."
            ),
            (
                "Call swap_vocals once, with audio_id the song whose backing stays and swap_audio_id the "
                "song whose singing is taken. If their tempos differ by more than a tenth, tell me before "
                "you do it."
            ),
            "Then tell me the new song's length, tempo, key and parents.",
        ]
    )


def _write_lyrics(given: Mapping[str, str]) -> str:
    style = f" in the style of {given['genre']}" if "genre" in given else ""
    return "\n".join(
        [
            f"Write words that sing well about: {given['topic']}{style}.",
            (
                "Two verses, a chorus that returns unchanged, and a bridge, under [Verse], [Chorus] and "
                "[Bridge]. Give the lines of a section alike numbers of syllables, 5 to 10. Put stressed "
                "syllables and open vowels where the line peaks and ends. Rhyme by sound. Use pictures "
                "rather than abstractions, and no word a singer would stumble over."
            ),
            "Show me the words first. When I agree, call generate_song with them as `lyric`.",
        ]
    )


def _template(
    name: str,
    title: str,
    description: str,
    arguments: Mapping[str, str],
    write: Callable[[Mapping[str, str]], str],
    *,
    optional: frozenset[str] = frozenset(),
) -> PromptTemplate:
    return PromptTemplate(
        prompt=wire.Prompt(
            name=name,
            title=title,
            description=description,
            arguments=[
                wire.PromptArgument(name=argument, description=words, required=argument not in optional)
                for argument, words in arguments.items()
            ],
        ),
        write=write,
    )


PROMPTS: tuple[PromptTemplate, ...] = (
    _template(
        "compose",
        "Compose a song",
        "From an idea to a finished song in one call.",
        {
            "idea": "What the song is about, in a sentence or two.",
            "genre": "Its genre. Left out: one that suits the idea.",
            "model": "The model to use. Left out: the default.",
        },
        _compose,
        optional=frozenset({"genre", "model"}),
    ),
    _template(
        "fix_section",
        "Fix a section",
        "Rewrite one section and leave every sample outside it alone.",
        {
            "song": "Id of the song, or 'last'.",
            "section": "Name of the section, such as 'chorus 2'.",
            "wish": "What the section should be.",
        },
        _fix_section,
        optional=frozenset({"wish"}),
    ),
    _template(
        "iterate",
        "Improve a song",
        "One well-chosen edit, measured against the song before it.",
        {"song": "Id of the song, or 'last'.", "change": "What should change."},
        _iterate,
    ),
    _template(
        "mash_songs",
        "Mash two songs",
        "The singing of one song over the backing of another.",
        {
            "singing_from": "Id of the song whose singing is taken.",
            "backing_from": "Id of the song whose backing stays.",
        },
        _mash,
    ),
    _template(
        "write_lyrics",
        "Write singable lyrics",
        "Words with even lines, rhymes and open vowels, before any sound is made.",
        {"topic": "What the words are about.", "genre": "The genre they are for."},
        _write_lyrics,
        optional=frozenset({"genre"}),
    ),
)

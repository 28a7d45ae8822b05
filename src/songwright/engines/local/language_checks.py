"""Which languages are sung; what is refused for its language: words are never sung as what they are not."""

from __future__ import annotations

from songwright.engines.local.composing.prosody import unsingable
from songwright.engines.local.singing.abroad.espeak import find_espeak
from songwright.engines.local.singing.abroad.tongues import TONGUES, sung_here
from songwright.errors import RequestError, UnsupportedError
from songwright.music.actions import (
    Cover,
    Extend,
    Generate,
    Sounding,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.lyrics import ENGLISH, LyricSheet
from songwright.music.song import Song
from songwright.style.languages import asked_language, language_name, languages_of, read_lyric

__all__ = ["how_others_are_sung", "refuse_other_languages", "refuse_to_write_for", "supported_names"]

_INSTALL = 'pip install "songwright[languages]"'
"""The one command that adds the other languages."""

_OTHERWISE = "write the words in English, name an engine that sings them, or set `instrumental` to true"


def supported_names(*, besides_english: bool = False) -> str:
    """The names of the languages that can be sung once eSpeak NG is there, in words."""
    english = () if besides_english else (language_name(ENGLISH),)
    return ", ".join([*english, *(tongue.name for tongue in TONGUES.values())])


def how_others_are_sung() -> str:
    """Which languages the local engine sings on this machine, and by what or how to add more, in words."""
    espeak = find_espeak()
    if espeak is None:
        others = supported_names(besides_english=True)
        return f"the local engine sings English; to add {others}: `{_INSTALL}`"
    where = "the program" if espeak.program else "the library"
    return f"the local engine sings {supported_names()}; {where} of eSpeak NG is used"


def refuse_other_languages(action: Sounding, songs: tuple[Song, ...]) -> None:
    """Refuse words in a language that can't be sung here.

    Args:
        action: What is asked.
        songs: The songs that it works on, the main one first.

    Raises:
        RequestError: The lyric has no words.
        UnsupportedError: The lyric, or the words of a song that would be sung again, are in such a language;
            or words are to be written in another language than English.
    """
    if action.sings_given_words:
        _refuse_unsingable(action)
    elif isinstance(action, Generate) and not action.instrumental:
        refuse_to_write_for(action.prompt)
    for song in _sung_again(action, songs):
        missing = _not_sung_here(read_lyric(song.facts.lyric))
        if missing is not None:
            raise UnsupportedError(
                f"the song's words are in {language_name(missing)}, and the local engine {_range(missing)}",
                field="audio_id" if song is songs[0] else "swap_audio_id",
            )


def _refuse_unsingable(action: Sounding) -> None:
    sheet = read_lyric(action.lyric, action.prompt)
    if sheet.lines and not any(character.isalnum() for line in sheet.lines for character in line):
        raise RequestError("has no words to sing; add some, or set `instrumental` to true", field="lyric")
    strange = unsingable(action.lyric)
    if strange is not None:
        raise UnsupportedError(
            f"the local engine cannot sing {strange}: it {_range('')}; {_OTHERWISE}",
            field="lyric",
        )
    missing = _not_sung_here(sheet)
    if missing is not None:
        raise UnsupportedError(
            f"the local engine cannot sing words in {language_name(missing)}: it {_range(missing)}; or "
            f"{_OTHERWISE}",
            field="lyric",
        )


def _not_sung_here(sheet: LyricSheet) -> str | None:
    sung = sung_here()
    return next((language for language in languages_of(sheet) if language not in sung), None)


def _range(language: str) -> str:
    """What the engine sings instead, as a predicate."""
    others = supported_names(besides_english=True)
    if language in TONGUES:
        return f"sings English alone until eSpeak NG is installed; run `{_INSTALL}` for {others}"
    return (
        f"sings {supported_names()}"
        if len(sung_here()) > 1
        else f"sings English, and with eSpeak NG {others}"
    )


def refuse_to_write_for(prompt: str) -> None:
    """Refuse to write the words that a prompt asks for where it wants them in another language than English.

    Raises:
        UnsupportedError: It does.
    """
    language = asked_language(prompt)
    if language is None or language == ENGLISH:
        return
    how = "sings them" if language in sung_here() else _range(language)
    raise UnsupportedError(
        f"the local engine writes words in English alone; give the words in {language_name(language)} as "
        f"`lyric`, or leave the language out; it {how}",
        field="prompt",
    )


def _sung_again(action: Sounding, songs: tuple[Song, ...]) -> tuple[Song, ...]:
    """Songs whose words an edit sings once more."""
    if not songs:
        return ()
    match action:
        case SwapInstrumentals():
            return ()
        case SwapVocals() if len(songs) > 1:
            return songs[1:]
        case SwapVocals() if action.sings_given_words:
            return ()
        case Cover() | Variation() | SwapVocals():
            return songs[:1]
        case _:
            from songwright.engines.local.editing.checks import is_heard

            # A stretch of its own song is sung together with the lines around it; a recording just sounds on.
            again = not is_heard(songs[0]) or (isinstance(action, Extend) and not action.sings_given_words)
            return songs[:1] if again else ()

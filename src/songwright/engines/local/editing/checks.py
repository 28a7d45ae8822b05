"""What an edit can't do, told from what its songs say of themselves, before any work begins."""

from __future__ import annotations

from typing import assert_never, get_args

from songwright.engines.local.editing.sources import has_own_score
from songwright.engines.local.editing.stretch import (
    bars_within,
    continuation_seconds,
    stretch_of,
)
from songwright.engines.local.editing.words import place_sections, refuse_too_many_words
from songwright.errors import RequestError, UnsupportedError
from songwright.music.actions import (
    Action,
    Cover,
    Extend,
    Generate,
    ReplaceSection,
    StemName,
    Stems,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.lyrics import section_kind
from songwright.music.score import SectionKind
from songwright.music.song import Facts, Song
from songwright.music.timeline import bar_lines
from songwright.style.languages import read_lyric

__all__ = ["is_heard", "refuse_wrong_edit"]

_SHORTEST_ADDITION_SECONDS = 5.0


def refuse_wrong_edit(action: Action, songs: tuple[Song, ...], longest_seconds: float) -> None:
    """Refuse an edit that does not fit its songs.

    Args:
        action: What is asked.
        songs: The songs that it works on, the main one first.
        longest_seconds: How long a song may become.

    Raises:
        UnsupportedError: A second song can't be used so.
        RequestError: Names the field, the rule and the next step.
    """
    if isinstance(action, Stems):
        _check_stems(action, songs[0])
        return
    for song, field in zip(songs, ("audio_id", "swap_audio_id"), strict=False):
        _refuse_partial(song, field)
    match action:
        case Generate():
            pass
        case ReplaceSection():
            _check_replacement(action, songs[0])
        case Extend():
            _check_continuation(action, songs[0].facts, longest_seconds)
        case Cover():
            if not action.prompt:
                raise RequestError(
                    "say the new style, such as 'slow jazz waltz with brushes'", field="prompt"
                )
        case Variation():
            pass
        case SwapVocals():
            _check_vocals(action, songs)
        case SwapInstrumentals():
            _check_instrumentals(action, songs)
        case _:
            assert_never(action)


def is_heard(song: Song) -> bool:
    """Whether a song's score is what was heard, or will be: a recording, or another engine's song."""
    return not has_own_score(song) or bool(song.facts.bar_seconds)


def _check_stems(action: Stems, song: Song) -> None:
    missing = [stem for stem in action.stems if stem not in song.stems]
    if missing and song.stems and not is_heard(song):
        raise UnsupportedError(
            f"the record holds only some of a song's stems, without: {', '.join(missing)}; name the song "
            "that it was taken from",
            field="stems",
        )


def _refuse_partial(song: Song, field: str) -> None:
    if is_heard(song) or set(song.stems) == set(get_args(StemName)):
        return
    parents = ", ".join(parent.song_id for parent in song.parents)
    raise RequestError(
        f"the record holds only some of a song's stems; name the song it was taken from: {parents}",
        field=field,
    )


def _check_replacement(action: ReplaceSection, song: Song) -> None:
    facts = song.facts
    span = stretch_of(action, facts)
    # Of a song that is yet to be heard, form and beats are not known before the work begins.
    if action.sings_given_words and has_own_score(song):
        sections = read_lyric(action.lyric, action.prompt).sections
        refuse_too_many_words(sections, bars_within(facts, span), _bar_seconds(facts), what="the stretch")


def _check_continuation(action: Extend, facts: Facts, longest_seconds: float) -> None:
    start = continuation_seconds(action, facts)
    if start > longest_seconds - _SHORTEST_ADDITION_SECONDS:
        raise RequestError(
            f"a song can last {longest_seconds:.0f} s, and from here none would be left; continue from an "
            "earlier point",
            field="continue_at",
        )
    counted_from = facts.duration_seconds if action.continue_at is None else action.continue_at
    room = longest_seconds - counted_from
    if action.duration_seconds is not None and action.duration_seconds > room:
        raise RequestError(
            f"a song can last {longest_seconds:.0f} s, so that at most {room:.0f} s can be added here",
            field="duration_seconds",
        )


def _check_vocals(action: SwapVocals, songs: tuple[Song, ...]) -> None:
    facts = songs[0].facts
    if action.instrumental:
        raise RequestError(
            "must be false, as this puts singing into a song; stems without the vocals come from "
            "separate_stems",
            field="instrumental",
        )
    if len(songs) > 1:
        _refuse_other_meter(facts, songs[1].facts)
        if not _has_known_words(songs[1].facts):
            raise RequestError(
                "the second song has no singing whose words are known; name a sung song, or import it with "
                "its words",
                field="swap_audio_id",
            )
        return
    if action.sings_given_words:
        if is_heard(songs[0]):
            return
        sung = frozenset(
            index
            for index, section in enumerate(facts.sections)
            if any(line.section == section.name for line in facts.lyric_lines)
        )
        kinds = [_kind(section.name) for section in facts.sections]
        taken = place_sections(read_lyric(action.lyric, action.prompt), kinds, sung)
        for index, words in taken.items():
            section = facts.sections[index]
            what = f"the section '{section.name}'"
            refuse_too_many_words((words,), section.bars, _bar_seconds(facts), what=what)
    elif not _has_known_words(facts):
        raise RequestError("the song has no words yet; give the words to sing", field="lyric")


def _has_known_words(facts: Facts) -> bool:
    return bool(facts.lyric) or (facts.voice is not None and bool(facts.lyric_lines))


def _check_instrumentals(action: SwapInstrumentals, songs: tuple[Song, ...]) -> None:
    if songs[0].facts.voice is None and not is_heard(songs[0]):
        raise RequestError(
            "the song has no singing to keep; cover_song or vary_song gives it another band",
            field="audio_id",
        )
    if action.instrumental:
        raise RequestError("must be false, as the singing is what is kept", field="instrumental")
    if len(songs) > 1:
        _refuse_other_meter(songs[0].facts, songs[1].facts)
        if is_heard(songs[1]) and not songs[1].facts.genre:
            raise UnsupportedError(
                "is a recording, whose band can't be called in; say in `prompt` how the backing shall sound",
                field="swap_audio_id",
            )


def _refuse_other_meter(first: Facts, second: Facts) -> None:
    known = first.time_signature is not None and second.time_signature is not None
    if known and first.time_signature != second.time_signature:
        raise RequestError(
            f"the second song is in {second.time_signature} and this one in {first.time_signature}; name a "
            f"song in {first.time_signature}",
            field="swap_audio_id",
        )


def _kind(name: str) -> SectionKind:
    return section_kind(name) or "verse"


def _bar_seconds(facts: Facts) -> float:
    lines = bar_lines(facts.sections, facts.bar_seconds)
    return (lines[-1] - lines[0]) / (len(lines) - 1)

"""What an edit's prompt makes of a song's style."""

from __future__ import annotations

from dataclasses import replace

from songwright.engines.local.composing.brief import Brief, read_brief
from songwright.engines.local.composing.typed_wishes import read_wishes
from songwright.music.actions import Sounding
from songwright.music.score import VoiceName
from songwright.music.song import Understanding
from songwright.style.traits import together
from songwright.style.wishes import Wishes

__all__ = ["ALWAYS_FIXED", "Fixed", "restyled", "wanted_voice"]

Fixed = frozenset[str]
"""Which of "tempo", "key", "time signature" and "voice" an edit can't change."""

ALWAYS_FIXED: Fixed = frozenset({"tempo", "key", "voice"})
"""What stays where some of the song, or its singing, goes on as it was."""

_SAID = {"tempo": ("tempo ",), "key": ("key ",), "time signature": ("time signature ", "meter ")}


def restyled(action: Sounding, seed: str, brief: Brief, *, fixed: Fixed) -> Brief:
    """The brief of a song in the style that a prompt asks for.

    A prompt that names a style gives a new one; one that only wishes for something ("with strings",
    "calmer") changes the style there is.

    Args:
        action: Its prompt and its strengths.
        seed: Decides what the prompt leaves open.
        brief: The song as it is.
        fixed: What stays whatever the prompt says.
    """
    wishes = read_wishes(action)
    new = read_brief(action, seed)
    if not _names_a_style(wishes):
        new = _adjusted(new, brief, wishes)
    return replace(
        new,
        tempo_bpm=brief.tempo_bpm if "tempo" in fixed else new.tempo_bpm,
        swing=brief.swing if "tempo" in fixed else new.swing,
        key=brief.key if "key" in fixed else new.key,
        voice=brief.voice if "voice" in fixed else new.voice,
        # The bars of the melody are those of the old song in every edit.
        time_signature=brief.time_signature,
        theme=brief.theme,
        topics=brief.topics,
        vocal_gain_db=brief.vocal_gain_db,
        understanding=_admitted(new.understanding, fixed | {"time signature"}),
    )


def wanted_voice(action: Sounding, seed: str, current: VoiceName | None) -> VoiceName | None:
    """The voice that a request asks for; the current one where it asks for none."""
    wishes = read_wishes(action)
    if action.instrumental:
        return None
    if action.vocal_gender is None and wishes.voice is None and current is not None:
        return current
    return read_brief(action, seed).voice or current


def _names_a_style(wishes: Wishes) -> bool:
    return bool(wishes.genres or wishes.hinted or wishes.era)


def _adjusted(new: Brief, old: Brief, wishes: Wishes) -> Brief:
    """The old style with what the prompt wishes for."""
    kit = new.kit if wishes.kit or wishes.wants_kit or wishes.unwanted_kit else old.kit
    unwanted = tuple(
        dict.fromkeys((*(name for name in old.unwanted if name not in new.wanted), *new.unwanted))
    )
    wanted = tuple(dict.fromkeys((*new.wanted, *(name for name in old.wanted if name not in new.unwanted))))
    return replace(
        new,
        genre=old.genre,
        flavour=old.flavour,
        wants_flavour=old.wants_flavour,
        mood=new.mood or old.mood,
        valence=new.valence if wishes.moods else old.valence,
        energy=new.energy if wishes.moods else old.energy,
        tempo_bpm=new.tempo_bpm if wishes.tempo_bpm is not None else old.tempo_bpm,
        key=new.key if wishes.tonic is not None or wishes.mode is not None else old.key,
        swing=new.swing if wishes.swing is not None else old.swing,
        kit=kit,
        has_bass=new.has_bass and old.has_bass,
        wanted=wanted,
        unwanted=unwanted,
        era=old.era,
        traits=together((old.traits, new.traits)),
        places=new.places or old.places,
        plays_alone=new.plays_alone or old.plays_alone,
        is_a_cappella=new.is_a_cappella or (old.is_a_cappella and not new.wanted),
        understanding=new.understanding.model_copy(
            update={"notes": tuple(note for note in new.understanding.notes if "none was named" not in note)}
        ),
    )


def _admitted(understanding: Understanding, fixed: Fixed) -> Understanding:
    """Without the claim of what could not be changed."""
    refused = understanding.wishes_about(*(start for name in fixed for start in _SAID.get(name, ())))
    if not refused:
        return understanding
    return understanding.taking_back(refused, [f"{', '.join(refused)}: this edit keeps the song's own"])

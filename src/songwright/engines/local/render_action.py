"""Performing an action from request to files. Runs in a child process of the server."""

from __future__ import annotations

import sys
from functools import cache
from typing import assert_never

from threadpoolctl import threadpool_limits

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.base import Context, Rendition, Source
from songwright.engines.local.composing.compose import Composition, compose
from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.editing.render_edit import (
    render_continuation,
    render_cover,
    render_replacement,
    render_variation,
)
from songwright.engines.local.editing.sources import with_hearing_noted
from songwright.engines.local.editing.swapping import render_swapped_instrumentals, render_swapped_vocals
from songwright.engines.local.playing.soundbank import soundbank
from songwright.engines.local.recordings.separated import separate_recording
from songwright.engines.local.rendering.best_take import best_take
from songwright.engines.local.rendering.score_to_audio import make_sound, window_about
from songwright.engines.local.rendering.song_files import Stages, finish_whole
from songwright.engines.local.session import Band, Manuscript, Seat, Stint
from songwright.engines.local.singing.network import speak
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

__all__ = ["manuscript_of", "prepare", "render"]


# Seconds. Parts are played by two threads of many short calls: one that is done with a call into numpy should
# not wait as long as Python lets a thread run on.
_SWITCH_INTERVAL = 1e-4
_REHEARSED = 8 * SAMPLE_RATE_HZ


@cache
def prepare() -> None:
    """Load what every performance needs, before it is asked for."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    soundbank()
    # A first song reads the lexicon, and a first word the dictionary; the network is slow to answer at first.
    compose(Generate(prompt="pop, 8 seconds", instrumental=True), "ready")
    syllabify("ready")
    speak("a", 1.0)


def rehearse() -> None:
    """Sing some bars of a common song to nobody: it designs filters, reads samples, strikes drums."""
    with threadpool_limits(limits=1):
        composition = compose(
            Generate(prompt="pop, 20 seconds", lyric="[Verse]\nReady when you are"), "ready"
        )
        song = manuscript_of(composition, "ready")
        make_sound(song, raw=False, done=lambda _stage: None, window=window_about(song.score, 0, _REHEARSED))


def render(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    """Perform an action.

    Raises:
        RequestError: It does not fit its sources.
        EngineError: A file of a source can't be read.
    """
    # Stems are rendered side by side; matrix products that also spread over all cores only get in the
    # way of each other, and how they are divided could change the last bit of a sum.
    with threadpool_limits(limits=1):
        return with_hearing_noted(_perform(action, sources, context), sources)


def _perform(action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
    match action:
        case Generate():
            return _generate(action, context)
        case Cover():
            return render_cover(action, sources[0], context)
        case Extend():
            return render_continuation(action, sources[0], context)
        case Variation():
            return render_variation(action, sources[0], context)
        case SwapVocals():
            return render_swapped_vocals(action, sources, context)
        case SwapInstrumentals():
            return render_swapped_instrumentals(action, sources, context)
        case ReplaceSection():
            return render_replacement(action, sources[0], context)
        case Stems():
            return separate_recording(action, sources[0], context)
        case _:
            assert_never(action)


def _generate(action: Generate, context: Context) -> Rendition:
    raw = action.model.endswith("Raw")

    def play(composition: Composition, seed: str, place: Context) -> Rendition:
        done = Stages(place.report).done
        song = manuscript_of(composition, seed)
        done("writing the song")
        sound = make_sound(song, raw=raw, done=done)
        return finish_whole(song, sound, place, understanding=composition.brief.understanding)

    context.report(0.0, "writing the song")
    if action.model.endswith("Pro"):
        return best_take(action, context, play)
    return play(compose(action, context.seed), context.seed, context)


def manuscript_of(composition: Composition, seed: str) -> Manuscript:
    """A new composition as its first band plays it."""
    score = composition.score
    return Manuscript(
        seed=seed,
        score=score,
        backing=composition.backing,
        lines=composition.form.lines,
        lead=composition.lead,
        hook=composition.hook,
        bands=(Band(composition.brief, seed),),
        seats={part.name: Seat(0, part.name) for part in score.parts},
        stints=(Stint(0, 0.0, score.duration_beats),),
        vocal_gain_db=composition.brief.vocal_gain_db,
    )

"""The orchestra of a song: the genre's layers, with what was asked for and without what was declined."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from songwright.engines.local.arranging.accompaniment import CHORDAL
from songwright.engines.local.arranging.passages import Passage
from songwright.engines.local.arranging.plan import Plan
from songwright.engines.local.arranging.ranges import Family, playing_of
from songwright.engines.local.randomness import stream
from songwright.style.genre import BassFacts, Behaviour, Layer

__all__ = ["bass_of", "layers_of", "playing_layers", "register_shifts"]

_COLOURS = ("sitar", "kalimba", "steel_drums", "harpsichord", "celesta", "banjo", "accordion", "square_lead")
_BASSES = ("fingered_bass", "synth_bass_1", "acoustic_bass", "picked_bass", "sub_bass")
_LEADS = (
    "electric_piano_1",
    "clean_guitar",
    "flute",
    "violin",
    "square_lead",
    "acoustic_grand_piano",
    "vibraphone",
)
_ASIDE = (0, 4, -4, 2)
# Families that can play chords under a tune of their own.
_CHORDS_ALONE: frozenset[Family] = frozenset(
    {"keys", "mallets", "organ", "plucked", "electric-guitar", "voices", "pad", "pluck"}
)
_ENSEMBLE = 3
_BELOW_THE_TUNE = 3
# How an instrument is used when it is asked for and the genre has no place for it, and in which octave.
_USUAL: dict[Family, tuple[Behaviour, int]] = {
    "keys": ("block", 4),
    "mallets": ("arpeggio", 5),
    "organ": ("pad", 4),
    "plucked": ("arpeggio", 4),
    "electric-guitar": ("strum", 4),
    "bowed": ("counter", 5),
    "voices": ("pad", 4),
    "brass": ("counter", 4),
    "reeds": ("counter", 5),
    "flutes": ("counter", 5),
    "synth-lead": ("hook", 5),
    "pad": ("pad", 4),
    "pluck": ("arpeggio", 5),
    "effect": ("fx", 4),
}
_USUAL_FOR_INSTRUMENT: dict[str, tuple[Behaviour, int]] = {
    "cello": ("counter", 3),
    "viola": ("counter", 4),
    "contrabass": ("counter", 2),
    "string_ensemble": ("pad", 4),
    "slow_strings": ("pad", 4),
    "synth_strings": ("pad", 4),
    "tremolo_strings": ("tremolo", 4),
    "pizzicato_strings": ("stab", 4),
    "brass_section": ("stab", 4),
    "synth_brass": ("stab", 4),
    "tuba": ("counter", 2),
    "trombone": ("counter", 3),
    "bassoon": ("counter", 3),
    "baritone_sax": ("counter", 3),
    "timpani": ("drone", 2),
    "distortion_guitar": ("power", 3),
    "overdriven_guitar": ("power", 3),
    "muted_guitar": ("riff", 4),
    "steel_guitar": ("strum", 4),
    "nylon_guitar": ("fingerpick", 4),
    "banjo": ("fingerpick", 4),
    "harpsichord": ("arpeggio", 4),
    "accordion": ("pad", 4),
    "supersaw": ("stab", 4),
}


def bass_of(plan: Plan) -> BassFacts | None:
    """The bass of the song, or None: the genre's, on the instrument that was asked for or is left."""
    if not plan.has_bass or plan.genre.bass is None:
        return None
    asked = [name for name in plan.wanted if playing_of(name).family == "bass"]
    options = [*asked, plan.genre.bass.instrument, *_BASSES]
    free = [name for name in options if name not in plan.unwanted]
    return plan.genre.bass.model_copy(update={"instrument": free[0]}) if free else None


def layers_of(plan: Plan, seed: str, course: Sequence[Passage]) -> tuple[Layer, ...]:
    """The layers that play in the song, each with one instrument.

    Instruments that were asked for have a layer and are heard in at least one section; those that were
    declined have none. Where they are to play alone, there is no other.
    """
    if plan.plays_alone:
        return _alone(plan)
    # Who is to be heard in a place must not rest there because it is a quiet one.
    everywhere = {name for place in plan.places if place.rule == "only" for name in place.instruments}
    unplaced = [name for name in plan.wanted if playing_of(name).family not in ("bass", "kit")]
    chosen: list[Layer] = []
    leads: list[Layer] = []
    for layer in plan.genre.layers:
        options = [name for name in layer.instruments if name not in plan.unwanted]
        if not options:
            continue
        draw = stream(seed, "layer", layer.name)
        keeps, pick = draw.random(), draw.random()
        asked = next((name for name in options if name in unplaced), None)
        if asked and layer.behaviour == "lead":
            # A lead is heard in solos alone, so the instrument gets a place of its own as well.
            leads.insert(0, _with_instrument(layer, asked))
            continue
        if asked and layer.behaviour not in ("fx", "hook"):
            unplaced.remove(asked)
            chosen.append(_made_audible(_with_instrument(layer, asked), course, everywhere))
            continue
        if keeps > layer.chance:
            continue
        usual = 0.35 + 0.4 * plan.sound_strength
        place = 0 if pick < usual else int(pick * 1000) % len(options)
        settled = _with_instrument(layer, options[place])
        (leads if layer.behaviour == "lead" else chosen).append(settled)
    chosen.extend(leads[:1])
    chosen = _coloured(plan, seed, chosen)
    for name in unplaced:
        chosen.append(_made_audible(_guest(name, {layer.name for layer in chosen}), course, everywhere))
    if plan.lead and not any(layer.behaviour == "lead" for layer in chosen):
        chosen.extend(_spare_lead(plan))
    return tuple(chosen)


def _alone(plan: Plan) -> tuple[Layer, ...]:
    """Those who were named, in all sections; the tune is played by the one that is best at it."""
    players = [name for name in plan.wanted if playing_of(name).family not in ("bass", "kit")]
    accompany = [name for name in players if playing_of(name).family in _CHORDS_ALONE]
    melodic = [name for name in players if name not in accompany]
    chosen: list[Layer] = []
    for place, name in enumerate(players):
        taken = {layer.name for layer in chosen}
        layer = _home_of(plan, name)
        if layer is None or layer.name in taken:
            layer = _guest(name, taken)
        if name in melodic and not accompany and len(melodic) >= _ENSEMBLE:
            # The inner voices hold the chords, the outer ones move.
            inner = 0 < place < len(players) - 1
            layer = layer.model_copy(update={"behaviour": "pad" if inner else "counter"})
        elif name in melodic[:1] and plan.vocal is None:
            continue  # it has the tune
        if layer.behaviour in CHORDAL and plan.vocal is None:
            layer = layer.model_copy(update={"octave": min(layer.octave, _BELOW_THE_TUNE)})
        chosen.append(layer.model_copy(update={"energy": (0.0, 1.0), "sections": (), "chance": 1.0}))
    if plan.lead and players:
        tune = (melodic or players)[0]
        name = next(name for name in ("lead", "tune", "solo") if name not in {layer.name for layer in chosen})
        chosen.append(Layer(name=name, instruments=(tune,), behaviour="lead", octave=5))
    return tuple(chosen)


def _home_of(plan: Plan, instrument: str) -> Layer | None:
    """What an instrument does in the genre, other than tunes and effects."""
    for layer in plan.genre.layers:
        if instrument in layer.instruments and layer.behaviour not in ("lead", "fx", "hook"):
            return _with_instrument(layer, instrument)
    return None


def playing_layers(plan: Plan, layers: Sequence[Layer], passage: Passage) -> tuple[Layer, ...]:
    """The layers that play in a section; at least one of them plays chords where the song has any."""
    playing = [layer for layer in layers if _plays(plan, layer, passage)]
    if not any(layer.behaviour in CHORDAL for layer in playing):
        chordal = [layer for layer in layers if layer.behaviour in CHORDAL]
        nearest = sorted(chordal, key=lambda layer: _distance(layer, passage.energy))
        playing.extend(nearest[:1])
    return tuple(playing)


def register_shifts(layers: Sequence[Layer]) -> dict[str, int]:
    """Semitones by which each layer moves aside, so that layers don't coincide."""
    taken: dict[int | str, int] = {}
    shifts: dict[str, int] = {}
    for layer in layers:
        shifts[layer.name] = 0
        if layer.behaviour in CHORDAL or layer.behaviour == "counter":
            group = layer.octave if layer.behaviour in CHORDAL else layer.behaviour
            place = taken.get(group, 0)
            taken[group] = place + 1
            shifts[layer.name] = _ASIDE[place % len(_ASIDE)]
    return shifts


def _plays(plan: Plan, layer: Layer, passage: Passage) -> bool:
    if layer.behaviour == "lead":
        return any(line.section == passage.index for line in plan.lead)
    if layer.behaviour == "fx":
        return not layer.sections or passage.kind in layer.sections
    if layer.sections and passage.kind not in layer.sections:
        return False
    return layer.energy[0] <= passage.energy <= layer.energy[1]


def _distance(layer: Layer, energy: float) -> float:
    low, high = layer.energy
    return max(low - energy, energy - high, 0.0)


def _with_instrument(layer: Layer, instrument: str) -> Layer:
    return layer.model_copy(update={"instruments": (instrument,)})


def _made_audible(layer: Layer, course: Sequence[Passage], everywhere: Collection[str]) -> Layer:
    """Let a layer that was asked for play in most of the song, and a little louder."""
    energies = sorted(passage.energy for passage in course)
    usual = energies[len(energies) // 4] if energies else 0.0
    low = 0.0 if layer.instruments[0] in everywhere else min(layer.energy[0], usual)
    return layer.model_copy(
        update={"energy": (low, 1.0), "sections": (), "level_db": layer.level_db + 1.5, "chance": 1.0}
    )


def _guest(instrument: str, taken: set[str]) -> Layer:
    behaviour, octave = _USUAL_FOR_INSTRUMENT.get(instrument) or _USUAL.get(
        playing_of(instrument).family, ("counter", 4)
    )
    name = instrument.replace("_", " ")
    while name in taken:
        name = f"second {name}"
    return Layer(
        name=name, instruments=(instrument,), behaviour=behaviour, octave=octave, pan=0.2, level_db=-1.0
    )


def _coloured(plan: Plan, seed: str, layers: list[Layer]) -> list[Layer]:
    """As weirdness grows, one layer may change to an instrument that the genre does not know."""
    draw = stream(seed, "colour")
    if draw.random() > (plan.weirdness - 0.5) * 1.2:
        return layers
    places = [
        place
        for place, layer in enumerate(layers)
        if layer.behaviour in ("arpeggio", "hook", "fingerpick", "comp")
        and layer.instruments[0] not in plan.wanted
    ]
    colours = [name for name in _COLOURS if name not in plan.unwanted]
    if not places or not colours:
        return layers
    place = places[int(draw.integers(len(places)))]
    colour = colours[int(draw.integers(len(colours)))]
    return [*layers[:place], _with_instrument(layers[place], colour), *layers[place + 1 :]]


def _spare_lead(plan: Plan) -> list[Layer]:
    free = [name for name in _LEADS if name not in plan.unwanted]
    return [Layer(name="lead", instruments=(free[0],), behaviour="lead", octave=5)] if free else []

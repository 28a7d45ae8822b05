"""Which chords are played? The likeliest path through the chords of a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from songwright.hearing.key import CHROMA_RATE_HZ, Chroma, hear_key
from songwright.hearing.note_activity import FRAME_RATE_HZ, LOWEST_MIDI_PITCH, NoteActivity
from songwright.hearing.pulse import bass_classes, pitch_classes
from songwright.music.score import Chord, ChordSpan, Key, TimeSignature

__all__ = ["HeardHarmony", "hear_harmony"]

Table = NDArray[np.float64]

# Intervals, symbol, and how much less usual than a plain triad.
_QUALITIES: tuple[tuple[tuple[int, ...], str, float], ...] = (
    ((0, 4, 7), "", 0.0),
    ((0, 3, 7), "m", 0.0),
    ((0, 4, 7, 10), "7", 0.02),
    ((0, 4, 7, 11), "maj7", 0.02),
    ((0, 3, 7, 10), "m7", 0.02),
    ((0, 3, 6), "dim", 0.06),
    ((0, 3, 6, 10), "m7b5", 0.05),
    ((0, 5, 7), "sus4", 0.06),
    ((0, 4, 8), "aug", 0.08),
    ((0, 7), "5", 0.0),
)
_STATES = 12 * len(_QUALITIES)
_SHARPNESS = 14.0
_BASS_WEIGHT = 0.30
_OUTSIDE_KEY = 0.035
_CHANGE_AT_BAR, _CHANGE_AT_HALF_BAR, _CHANGE_AT_BEAT = 0.9, 1.8, 3.2
_HEARD_KEY_BONUS = 0.08
_INVERSION_RATIO = 2.0
_HIGHEST_MIDI_PITCH = 84
_FAINT = 0.05
_FRAMES_A_CHROMA = round(FRAME_RATE_HZ / CHROMA_RATE_HZ)


@dataclass(frozen=True, slots=True)
class HeardHarmony:
    """The key and the chords, contiguous from beat 0 to the last beat.

    Attributes:
        confidence: 0..1, how well the chords explain the pitch classes, less what chance would.
    """

    key: Key
    chords: tuple[ChordSpan, ...]
    confidence: float


def hear_harmony(
    activity: NoteActivity, tuning_chroma: Chroma, beat_seconds: Sequence[float], meter: TimeSignature
) -> HeardHarmony:
    """Find the key, then the chord of every beat.

    A beat's pitch classes are compared with each chord's by their angle, and its bass with the root; staying
    costs nothing, a change costs less at a bar line than inside a bar (after Bello and Pickens, "A robust
    mid-level representation for harmonic content", 2005).

    Args:
        activity: Of the music.
        tuning_chroma: Of the same sound, from its spectrum; a second opinion on the key.
        beat_seconds: Beats, the first at a bar line, ending with a bar line.
        meter: Of the beats.
    """
    frames = np.round(np.array(beat_seconds) * FRAME_RATE_HZ).astype(np.intp)
    edges = np.clip(frames, 0, len(activity.sounding))
    classes = pitch_classes(activity.sounding[:, : _HIGHEST_MIDI_PITCH - LOWEST_MIDI_PITCH])
    bass = bass_classes(activity.sounding)
    key = _hear_key(classes, bass, tuning_chroma)
    beats = _between(classes, edges)
    bass_beats = _between(bass, edges)
    loudness = beats.sum(axis=1)
    if loudness.any():
        path = _path(_fit(beats, bass_beats, key), loudness, meter)
        key = _key_of_chords(path, loudness > _FAINT, key)
    path = _path(_fit(beats, bass_beats, key), loudness, meter)
    chords = _spans(path, bass_beats, key)
    sounding = beats.sum(axis=1) > _FAINT
    plain = _fit(beats, bass_beats, None)[np.arange(len(path)), path]
    confidence = float(np.clip((plain[sounding].mean() - 0.5) / 0.5, 0.0, 1.0)) if sounding.any() else 0.0
    return HeardHarmony(key, chords, confidence)


def _hear_key(classes: Table, bass: Table, tuning_chroma: Chroma) -> Key:
    usable = len(classes) // _FRAMES_A_CHROMA * _FRAMES_A_CHROMA
    shape = (-1, _FRAMES_A_CHROMA, 12)
    if usable:
        thinned, low = (each[:usable].reshape(shape).mean(axis=1) for each in (classes, bass))
        heard = hear_key(Chroma(thinned, low, tuning_chroma.tuning_cents))
        if heard.key is not None:
            return heard.key
    return hear_key(tuning_chroma).key or Key(tonic=0, mode="major")


def _key_of_chords(path: NDArray[np.intp], sounding: NDArray[np.bool_], heard: Key) -> Key:
    """The key that the chords belong to, where they tell it from the one that the notes alone suggest.

    A key gains by the time in which chords lie in it and in which its tonic chord stands, by dominants that
    lead to the tonic, and by the tonic at both ends.
    """
    share = max(1, int(sounding.sum()))
    chords = [(int(state) // len(_QUALITIES), _QUALITIES[int(state) % len(_QUALITIES)][0]) for state in path]
    heard_chords = [chord for chord, sounds in zip(chords, sounding, strict=True) if sounds]
    if not heard_chords:
        return heard
    best, best_score = heard, -1.0
    for mode in ("major", "minor"):
        third = 4 if mode == "major" else 3
        for tonic in range(12):
            key = Key(tonic=tonic, mode=mode)
            inside = home = 0
            for root, intervals in heard_chords:
                inside += all(_in_key((root + interval) % 12, key) for interval in intervals)
                home += root == tonic and (third in intervals or intervals == (0, 7))
            led = sum(
                (one[0] - tonic) % 12 == 7 and 4 in one[1] and other[0] == tonic and third in other[1]
                for one, other in pairwise(heard_chords)
            )
            ends = (heard_chords[0][0] == tonic) + 1.5 * (heard_chords[-1][0] == tonic)
            score = inside / share + 0.6 * home / share + 2.0 * led / share + 0.06 * ends
            score += _HEARD_KEY_BONUS * (key == heard)
            if score > best_score:
                best, best_score = key, score
    return best


def _between(frames: Table, edges: NDArray[np.intp]) -> Table:
    total = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0)])
    result: Table = (total[edges[1:]] - total[edges[:-1]]) / np.maximum(np.diff(edges), 1)[:, None]
    return result


def _templates() -> tuple[Table, NDArray[np.intp], Table]:
    """Unit vectors, roots and costs of all chords."""
    table = np.zeros((_STATES, 12))
    roots = np.repeat(np.arange(12), len(_QUALITIES))
    costs = np.tile([cost for _, _, cost in _QUALITIES], 12)
    for state, root in enumerate(roots):
        for number, interval in enumerate(_QUALITIES[state % len(_QUALITIES)][0]):
            table[state, (root + interval) % 12] = (1.0, 0.95, 0.85, 0.75)[number]
    return table / np.linalg.norm(table, axis=1, keepdims=True), roots, costs


def _fit(beats: Table, bass: Table, key: Key | None) -> Table:
    """How well every chord explains every beat, about 0..1.3, shape (beats, chords)."""
    table, roots, costs = _templates()
    heard = np.sqrt(beats)
    heard /= np.maximum(np.linalg.norm(heard, axis=1, keepdims=True), 1e-6)
    low = bass / np.maximum(bass.sum(axis=1, keepdims=True), 1e-6)
    fit: Table = heard @ table.T
    if key is not None:
        outside = np.array([not _in_key(pitch, key) for pitch in range(12)])
        fit = fit + _BASS_WEIGHT * low[:, roots] - costs
        fit = fit - _OUTSIDE_KEY * ((table > 0) & outside).sum(axis=1)
    return fit


def _in_key(pitch_class: int, key: Key) -> bool:
    scale = (0, 2, 4, 5, 7, 9, 11) if key.mode == "major" else (0, 2, 3, 5, 7, 8, 10, 11)
    return (pitch_class - key.tonic) % 12 in scale


def _path(fit: Table, loudness: Table, meter: TimeSignature) -> NDArray[np.intp]:
    """The likeliest chord of every beat; what is silent says nothing."""
    count = len(fit)
    bar = round(meter.beats_per_bar)
    says = np.minimum(1.0, loudness / max(float(np.median(loudness)), 1e-6))[:, None] * _SHARPNESS * fit
    total = says[0]
    back = np.zeros((count, fit.shape[1]), dtype=np.intp)
    stay = np.arange(fit.shape[1])
    for beat in range(1, count):
        place = beat % bar
        half = bar % 2 == 0 and place == bar // 2
        cost = _CHANGE_AT_BAR if place == 0 else _CHANGE_AT_HALF_BAR if half else _CHANGE_AT_BEAT
        best = int(np.argmax(total))
        moves = total[best] - cost > total
        back[beat] = np.where(moves, best, stay)
        total = np.where(moves, total[best] - cost, total) + says[beat]
    path = np.zeros(count, dtype=np.intp)
    path[-1] = int(np.argmax(total))
    for beat in range(count - 1, 0, -1):
        path[beat - 1] = back[beat, path[beat]]
    return path


def _spans(path: NDArray[np.intp], bass: Table, key: Key) -> tuple[ChordSpan, ...]:
    starts = np.concatenate([[0], np.flatnonzero(np.diff(path)) + 1, [len(path)]])
    return tuple(
        ChordSpan(
            float(first), float(last - first), _chord(int(path[first]), bass[first:last].sum(axis=0), key)
        )
        for first, last in pairwise(starts)
    )


def _chord(state: int, bass: NDArray[np.float64], key: Key) -> Chord:
    intervals, suffix, _ = _QUALITIES[state % len(_QUALITIES)]
    root = state // len(_QUALITIES)
    tones = [(root + interval) % 12 for interval in intervals]
    lowest = max(tones, key=lambda tone: (bass[tone], -tone))
    if lowest != root and bass[lowest] < _INVERSION_RATIO * bass[root] + 1e-6:
        lowest = root
    symbol = key.pitch_name(root) + suffix
    if lowest != root:
        symbol += "/" + key.pitch_name(lowest)
    return Chord(root=root, intervals=intervals, symbol=symbol, bass=lowest)

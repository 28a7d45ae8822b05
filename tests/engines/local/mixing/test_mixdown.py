from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from songwright.audio.loudness import level_curve, measure_loudness
from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.mixing.mixdown import (
    MIX_CONTEXT_SECONDS,
    Desk,
    MixState,
    SectionEnergy,
    blend_stems,
    kick_seconds,
    mix_stem,
)
from songwright.engines.local.mixing.strips import Strip, strips_for, voice_strip
from songwright.engines.local.playing.performed_notes import PerformedNote, PerformedPart
from songwright.music.actions import StemName
from songwright.style.genre import load_genre

GENRE = load_genre("pop")
MIX = GENRE.mix


def desk(seconds: float, **changes: object) -> Desk:
    return replace(Desk(int(seconds * SAMPLE_RATE_HZ), 120.0, MIX), **changes)


def plucks(seconds: float, pitch_hz: float = 330.0, level: float = 0.2) -> NDArray[np.float32]:
    times = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    chance = np.random.default_rng(int(pitch_hz))
    sound = np.sin(2 * np.pi * pitch_hz * times) + 0.3 * np.sin(2 * np.pi * 7 * pitch_hz * times)
    sound = sound + 0.05 * chance.standard_normal((2, times.size))
    return (level * sound * np.exp(-(times % 0.5) * 6)).astype(np.float32)


def loudness(sound: NDArray[np.float32]) -> float:
    return measure_loudness(sound, SAMPLE_RATE_HZ).integrated_lufs


@pytest.mark.parametrize("level", [0.01, 0.2, 3.0])
def test_parts_come_out_equally_loud_however_loud_they_were_rendered(level: float) -> None:
    mixed = mix_stem("other", [("piano", plucks(4, level=level))], {"piano": Strip()}, desk(4))
    assert loudness(mixed.audio) == pytest.approx(-20.0, abs=1.0)


def test_a_part_stands_where_its_strip_puts_it() -> None:
    strips = {"piano": Strip(pan=0.8), "pad": Strip(pan=-0.8, level_db=-12)}
    parts = [("piano", plucks(3)), ("pad", plucks(3, 500.0))]
    left, right = np.std(mix_stem("other", parts, strips, desk(3)).audio, axis=1)
    assert right > 2 * left


def test_a_send_rings_on_after_the_part() -> None:
    sound = plucks(4)
    sound[:, 2 * SAMPLE_RATE_HZ :] = 0.0
    dry = mix_stem("other", [("piano", sound.copy())], {"piano": Strip()}, desk(4)).audio
    wet = mix_stem("other", [("piano", sound.copy())], {"piano": Strip(reverb_send=0.4)}, desk(4)).audio
    behind = slice(int(2.3 * SAMPLE_RATE_HZ), int(2.6 * SAMPLE_RATE_HZ))
    assert np.abs(dry[:, behind]).max() < 1e-4
    assert np.abs(wet[:, behind]).max() > 1e-3


def test_the_kick_ducks_the_parts_that_ask_for_it() -> None:
    mix = MIX.model_copy(update={"ducking_db": 12.0})
    steady = np.full((2, 3 * SAMPLE_RATE_HZ), 0.1, np.float32)
    steady[:, ::2] *= -1
    ducked = mix_stem(
        "other",
        [("pad", steady)],
        {"pad": Strip(ducking=True)},
        desk(3, mix=mix, kicks=(1.0,)),
    ).audio
    at, before = (np.abs(ducked[0, int(t * SAMPLE_RATE_HZ) :][:500]).max() for t in (1.0, 0.9))
    assert 20 * np.log10(before / at) == pytest.approx(12.0, abs=1.5)


def test_full_sections_are_wider_than_sparse_ones() -> None:
    sections = (SectionEnergy(0, 3, 0.1), SectionEnergy(3, 6, 1.0))
    mixed = mix_stem(
        "other", [("pad", plucks(6))], {"pad": Strip(width=1.5)}, desk(6, sections=sections)
    ).audio
    side = mixed[0] - mixed[1]
    half = 3 * SAMPLE_RATE_HZ
    assert np.std(side[half + 44_100 :]) > 1.1 * np.std(side[: half - 44_100])


def song(seconds: float = 8.0) -> dict[StemName, NDArray[np.float32]]:
    voice = plucks(seconds, 440.0)
    voice[:, : int(seconds / 2) * SAMPLE_RATE_HZ] = 0.0
    return {
        "vocals": voice,
        "drums": plucks(seconds, 150.0, 0.5),
        "bass": plucks(seconds, 90.0, 0.7),
        "other": plucks(seconds, 330.0, 0.05),
    }


def test_the_voice_stands_over_the_band_as_far_as_the_genre_says() -> None:
    stems = song()
    blend_stems(stems, desk(8))
    singing = slice(5 * SAMPLE_RATE_HZ, 8 * SAMPLE_RATE_HZ)
    band = stems["drums"] + stems["bass"] + stems["other"]
    over = loudness(stems["vocals"][:, singing]) - loudness(band[:, singing])
    assert over == pytest.approx(MIX.vocal_db, abs=1.0)
    assert loudness(stems["drums"]) - loudness(stems["other"]) == pytest.approx(MIX.drums_db, abs=1.0)
    assert loudness(stems["bass"]) - loudness(stems["other"]) == pytest.approx(MIX.bass_db, abs=1.0)


def test_the_accompaniment_steps_back_while_somebody_sings() -> None:
    times = np.arange(8 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    middle = np.stack([np.sin(2 * np.pi * 2000 * times)] * 2).astype(np.float32) * 0.1
    stems: dict[StemName, NDArray[np.float32]] = {"vocals": song()["vocals"], "other": middle}
    blend_stems(stems, desk(8))
    levels = level_curve(stems["other"], SAMPLE_RATE_HZ, 0.5)
    assert 1.5 < levels[3] - levels[12] < 4.0


def test_an_instrumental_and_a_lone_voice_have_a_balance_too() -> None:
    for names in (("drums", "other"), ("vocals",), ("bass",)):
        stems: dict[StemName, NDArray[np.float32]] = {name: song()[name] for name in names}  # type: ignore[index]
        gains_db = blend_stems(stems, desk(8))
        assert all(np.isfinite(gain) for gain in gains_db.values())
        assert all(-30 < loudness(audio) < -10 for audio in stems.values())


def test_silence_in_is_silence_out() -> None:
    quiet = np.zeros((2, 3 * SAMPLE_RATE_HZ), np.float32)
    strip = voice_strip("lead", MIX)
    mixed = mix_stem("vocals", [("lead", quiet)], {"lead": strip}, desk(3))
    assert not mixed.audio.any()
    stems: dict[StemName, NDArray[np.float32]] = {"vocals": mixed.audio, "other": quiet.copy()}
    assert set(blend_stems(stems, desk(3)).values()) == {0.0}


def test_no_parts_make_a_silent_stem() -> None:
    assert not mix_stem("drums", [], {}, desk(1)).audio.any()


def test_the_same_parts_give_the_same_stem() -> None:
    strip = voice_strip("double", MIX)
    one, two = (mix_stem("vocals", [("d", plucks(3))], {"d": strip}, desk(3)).audio for _ in range(2))
    assert one.tobytes() == two.tobytes()


def test_a_stretch_mixed_alone_sounds_as_it_did_in_the_song() -> None:
    # Stems 12 s long; the stretch opens at a multiple of the master's grid.
    origin = 512 * 200
    strips = {
        "lead": voice_strip("lead", MIX),
        "pad": replace(Strip(chorus=0.4, reverb_send=0.3, delay_send=0.2, drive=0.4), ducking=True),
    }
    whole = desk(12, kicks=(1.0, 5.5, 8.25), sections=(SectionEnergy(0, 7, 0.2), SectionEnergy(7, 12, 0.9)))
    parts = [("lead", plucks(12)), ("pad", plucks(12, 500.0))]
    song_mix = mix_stem("other", [(name, audio.copy()) for name, audio in parts], strips, whole)
    alone = mix_stem(
        "other",
        [(name, np.ascontiguousarray(audio[:, origin:])) for name, audio in parts],
        strips,
        replace(whole, samples=whole.samples - origin, origin_seconds=origin / SAMPLE_RATE_HZ),
        MixState(part_gains_db=song_mix.part_gains_db),
    )
    context = int(MIX_CONTEXT_SECONDS * SAMPLE_RATE_HZ)
    difference = np.abs(alone.audio - song_mix.audio[:, origin:])[:, context:]
    assert difference.max() < 1e-4


def test_strips_follow_the_layer_and_the_instrument() -> None:
    layer = next(layer for layer in GENRE.layers if layer.pan)
    parts = [
        PerformedPart("drums", "standard_kit", "drums", (PerformedNote(0.5, 0.1, 36, 90),)),
        PerformedPart("bass", "fingered_bass", "bass", ()),
        PerformedPart(layer.name, layer.instruments[0], "other", ()),
        PerformedPart("unheard of", "distortion_guitar", "other", ()),
    ]
    strips = strips_for(parts, GENRE)
    assert strips[layer.name].pan == layer.pan
    assert strips[layer.name].level_db == layer.level_db
    assert strips["bass"].width == 0
    assert strips["unheard of"].amplifier > 0
    assert kick_seconds(parts) == (0.5,)


def test_a_stem_is_the_same_in_whichever_order_its_parts_arrive() -> None:
    parts = [(name, plucks(3, level=level)) for name, level in (("a", 0.1), ("b", 0.31), ("c", 0.07))]
    strips = {"a": Strip(pan=-0.3), "b": Strip(reverb_send=0.3), "c": Strip(delay_send=0.2, width=0.5)}
    one, two = (
        mix_stem("other", [(name, audio.copy()) for name, audio in order], strips, desk(3))
        for order in (parts, parts[::-1])
    )
    assert np.array_equal(one.audio, two.audio)
    # The gains are stored with the song, whose bytes follow from the request and the seed alone.
    assert list(one.part_gains_db.items()) == list(two.part_gains_db.items())


def test_sound_without_sides_is_mixed_as_sound_with_two_like_sides() -> None:
    both = plucks(3)
    both[1] = both[0]
    strips = {"lead": voice_strip("lead", load_genre("pop").mix)}
    one = mix_stem("vocals", [("lead", both[:1].copy())], strips, desk(3)).audio
    two = mix_stem("vocals", [("lead", both.copy())], strips, desk(3)).audio
    assert np.allclose(one, two, atol=1e-6)

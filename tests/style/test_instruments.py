import numpy as np
import pytest
from tests.engines.local.playing.playing_help import level_db, part, played

from songwright.engines.local.playing.performed_notes import PerformedNote
from songwright.engines.local.playing.player import render_part
from songwright.errors import RequestError
from songwright.style.instruments import INSTRUMENTS, REFERENCE_DBFS, REFERENCE_VELOCITY, Family, instrument

SOUNDING = sorted(
    name for name, facts in INSTRUMENTS.items() if facts.family not in {Family.KIT, Family.EFFECT}
)


def test_an_unknown_instrument_is_refused_without_repeating_its_name() -> None:
    with pytest.raises(RequestError, match="steel_guitar") as refusal:
        instrument("theremin")
    assert "theremin" not in refusal.value.message


def test_every_instrument_has_a_range_within_midi() -> None:
    for facts in INSTRUMENTS.values():
        assert 0 <= facts.low < facts.high <= 127


def test_kits_are_kits() -> None:
    kits = {name for name, facts in INSTRUMENTS.items() if facts.is_kit}
    assert kits == {name for name in INSTRUMENTS if name.endswith("_kit")}


@pytest.mark.parametrize("name", SOUNDING)
def test_an_instrument_sounds_over_its_whole_range(name: str) -> None:
    facts = INSTRUMENTS[name]
    for pitch in (facts.low, facts.high):
        for velocity in (1, 127):
            sound = played(name, PerformedNote(0, 0.2, pitch, velocity), seconds=0.2)
            assert level_db(sound) > (-45 if velocity == 127 else -130), (pitch, velocity)


@pytest.mark.parametrize("name", SOUNDING)
def test_instruments_stand_at_the_common_level(name: str) -> None:
    facts = INSTRUMENTS[name]
    quarter = (facts.high - facts.low) / 4
    powers = []
    for step in range(5):
        pitch = round(facts.low + quarter + quarter * step / 2)
        sound = played(name, PerformedNote(0, 2, pitch, REFERENCE_VELOCITY), seconds=0.5)
        powers.append(10 ** (level_db(sound) / 10))
    assert 10 * np.log10(np.mean(powers)) == pytest.approx(REFERENCE_DBFS, abs=0.6)


@pytest.mark.parametrize("name", sorted(name for name, facts in INSTRUMENTS.items() if facts.is_kit))
def test_kits_stand_at_the_common_level(name: str) -> None:
    powers = [
        10 ** (level_db(played(name, PerformedNote(0, 0.1, key, REFERENCE_VELOCITY), seconds=0.2)) / 10)
        for key in (36, 38)
    ]
    assert 10 * np.log10(np.mean(powers)) == pytest.approx(REFERENCE_DBFS, abs=0.6)


def test_a_part_is_added_to_what_is_there() -> None:
    note = PerformedNote(0.1, 0.3, 60, 90)
    alone = played("clarinet", note, seconds=0.6)
    out = np.full_like(alone, 0.25)
    render_part(part("clarinet", note), out)
    assert np.allclose(out, alone + 0.25, atol=1e-6)


@pytest.mark.parametrize("name", ["standard_kit", "steel_guitar", "supersaw", "bass_808", "tr909_kit"])
def test_a_note_beyond_the_end_fades_out(name: str) -> None:
    sound = played(name, PerformedNote(0.0, 5.0, 40, 100), seconds=0.05)
    assert np.abs(sound).max() > 1e-3
    assert np.abs(sound[:, -1]).max() < 1e-6


@pytest.mark.parametrize("name", ["steel_guitar", "brush_kit", "riser", "saw_pad", "tr808_kit", "bass_808"])
def test_the_same_part_gives_the_same_bytes(name: str) -> None:
    notes = [PerformedNote(step * 0.11, 0.3, 42 + step % 3, 60 + step * 5) for step in range(8)]
    assert played(name, *notes, seconds=1.5).tobytes() == played(name, *notes, seconds=1.5).tobytes()


@pytest.mark.parametrize(
    "name", ["acoustic_grand_piano", "string_ensemble", "flute", "standard_kit", "synth_pluck", "lofi_kit"]
)
def test_a_window_of_a_song_sounds_as_it_does_in_the_whole(name: str) -> None:
    notes = [
        PerformedNote(step * 0.173, 0.9, (36, 38, 42, 46)[step % 4] + (0 if "kit" in name else 24), 70 + step)
        for step in range(20)
    ]
    whole = played(name, *notes, seconds=5.0)
    window = played(name, *notes, seconds=1.5, origin_seconds=2.0)
    inner = slice(0, window.shape[1] - 300)
    assert np.abs(window[:, inner] - whole[:, 88_200 : 88_200 + window.shape[1]][:, inner]).max() < 1e-6


def test_a_monophonic_instrument_ends_a_note_where_the_next_begins() -> None:
    held = played("trumpet", PerformedNote(0, 2, 60, 90), PerformedNote(0.5, 1.5, 67, 90), seconds=1.5)
    lone = played("trumpet", PerformedNote(0.5, 1.5, 67, 90), seconds=1.5)
    rest = slice(int(1.3 * 44_100), None)
    assert level_db(held[:, rest] - lone[:, rest]) < level_db(lone[:, rest]) - 50


def test_a_quiet_instrument_of_another_range_is_silent_rather_than_wrong() -> None:
    assert not played("tr808_kit", PerformedNote(0, 1, 12, 100), seconds=0.2).any()

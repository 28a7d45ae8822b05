import numpy as np
import pytest
from tests.engines.local.playing.playing_help import brightness_hz, error_cents, level_db, played

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.performed_notes import PerformedNote


@pytest.mark.parametrize("name", ["acoustic_grand_piano", "fingered_bass", "violin", "steel_guitar", "tuba"])
def test_louder_notes_are_louder_by_the_square_of_their_velocity(name: str) -> None:
    velocities = (20, 40, 60, 80, 100, 127)
    levels = [level_db(played(name, PerformedNote(0, 0.5, 52, v), seconds=0.5)) for v in velocities]
    assert levels == sorted(levels)
    # 40 dB a decade, give or take what the filter adds.
    assert levels[-1] - levels[0] == pytest.approx(40 * np.log10(127 / 20), abs=9)


@pytest.mark.parametrize("name", ["acoustic_grand_piano", "fingered_bass", "brass_section", "steel_guitar"])
def test_louder_notes_are_brighter(name: str) -> None:
    soft, loud = (brightness_hz(played(name, PerformedNote(0, 0.5, 48, v), seconds=0.5)) for v in (30, 120))
    assert loud > soft


@pytest.mark.parametrize(
    ("name", "pitch"),
    [
        ("acoustic_grand_piano", 60),
        ("alto_sax", 64),
        ("choir_aahs", 65),
        ("clarinet", 71),
        ("fingered_bass", 33),
        ("glockenspiel", 88),
        ("oboe", 74),
        ("steel_guitar", 52),
        ("string_ensemble", 67),
        ("violin", 83),
    ],
)
def test_recorded_instruments_are_in_tune(name: str, pitch: int) -> None:
    sound = played(name, PerformedNote(0, 1.5, pitch, 90), seconds=1.5)[:, 5_300:]
    assert abs(error_cents(sound, pitch)) < 5


def test_a_held_note_goes_on_far_beyond_its_recording() -> None:
    sound = played("drawbar_organ", PerformedNote(0, 12, 60, 90), seconds=12)
    assert level_db(sound, 11, 12) == pytest.approx(level_db(sound, 1, 2), abs=1.5)


def test_a_looped_note_has_no_clicks() -> None:
    sound = played("clarinet", PerformedNote(0, 4, 62, 90), seconds=4)[0]
    steady = sound[int(0.5 * SAMPLE_RATE_HZ) :]
    blocks = np.abs(np.diff(steady, 2))[: len(steady) // 2048 * 2048 - 2048].reshape(-1, 2048).max(axis=1)
    assert blocks.max() < 1.6 * np.median(blocks)


def test_a_released_note_dies_away_and_a_plucked_one_does_so_by_itself() -> None:
    organ = played("drawbar_organ", PerformedNote(0, 0.5, 60, 90), seconds=3)
    assert level_db(organ, 2.5, 3.0) < level_db(organ, 0, 0.5) - 60
    guitar = played("nylon_guitar", PerformedNote(0, 3, 64, 90), seconds=3)
    assert level_db(guitar, 2.5, 3.0) < level_db(guitar, 0, 0.5) - 10


@pytest.mark.parametrize("name", ["violin", "fingered_bass", "bass_808", "saw_lead"])
def test_a_slide_arrives_where_it_is_bent_to(name: str) -> None:
    pitch = 40 if "bass" in name else 64
    bend = (0.0, 0.0, *np.linspace(0, 2, 5).tolist(), *[2.0] * 13)
    sound = played(name, PerformedNote(0, 2, pitch, 90, bend), seconds=2)
    assert abs(error_cents(sound[:, 2_000:8_000], pitch)) < 25
    assert abs(error_cents(sound[:, 40_000:85_000], pitch + 2)) < 12


@pytest.mark.parametrize("kit", ["standard_kit", "power_kit", "tr808_kit", "tr909_kit", "lofi_kit"])
def test_a_closed_hat_cuts_the_open_one(kit: str) -> None:
    ringing = played(kit, PerformedNote(0, 0.1, 46, 100), seconds=0.6)
    cut = played(kit, PerformedNote(0, 0.1, 46, 100), PerformedNote(0.1, 0.1, 42, 1), seconds=0.6)
    assert level_db(cut, 0.18, 0.4) < level_db(ringing, 0.18, 0.4) - 12


@pytest.mark.parametrize("name", ["standard_kit", "tr909_kit"])
def test_repeated_hits_are_not_copies(name: str) -> None:
    hits = [PerformedNote(step * 0.25, 0.1, 38, 100) for step in range(8)]
    sound = played(name, *hits, seconds=2.0)
    takes = {sound[:, round(step * 0.25 * SAMPLE_RATE_HZ) :][:, :2_000].tobytes() for step in range(8)}
    assert len(takes) >= 4


def test_drums_ring_out_however_short_their_notes() -> None:
    short = played("standard_kit", PerformedNote(0, 0.01, 49, 100), seconds=1.0)
    assert level_db(short, 0.5, 1.0) > level_db(short, 0, 0.5) - 25


def test_stereo_recordings_stay_stereo() -> None:
    sound = played("acoustic_grand_piano", PerformedNote(0, 1, 60, 90), seconds=1)
    assert np.corrcoef(sound)[0, 1] < 0.999
    assert level_db(sound[:1]) == pytest.approx(level_db(sound[1:]), abs=6)

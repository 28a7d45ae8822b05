from importlib.resources import files

import numpy as np
import pytest

from songwright.engines.local.playing.soundbank import FORMAT, SoundBank, soundbank
from songwright.errors import EngineError
from songwright.style.instruments import INSTRUMENTS, Sampled

FOLDER = files("songwright.engines.local") / "assets" / "soundbank"
SAMPLED = sorted(name for name, facts in INSTRUMENTS.items() if isinstance(facts.sound, Sampled))


def test_the_bank_stays_small_and_carries_its_licence() -> None:
    assert sum(len(entry.read_bytes()) for entry in FOLDER.iterdir()) <= 15_000_000
    notice = (FOLDER / "NOTICE").read_text(encoding="utf-8")
    assert "Frank Wen" in notice
    assert "The above copyright notice and this permission notice shall be" in notice


def test_the_bank_holds_exactly_the_sampled_instruments() -> None:
    assert sorted(soundbank().instruments) == SAMPLED


@pytest.mark.parametrize("name", ["drawbar_organ", "fingered_bass", "flute", "harp", "oboe", "warm_pad"])
def test_loops_join_without_a_click(name: str) -> None:
    bank = soundbank()
    for number in {zone.sample for zone in bank.zones(name)}:
        sample = bank.sample(number)
        assert sample.loop is not None
        before = sample.data[-max(2_000, len(sample.loop)) :]
        # A click bends the wave more sharply than the wave itself ever does.
        sharpest = max(np.abs(np.diff(wave, 2)).max() for wave in (before, sample.loop))
        for earlier in (sample.data, np.tile(sample.loop, 1 + 200 // len(sample.loop))):
            joined = np.concatenate([earlier[-200:], np.tile(sample.loop, 1 + 200 // len(sample.loop))])
            assert np.abs(np.diff(joined[:400], 2)).max() <= 1.01 * sharpest + 2e-4


def test_a_bank_of_another_format_is_refused_with_the_way_out() -> None:
    index = {"format": FORMAT + 1, "headers": [], "samples": [], "gains_db": {}}
    with pytest.raises(EngineError, match=r"build_soundbank\.py"):
        SoundBank(index, [], b"")  # type: ignore[arg-type]


def test_a_sample_decodes_to_the_same_values_every_time() -> None:
    first, second = soundbank().sample(0), soundbank().sample(0)
    assert first.data.dtype == np.float32
    assert first.data.tobytes() == second.data.tobytes()

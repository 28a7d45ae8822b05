from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfilt
from tests.hearing.synthetic import RATE_HZ, noise, silence, tone

from songwright.hearing.compare import band_levels_db, compare_spans, null_test, waveform_correlation
from songwright.music.timeline import Span


def test_a_piece_nulls_against_itself() -> None:
    difference = null_test(noise(2), noise(2), RATE_HZ)
    assert difference.identical
    assert (difference.max_abs_diff, difference.rms_diff_db) == (0.0, -120.0)


def test_a_change_is_found_in_its_stretch_alone() -> None:
    before = np.stack([noise(9), noise(9)])
    after = before.copy()
    after[:, 4 * RATE_HZ : 5 * RATE_HZ] *= 0.5
    spans = [Span(0, 3), Span(3, 6), Span(6, 9)]
    first, second, third = compare_spans(before, after, RATE_HZ, spans)
    assert first.identical
    assert not second.identical
    assert third.identical


def test_a_change_of_level_is_told_from_a_change_of_colour() -> None:
    louder = null_test(noise(3), 2.0 * noise(3), RATE_HZ)
    assert louder.level_change_db == pytest.approx(6.02, abs=0.01)
    assert louder.spectral_distance_db == pytest.approx(0.0, abs=0.01)
    duller = sosfilt(butter(2, 1_000, fs=RATE_HZ, output="sos"), noise(3))
    assert null_test(noise(3), duller, RATE_HZ).spectral_distance_db > 5


def test_a_longer_piece_is_compared_with_silence_at_its_end() -> None:
    difference = null_test(noise(1), np.concatenate([noise(1), tone(60, 1)]), RATE_HZ)
    assert difference.end_seconds == pytest.approx(2.0)
    assert difference.max_abs_diff == pytest.approx(float(np.abs(tone(60, 1)).max()))


def test_nothing_differs_from_nothing() -> None:
    assert null_test(silence(0), silence(0), RATE_HZ).identical
    assert waveform_correlation(silence(1), noise(1)) == 0.0


def test_correlation_ignores_level_and_sees_polarity() -> None:
    assert waveform_correlation(noise(1), 0.1 * noise(1)) == pytest.approx(1.0)
    assert waveform_correlation(noise(1), -noise(1)) == pytest.approx(-1.0)


def test_three_channels_do_not_go_with_two() -> None:
    with pytest.raises(ValueError, match="channels"):
        null_test(np.zeros((3, 10)), np.zeros((2, 10)), RATE_HZ)


def test_a_low_tone_lies_in_the_low_bands() -> None:
    levels = band_levels_db(tone(33, 2, harmonics=1), RATE_HZ)
    assert max(levels) == levels[0] == pytest.approx(0.0, abs=1.0)

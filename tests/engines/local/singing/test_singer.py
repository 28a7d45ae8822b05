import numpy as np
import pytest

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.singing.singer import SungVocal, sing
from songwright.engines.local.singing.voices import VOICES
from songwright.music.score import SungLine, SungNote, VocalPart, VoiceName

TEMPO_BPM = 100.0
BEAT = 60 / TEMPO_BPM


def line(text: str, pitches: list[int], start_beats: float = 2.0, beats: float = 1.0) -> SungLine:
    """A line of equal notes, one for each syllable."""
    syllables = syllabify(text)
    return SungLine(
        text=text,
        section=0,
        notes=tuple(
            SungNote(start_beats + k * beats, beats, pitch, syllable.text, syllable.word, syllable.stressed)
            for k, (syllable, pitch) in enumerate(zip(syllables, pitches, strict=True))
        ),
    )


def take(*lines: SungLine, voice: VoiceName = "female", seconds: float = 8.0, seed: str = "a") -> SungVocal:
    return sing(VocalPart(voice, lines), TEMPO_BPM, int(seconds * SAMPLE_RATE_HZ), seed=seed)


def pitch_of(samples: np.ndarray, start_seconds: float, end_seconds: float) -> float:
    """MIDI pitch of a steady stretch, by the highest peak of its autocorrelation."""
    part = samples[int(start_seconds * SAMPLE_RATE_HZ) : int(end_seconds * SAMPLE_RATE_HZ)].astype(np.float64)
    power = np.abs(np.fft.rfft(part, 4 * len(part))) ** 2
    correlation = np.fft.irfft(power)[: len(part)] / np.arange(len(part), 0, -1)
    low, high = int(SAMPLE_RATE_HZ / 900), int(SAMPLE_RATE_HZ / 70)
    segment = correlation[low:high]
    peaks = np.nonzero((segment[1:-1] > segment[:-2]) & (segment[1:-1] >= segment[2:]))[0] + 1
    best = next(p for p in peaks if segment[p] > 0.9 * segment[peaks].max())
    a, b, c = segment[best - 1 : best + 2]
    lag = low + best + 0.5 * (a - c) / (a - 2 * b + c)
    return float(69 + 12 * np.log2(SAMPLE_RATE_HZ / lag / 440))


def level_db(samples: np.ndarray, start_seconds: float, end_seconds: float) -> float:
    part = samples[int(start_seconds * SAMPLE_RATE_HZ) : int(end_seconds * SAMPLE_RATE_HZ)]
    return float(10 * np.log10(np.mean(part.astype(np.float64) ** 2) + 1e-12))


@pytest.mark.parametrize("voice", list(VOICES))
def test_every_voice_sings_its_notes_in_tune(voice: VoiceName) -> None:
    centre = sum(VOICES[voice].tessitura) // 2
    pitches = [centre, centre + 2, centre + 4, centre]
    sung = take(line("we are so low", pitches), voice=voice)
    for k, pitch in enumerate(pitches):
        start = (2 + k) * BEAT
        assert pitch_of(sung.samples, start + 0.15, start + 0.4) == pytest.approx(pitch, abs=0.3)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    words = line("hold the light a little longer", [62, 64, 65, 64, 62, 60, 62, 62])
    first, again, other = take(words), take(words), take(words, seed="b")
    assert first.samples.tobytes() == again.samples.tobytes()
    assert first.lines == again.lines
    assert first.samples.tobytes() != other.samples.tobytes()


def test_a_vowel_starts_on_its_note() -> None:
    sung = take(line("take two cats", [64, 64, 64], beats=1.5))
    for k in range(3):
        note = (2 + 1.5 * k) * BEAT
        assert (
            level_db(sung.samples, note + 0.04, note + 0.1)
            > level_db(sung.samples, note - 0.07, note - 0.03) + 6
        )
        assert sung.lines[0].syllables[k].vowel_seconds == pytest.approx(note, abs=0.001)


def test_a_melisma_carries_one_vowel_over_several_notes() -> None:
    sung = take(
        SungLine(
            "oh love",
            0,
            (
                SungNote(2, 1, 60, "oh", 0),
                SungNote(3, 1, 64, "", 0),
                SungNote(4, 1, 62, "", 0),
                SungNote(5, 1, 60, "love", 1),
            ),
        )
    )
    assert pitch_of(sung.samples, 3 * BEAT + 0.15, 3 * BEAT + 0.45) == pytest.approx(64, abs=0.3)
    assert pitch_of(sung.samples, 4 * BEAT + 0.15, 4 * BEAT + 0.4) == pytest.approx(62, abs=0.3)
    assert len(sung.lines[0].syllables) == 2
    assert level_db(sung.samples, 3 * BEAT - 0.03, 3 * BEAT + 0.03) > -40


def test_line_times_are_in_order_and_inside_the_song() -> None:
    sung = take(line("hold the light", [60, 62, 64]), line("little longer", [64, 62, 60, 60], start_beats=8))
    assert [times.text for times in sung.lines] == ["hold the light", "little longer"]
    assert sung.lines[0].end_seconds < sung.lines[1].start_seconds
    for times in sung.lines:
        assert 0 <= times.start_seconds < times.end_seconds <= 8.0
        for before, after in zip(times.syllables, times.syllables[1:], strict=False):
            assert before.start_seconds < before.vowel_seconds < before.end_seconds <= after.vowel_seconds


def test_there_is_silence_where_nothing_is_sung() -> None:
    sung = take(line("hold the light", [60, 62, 64]))
    assert not np.any(sung.samples[: int(0.3 * SAMPLE_RATE_HZ)])
    assert not np.any(sung.samples[int((5 * BEAT + 0.4) * SAMPLE_RATE_HZ) :])
    assert not np.any(take().samples)


def test_a_rest_within_a_line_is_silent() -> None:
    words = SungLine(
        "stay here tonight",
        0,
        (
            SungNote(2, 1, 62, "stay", 0),
            SungNote(5, 1, 62, "here", 1),
            SungNote(6, 1, 64, "to", 2),
            SungNote(7, 1, 62, "night", 2),
        ),
    )
    sung = take(words)
    assert level_db(sung.samples, 3.6 * BEAT, 4.4 * BEAT) < -60


def test_a_line_sounds_the_same_without_its_neighbours() -> None:
    first, second = (
        line("hold the light", [60, 62, 64]),
        line("little longer", [64, 62, 60, 60], start_beats=8),
    )
    both, alone = take(first, second), take(second)
    start = int(7.5 * BEAT * SAMPLE_RATE_HZ)
    assert np.array_equal(both.samples[start:], alone.samples[start:])


def test_notes_that_do_not_fit_the_words_are_sung_all_the_same() -> None:
    few = SungLine("hold the light a little longer", 0, (SungNote(2, 4, 62, "hold", 0),))
    many = SungLine("oh", 0, tuple(SungNote(2 + k, 1, 60 + k, "x", 0) for k in range(4)))
    for words in (few, many):
        assert level_db(take(words).samples, 2 * BEAT, 5 * BEAT) > -40


def test_lines_without_a_syllable_are_left_out() -> None:
    odd = SungLine("...", 0, (SungNote(2, 1, 60, "...", 0),))
    assert take(odd).lines == ()


def test_what_lies_beyond_the_song_is_cut() -> None:
    sung = take(line("hold the light", [60, 62, 64]), seconds=2.0)
    assert len(sung.samples) == 2 * SAMPLE_RATE_HZ
    assert sung.lines[0].end_seconds <= 2.0


def test_a_double_is_quieter_than_its_lead_and_not_a_copy() -> None:
    part = VocalPart("female", (line("we are so low", [62, 64, 66, 62]),))
    lead = sing(part, TEMPO_BPM, 5 * SAMPLE_RATE_HZ, seed="a")
    double = sing(part, TEMPO_BPM, 5 * SAMPLE_RATE_HZ, seed="a", role="double")
    assert level_db(double.samples, 1.2, 3.0) < level_db(lead.samples, 1.2, 3.0) - 3
    correlation = np.corrcoef(lead.samples, double.samples)[0, 1]
    assert abs(correlation) < 0.5


def test_louder_sections_are_sung_louder() -> None:
    part = VocalPart("female", (line("we are so low", [62, 64, 66, 62]),))
    calm = sing(part, TEMPO_BPM, 5 * SAMPLE_RATE_HZ, seed="a", section_energy=(0.2,))
    bright = sing(part, TEMPO_BPM, 5 * SAMPLE_RATE_HZ, seed="a", section_energy=(0.9,))
    assert level_db(bright.samples, 1.2, 3.0) > level_db(calm.samples, 1.2, 3.0) + 1.5


def test_swing_moves_the_vowels() -> None:
    part = VocalPart("female", (line("we are so low", [62, 64, 66, 62]),))
    late = sing(part, TEMPO_BPM, 6 * SAMPLE_RATE_HZ, seed="a", clock=lambda beats: beats * BEAT + 0.1)
    assert late.lines[0].syllables[0].vowel_seconds == pytest.approx(2 * BEAT + 0.1, abs=0.001)


def test_no_sample_passes_full_scale_and_the_voice_has_air() -> None:
    sung = take(line("she sees the sun", [74, 72, 74, 72]), seconds=5.0)
    assert np.max(np.abs(sung.samples)) <= 0.96
    power = np.abs(np.fft.rfft(sung.samples)) ** 2
    hertz = np.fft.rfftfreq(len(sung.samples), 1 / SAMPLE_RATE_HZ)
    assert power[(hertz > 13_000) & (hertz < 17_000)].sum() > 1e-5 * power.sum()

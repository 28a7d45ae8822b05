import pytest

from songwright.engines.local.composing.harmony import Harmonist, chords_for_sections
from songwright.engines.local.composing.numerals import chord_of, diatonic_seventh, parse_numeral
from songwright.music.score import SCALES, ChordSpan, Key, Mode, ScoreSection, SectionKind, TimeSignature
from songwright.style.genre import genre_names, load_genre

C = Key(0, "major")
A_MINOR = Key(9, "minor")
FORM: tuple[tuple[SectionKind, int], ...] = (
    ("intro", 4), ("verse", 8), ("pre-chorus", 4), ("chorus", 8), ("verse", 8), ("bridge", 7), ("outro", 4),
)  # fmt: skip


def sections() -> tuple[ScoreSection, ...]:
    placed, bar = [], 0
    for kind, bars in FORM:
        placed.append(ScoreSection(kind, kind, bar, bars))
        bar += bars
    return tuple(placed)


def chords(
    genre: str = "pop",
    key: Key = C,
    weirdness: float = 0.0,
    seed: str = "a",
    meter: TimeSignature | None = None,
) -> tuple[ChordSpan, ...]:
    harmonist = Harmonist(load_genre(genre).harmony, None, key, weirdness, 0.5, seed)
    return chords_for_sections(harmonist, sections(), meter or TimeSignature())


def foreign(spans: tuple[ChordSpan, ...], key: Key) -> int:
    scale = {(key.tonic + step) % 12 for step in SCALES[key.mode]}
    return sum(not set(span.chord.pitch_classes) <= scale for span in spans)


@pytest.mark.parametrize(
    ("numeral", "key", "symbol"),
    [
        ("I", C, "C"), ("ii7", C, "Dm7"), ("V7", C, "G7"), ("bVII", C, "Bb"), ("V/ii", C, "A"),
        ("V7/V", C, "D7"), ("Isus4", C, "Csus4"), ("iv", C, "Fm"), ("i", A_MINOR, "Am"),
        ("bVI", A_MINOR, "F"),
        ("V", A_MINOR, "E"), ("bIII", A_MINOR, "C"), ("i5", A_MINOR, "A5"), ("viidim", C, "Bdim"),
        ("bVI", C, "Ab"), ("Imaj7", Key(2, "major"), "Dmaj7"),
    ],
)  # fmt: skip
def test_a_numeral_names_a_chord_of_the_key(numeral: str, key: Key, symbol: str) -> None:
    assert chord_of(parse_numeral(numeral), key).symbol == symbol


@pytest.mark.parametrize("text", ["", "VIII", "H", "Ifoo", "V/", "bb7"])
def test_what_is_no_numeral_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Roman numeral"):
        parse_numeral(text)


def test_a_seventh_comes_from_the_key() -> None:
    sevenths = [
        chord_of(diatonic_seventh(parse_numeral(n), C), C).symbol for n in ("I", "ii", "IV", "V", "vi")
    ]
    assert sevenths == ["Cmaj7", "Dm7", "Fmaj7", "G7", "Am7"]


@pytest.mark.parametrize("name", genre_names())
def test_every_numeral_of_every_genre_can_be_read(name: str) -> None:
    facts = load_genre(name).harmony
    for table in (facts.progressions, facts.minor_progressions):
        for loop in (loop for loops in table.values() for loop in loops):
            assert [parse_numeral(word) for word in loop.split()]
    assert [parse_numeral(word) for word in facts.borrowed]


@pytest.mark.parametrize("name", genre_names())
@pytest.mark.parametrize("mode", ["major", "minor", "dorian"])
def test_chords_stand_end_to_end_over_the_whole_form(name: str, mode: Mode) -> None:
    for weirdness in (0.0, 1.0):
        for meter in (TimeSignature(), TimeSignature(3, 4), TimeSignature(6, 8)):
            beat = 0.0
            for span in chords(name, Key(3, mode), weirdness, meter=meter):
                assert span.start_beats == pytest.approx(beat)
                assert span.duration_beats > 0
                beat = span.start_beats + span.duration_beats
            assert beat == pytest.approx(sum(bars for _, bars in FORM) * meter.beats_per_bar)


def test_the_song_ends_at_home() -> None:
    for seed in range(20):
        assert chords(seed=str(seed))[-1].chord.root == C.tonic
        assert chords(key=A_MINOR, seed=str(seed))[-1].chord.root == A_MINOR.tonic


def test_sections_of_one_kind_stand_on_the_same_chords() -> None:
    spans = chords(weirdness=0.6)
    first = [s.chord.symbol for s in spans if 16 <= s.start_beats < 40]
    second = [s.chord.symbol for s in spans if 96 <= s.start_beats < 120]
    assert first == second


def test_borrowed_chords_and_secondary_dominants_grow_with_weirdness() -> None:
    counts = [
        sum(foreign(chords(weirdness=weirdness, seed=str(seed)), C) for seed in range(20))
        for weirdness in (0.0, 0.5, 1.0)
    ]
    assert counts[0] < counts[1] < counts[2]


def test_seeds_give_different_progressions() -> None:
    assert len({tuple(s.chord.symbol for s in chords(seed=str(seed))) for seed in range(20)}) >= 8

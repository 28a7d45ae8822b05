import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.engines.local.composing.form import Form, FormRequest, lay_out, phrase_bars
from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.singing.voices import FASTEST_SYLLABLES_PER_SECOND
from songwright.music.lyrics import parse_lyric
from songwright.music.score import TimeSignature
from songwright.style.genre import genre_names, load_genre

SHEET = """[Verse]
Walking down the midnight street again
Thinking of the way we used to be
[Chorus]
Come back home tonight
Follow the lantern light
[Instrumental]
[Verse]
I kept your letters in a wooden drawer
The ink has faded but the words remain
"""


def request_for(text: str | None, **changes: object) -> FormRequest:
    pop = load_genre("pop")
    fields: dict[str, object] = {
        "sheet": None if text is None else parse_lyric(text),
        "facts": pop.form,
        "melody": pop.melody,
        "tempo_bpm": 110.0,
        "meter": TimeSignature(),
        "target_bars": None,
        "weirdness": 0.5,
        "seed": "a",
    }
    return FormRequest(**{**fields, **changes})  # type: ignore[arg-type]


def seconds(form: Form, tempo_bpm: float = 110.0, beats_per_bar: float = 4.0) -> float:
    return sum(section.bars for section in form.sections) * beats_per_bar * 60 / tempo_bpm


def test_sections_follow_one_another_without_a_gap() -> None:
    for seed in range(10):
        bar = 0
        for section in lay_out(request_for(SHEET, seed=str(seed))).sections:
            assert section.start_bar == bar
            assert section.bars > 0
            bar += section.bars


def test_the_sheets_sections_come_in_its_order() -> None:
    form = lay_out(request_for(SHEET))
    kinds = [section.kind for section in form.sections if section.kind in ("verse", "chorus", "solo")]
    assert kinds[:4] == ["verse", "chorus", "solo", "verse"]


def test_a_played_section_of_the_sheet_is_played_and_not_sung() -> None:
    form = lay_out(request_for(SHEET))
    solos = {index for index, section in enumerate(form.sections) if section.kind == "solo"}
    assert solos
    assert not any(line.section in solos for line in form.lines)


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "[Chorus]\nCome back home tonight\nFollow the lantern light",
        "[Verse]\nOne small candle on the sill\nOne small boat that waits there still",
        "[Intro]\n[Chorus]\nSing it once\n[Outro]",
        SHEET,
        SHEET * 2,
    ],
)
def test_without_a_length_a_lyric_is_sung_as_written_and_nothing_comes_back(text: str) -> None:
    written = tuple(line for line in parse_lyric(text).lines)
    for seed in range(6):
        form = lay_out(request_for(text, seed=str(seed)))
        assert tuple(line.text for line in form.lines) == written
        assert form.left_out == ()


def test_without_a_length_a_short_lyric_makes_a_short_song() -> None:
    for text in ("Hello", "Hello\nGoodbye"):
        assert 5 <= seconds(lay_out(request_for(text))) <= 45


@pytest.mark.parametrize("bars", [1, 2, 3, 5, 7, 11, 16, 23, 41, 90, 201])
@pytest.mark.parametrize("name", ["pop", "ambient", "techno", "jazz", "waltz"])
def test_a_form_has_exactly_the_bars_asked_for(bars: int, name: str) -> None:
    genre = load_genre(name if name in genre_names() else "orchestral")
    for loops in (False, True):
        for text in (None, "Hello", SHEET, SHEET * 3):
            request = request_for(text, target_bars=bars, facts=genre.form, loops=loops)
            form = lay_out(request)
            assert sum(section.bars for section in form.sections) == bars
            assert all(section.bars > 0 for section in form.sections)
            if loops:
                assert not {"intro", "outro"} & {section.kind for section in form.sections}


def test_only_a_chorus_comes_back_and_only_a_few_times_where_a_long_song_was_asked_for() -> None:
    form = lay_out(request_for(SHEET, target_bars=160))
    written = parse_lyric(SHEET).lines
    texts = tuple(line.text for line in form.lines)
    assert texts[: len(written)] == written
    assert set(texts[len(written) :]) == {"Come back home tonight", "Follow the lantern light"}
    assert 2 <= texts.count("Come back home tonight") <= 4


@pytest.mark.parametrize(
    "text",
    [
        "[Verse]\nOne small candle on the sill",
        "[Chorus]\nCome back home tonight\nFollow the lantern light",
        "Hello\nGoodbye",
    ],
)
def test_what_a_long_song_has_besides_a_lyric_without_verse_and_chorus_is_played(text: str) -> None:
    form = lay_out(request_for(text, target_bars=100))
    assert tuple(line.text for line in form.lines) == parse_lyric(text).lines
    sung = {line.section for line in form.lines}
    assert {section.kind for index, section in enumerate(form.sections) if index not in sung} >= {
        "intro",
        "solo",
        "outro",
    }


@pytest.mark.parametrize("bars", [2, 4, 6, 10, 14])
def test_where_there_is_no_room_whole_sections_are_left_out_and_named(bars: int) -> None:
    form = lay_out(request_for(SHEET * 4, target_bars=bars))
    written = parse_lyric(SHEET * 4).lines
    sung = tuple(line.text for line in form.lines)
    assert sung
    assert written == (*sung, *form.left_out)
    for line in form.lines:
        syllables = len(syllabify(line.text))
        assert syllables / (line.bars * 4 * 60 / 110) <= FASTEST_SYLLABLES_PER_SECOND


def test_an_instrumental_follows_a_plan_of_the_genre() -> None:
    form = lay_out(request_for(None, weirdness=0.2))
    assert not form.lines
    assert 90 <= seconds(form) <= 210
    assert {"verse", "chorus"} <= {section.kind for section in form.sections}


def test_lines_of_a_section_share_one_length_where_they_can() -> None:
    form = lay_out(request_for(SHEET))
    verse = next(i for i, section in enumerate(form.sections) if section.kind == "verse")
    assert len({line.bars for line in form.lines if line.section == verse}) == 1


def test_a_longer_line_never_gets_fewer_bars() -> None:
    request = request_for(None)
    sizes = [phrase_bars(request, count, "verse") for count in range(1, 60)]
    assert sizes == sorted(sizes)


def test_later_choruses_are_fuller_than_the_first() -> None:
    form = lay_out(request_for(SHEET))
    energies = [section.energy for section in form.sections if section.kind == "chorus"]
    assert energies == sorted(energies)


def test_a_line_without_words_is_reported_and_not_sung() -> None:
    form = lay_out(request_for("***\nHello my dear"))
    assert form.unsung == ("***",)
    assert form.lines[0].text == "Hello my dear"


LINES = st.lists(
    st.text(st.sampled_from("abcdeilnorstuy '-,.!3\u00e9"), max_size=70).map(
        lambda line: " ".join(line.split())
    ),
    min_size=1,
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(LINES, st.sampled_from((60.0, 96.0, 128.0, 174.0)), st.sampled_from(((4, 4), (3, 4), (6, 8))))
def test_any_lyric_is_sung_line_by_line_in_order(
    lines: list[str], tempo: float, meter: tuple[int, int]
) -> None:
    text = "[Verse]\n" + "\n".join(lines)
    written = tuple(line for line in parse_lyric(text).lines if syllabify(line))
    signature = TimeSignature(meter[0], 4 if meter[1] == 4 else 8)
    form = lay_out(request_for(text, tempo_bpm=tempo, meter=signature))
    assert tuple(line.text for line in form.lines)[: len(written)] == written
    end = 0
    for line in form.lines:
        section = form.sections[line.section]
        assert line.start_bar >= max(end, section.start_bar)
        end = line.start_bar + line.bars
        assert end <= section.start_bar + section.bars

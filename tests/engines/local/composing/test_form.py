from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.engines.local.composing.form import Form, FormRequest, lay_out, phrase_bars
from songwright.engines.local.composing.prosody import syllabify
from songwright.music.lyrics import parse_lyric
from songwright.music.score import TimeSignature
from songwright.style.genre import load_genre

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
        "target_seconds": None,
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


def test_a_short_lyric_still_makes_a_song() -> None:
    for text in ("Hello", "Hello\nGoodbye", SHEET):
        assert seconds(lay_out(request_for(text))) >= 90


def test_a_usual_lyric_makes_a_song_of_usual_length() -> None:
    for seed in range(10):
        assert 90 <= seconds(lay_out(request_for(SHEET * 2, seed=str(seed)))) <= 200


def test_choruses_are_repeated_only_after_the_last_line() -> None:
    form = lay_out(request_for(SHEET))
    written = parse_lyric(SHEET).lines
    texts = tuple(line.text for line in form.lines)
    assert texts[: len(written)] == written
    assert set(texts[len(written) :]) <= {"Come back home tonight", "Follow the lantern light"}


def test_a_length_that_was_asked_for_is_come_close_to() -> None:
    for target in (110.0, 150.0, 180.0):
        form = lay_out(request_for(SHEET, target_seconds=target))
        assert 0.85 * target <= seconds(form) <= 1.35 * target
        played = lay_out(request_for(None, target_seconds=target))
        assert 0.85 * target <= seconds(played) <= 1.3 * target


def test_an_instrumental_follows_a_plan_of_the_genre() -> None:
    form = lay_out(request_for(None, weirdness=0.2))
    assert not form.lines
    assert 90 <= seconds(form) <= 210


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

import pytest
from tools.tags import reading_of


@pytest.mark.parametrize(
    "tag",
    [
        "melodic",
        "electronic",
        "rhythmic",
        "passionate",
        "nocturnal",
        "female vocalists",
        "delta blues",
        "kpop",
        "uplifting trance",
        "gangsta rap",
        "sweet female vocals",
        "synth pads",
        "90s",
        "minor key",
    ],
)
def test_a_tag_that_people_type_is_read(tag: str) -> None:
    assert reading_of(tag) == "read"


@pytest.mark.parametrize("tag", ["vocoder", "zorbly", "theremin"])
def test_a_tag_that_nothing_plays_is_not_read(tag: str) -> None:
    assert reading_of(tag) == "not"

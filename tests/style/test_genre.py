import tomllib
from importlib.resources import files

import pytest
from pydantic import ValidationError
from tests.engines.local.plans_help import GENRES, KINDS, METERS

from songwright.engines.local.composing.numerals import parse_numeral
from songwright.style.genre import Groove, load_genre
from songwright.style.instruments import INSTRUMENTS

STYLES = {
    "pop", "rock", "indie_folk", "country", "rnb", "hip_hop", "trap", "lofi", "house", "techno", "synthwave",
    "drum_and_bass", "jazz", "bossa_nova", "reggae", "orchestral", "ambient", "metal",
}  # fmt: skip


def test_the_eighteen_styles_that_people_ask_for_are_there() -> None:
    assert set(GENRES) >= STYLES


@pytest.mark.parametrize("name", GENRES)
class TestEveryGenre:
    def test_knows_every_kind_of_section(self, name: str) -> None:
        form = load_genre(name).form
        assert set(form.bars) == set(KINDS)
        assert set(form.energy) == set(KINDS)

    def test_names_only_instruments_of_the_catalogue(self, name: str) -> None:
        genre = load_genre(name)
        named = {instrument for layer in genre.layers for instrument in layer.instruments}
        assert genre.bass is not None
        assert named | {genre.bass.instrument} | set(genre.kits) <= set(INSTRUMENTS)

    def test_writes_chords_for_major_and_minor_that_can_be_read(self, name: str) -> None:
        harmony = load_genre(name).harmony
        for table in (harmony.progressions, harmony.minor_progressions):
            assert "any" in table
            assert set(table) <= {"any", *KINDS}
            assert sum(len(loops) for loops in table.values()) >= 8
            for numeral in (
                numeral for loops in table.values() for loop in loops for numeral in loop.split()
            ):
                parse_numeral(numeral)
        for numeral in harmony.borrowed:
            parse_numeral(numeral)

    def test_has_beats_and_fills_for_common_meters(self, name: str) -> None:
        grooves = load_genre(name).grooves
        for meter in METERS:
            assert {groove.role for groove in grooves if groove.meter == meter} >= {"beat", "fill"}
        assert len([groove for groove in grooves if groove.meter == "4/4"]) >= 4

    def test_has_a_lead_and_layers_with_names_of_their_own(self, name: str) -> None:
        layers = load_genre(name).layers
        assert len({layer.name for layer in layers}) == len(layers)
        assert {"drums", "bass"}.isdisjoint(layer.name for layer in layers)
        assert any(layer.behaviour == "lead" for layer in layers)

    def test_has_a_relative(self, name: str) -> None:
        assert load_genre(name).family in set(GENRES) - {name}

    def test_names_no_seed_and_no_bar_number(self, name: str) -> None:
        text = (files("songwright.style") / "genres" / f"{name}.toml").read_text(encoding="utf-8")
        keys = set()

        def collect(value: object) -> None:
            if isinstance(value, dict):
                keys.update(value)
                for inner in value.values():
                    collect(inner)
            elif isinstance(value, list):
                for inner in value:
                    collect(inner)

        collect(tomllib.loads(text))
        assert keys.isdisjoint({"seed", "bar", "start_bar", "bar_number", "start_beats"})


def test_no_word_means_two_genres() -> None:
    owners: dict[str, list[str]] = {}
    for name in GENRES:
        for word in load_genre(name).words:
            owners.setdefault(word, []).append(name)
    assert {word: names for word, names in owners.items() if len(names) > 1} == {}


def test_a_pattern_that_does_not_fill_its_bar_is_refused() -> None:
    with pytest.raises(ValidationError, match="16"):
        Groove(name="short", pattern={"kick": "x... x..."})


def test_an_unknown_mark_in_a_pattern_is_refused() -> None:
    with pytest.raises(ValidationError, match="marks"):
        Groove(name="odd", pattern={"kick": "z... .... .... ...."})


def test_an_unknown_genre_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load_genre("no such genre")

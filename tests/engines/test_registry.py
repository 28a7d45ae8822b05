from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from songwright.engines.base import Engine
from songwright.engines.registry import Engines, installed_engines
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import EngineError, RequestError, UnsupportedError
from songwright.music.actions import Action, parse_action
from songwright.music.song import Song
from songwright.settings import Settings
from standins.performing import song_on_disk

ACTION = parse_action({"action": "generate", "prompt": "warm folk"})


KEYED = Settings.model_validate({"acedatacloud_api_token": "key"})


class Unwilling(ScriptedEngine):
    """Refuses everything."""

    def check(self, action: Action, songs: tuple[Song, ...]) -> None:
        del songs
        raise UnsupportedError(f"the engine refuses '{action.action}'", field="action")


def named(name: str, kind: type[ScriptedEngine] = ScriptedEngine) -> Callable[[], Engine]:
    return lambda: kind(name=name)


def broken() -> Engine:
    raise ImportError("a path on the server")


def chosen(engines: Engines, name: str = "auto") -> str:
    return engines.choose(name, ACTION).engine.capabilities.name


def test_installed_engines_are_listed_without_being_imported() -> None:
    assert set(installed_engines(Settings()).names) >= {"local", "scripted"}


def test_an_installed_engine_is_loaded_by_its_name() -> None:
    engine = installed_engines(Settings()).engine("scripted")

    assert engine.capabilities.name == "scripted"


def test_an_engine_is_made_once() -> None:
    engines = Engines({"scripted": ScriptedEngine}, Settings())

    assert engines.engine("scripted") is engines.engine("scripted")


def test_an_unknown_engine_is_refused_naming_those_there_are() -> None:
    engines = Engines({"one": named("one"), "two": named("two")}, Settings())

    with pytest.raises(UnsupportedError, match=r"^engine: .*auto, one, two$"):
        engines.engine("three")


def test_auto_is_the_embedded_engine_unless_the_hosted_one_has_a_key() -> None:
    factories = {name: named(name) for name in ("another", "hosted", "local")}

    assert chosen(Engines(factories, Settings())) == "local"
    assert chosen(Engines(factories, KEYED)) == "hosted"
    assert chosen(Engines(factories, Settings(engine="another"))) == "another"
    assert chosen(Engines(factories, Settings(engine="another")), "local") == "local"


def test_auto_passes_over_engines_that_refuse_or_are_broken() -> None:
    factories = {"hosted": broken, "local": named("local", Unwilling), "another": named("another")}

    assert chosen(Engines(factories, KEYED)) == "another"


def test_when_every_engine_refuses_the_first_choice_says_why() -> None:
    factories = {"local": named("local", Unwilling), "zither": named("zither", Unwilling)}

    with pytest.raises(RequestError, match="refuses"):
        Engines(factories, Settings()).choose("auto", ACTION)


def test_auto_never_chooses_an_engine_that_is_for_tests() -> None:
    engines = Engines({"scripted": ScriptedEngine}, Settings(), only_by_name=frozenset({"scripted"}))

    with pytest.raises(UnsupportedError, match="no engine"):
        engines.choose("auto", ACTION)
    assert chosen(engines, "scripted") == "scripted"


def test_a_broken_engine_is_an_error_of_its_own_and_harms_no_other(caplog: pytest.LogCaptureFixture) -> None:
    engines = Engines({"broken": broken, "well": named("well")}, Settings())

    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(EngineError, match="'broken' is installed but") as caught,
    ):
        engines.choose("broken", ACTION)

    assert "a path on the server" in caplog.text
    assert "a path" not in caught.value.message
    assert [capabilities.name for capabilities in engines.capabilities()] == ["well"]


def test_an_edit_goes_to_the_engine_that_made_the_song() -> None:
    engines = Engines({"local": named("local"), "other": named("other")}, Settings())
    song = Song.model_validate(
        {
            "id": "1",
            "task_id": "1",
            "created_at": "2026-01-01T00:00:00Z",
            "engine": "other",
            "engine_version": "1",
            "action": {"action": "generate", "prompt": "warm folk"},
            "facts": {"title": "Song", "duration_seconds": 1, "seed": "1", "model": "other"},
        }
    )
    edit = parse_action({"action": "variation", "audio_id": "1"})
    assert engines.choose("auto", edit, (song,)).engine.capabilities.name == "other"


def test_an_edit_goes_to_another_engine_where_the_maker_refuses_and_says_why() -> None:
    engines = Engines({"local": named("local"), "hosted": named("hosted", Unwilling)}, KEYED)

    choice = engines.choose("auto", ACTION)

    assert choice.engine.capabilities.name == "local"
    assert choice.reason.startswith("auto chose 'local', which works on this machine; 'hosted' cannot do it:")


def test_a_choice_that_was_asked_for_needs_no_reason() -> None:
    engines = Engines({"local": named("local")}, Settings(engine="local"))

    assert engines.choose("local", ACTION).reason == ""
    assert engines.choose("auto", ACTION).reason == "'local' is the operator's choice"


def test_an_acestep_server_that_is_set_comes_before_the_embedded_engine() -> None:
    engines = Engines(
        {"local": named("local"), "acestep": named("acestep")},
        Settings.model_validate({"acestep_url": "http://127.0.0.1:8001"}),
    )

    assert chosen(engines) == "acestep"


def test_every_engine_says_whether_it_is_ready_and_what_to_do() -> None:
    readiness = installed_engines(Settings()).readiness()

    assert readiness["local"].ready
    assert not readiness["hosted"].ready
    assert "ACEDATACLOUD_API_TOKEN" in readiness["hosted"].finding
    assert not readiness["acestep"].in_use
    assert "SONGWRIGHT_ACESTEP_URL" in readiness["acestep"].finding
    assert not Engines({"broken": broken}, Settings()).readiness()["broken"].ready


@pytest.mark.parametrize("maker", ["hosted", "acestep"])
def test_auto_lets_the_embedded_engine_edit_songs_whose_own_engine_is_not_set_up(
    maker: str, tmp_path: Path
) -> None:
    song = song_on_disk(tmp_path, engine=maker).song
    action = parse_action({"action": "variation", "audio_id": song.id})

    choice = installed_engines(Settings()).choose("auto", action, (song,))

    assert choice.engine.capabilities.name == "local"
    assert choice.reason.startswith("auto chose 'local', which works on this machine")
    assert f"'{maker}' cannot do it" in choice.reason

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from songwright.errors import ConfigurationError
from songwright.settings import Settings, load_settings

TOKEN = "a-token-of-twenty-one"  # noqa: S105 - opens nothing


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("SONGWRIGHT_") or name == "ACEDATACLOUD_API_TOKEN":
            monkeypatch.delenv(name)


def test_nothing_needs_to_be_set() -> None:
    settings = load_settings()

    assert settings.engine == "auto"
    assert settings.home.is_absolute()
    assert settings.home.name == "songwright"
    assert settings.workers >= 1
    assert settings.tokens == ()
    assert settings.acedatacloud_api_token is None


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "SONGWRIGHT_HOME": str(tmp_path),
        "SONGWRIGHT_ENGINE": "scripted",
        "SONGWRIGHT_WORKERS": "3",
        "SONGWRIGHT_TOKENS": f"{TOKEN}, {TOKEN}2  {TOKEN}3",
        "SONGWRIGHT_LOG_LEVEL": "INFO",
        "SONGWRIGHT_PUBLIC_URL": "https://songs.example",
        "ACEDATACLOUD_API_TOKEN": "a secret",
        "SONGWRIGHT_UNHEARD_OF": "of another version",
    }.items():
        monkeypatch.setenv(name, value)

    settings = load_settings()

    assert settings.home == tmp_path
    assert settings.engine == "scripted"
    assert settings.workers == 3
    assert [token.get_secret_value() for token in settings.tokens] == [TOKEN, f"{TOKEN}2", f"{TOKEN}3"]
    assert settings.log_level == "info"
    assert str(settings.public_url) == "https://songs.example/"
    assert settings.acedatacloud_api_token is not None
    assert settings.acedatacloud_api_token.get_secret_value() == "a secret"


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SONGWRIGHT_HOME", "SONGWRIGHT_WORKERS", "SONGWRIGHT_TOKENS", "ACEDATACLOUD_API_TOKEN"):
        monkeypatch.setenv(name, "")

    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SONGWRIGHT_WORKERS", "secret many"),
        ("SONGWRIGHT_WORKERS", "0"),
        ("SONGWRIGHT_TOKENS", "secret"),
        ("SONGWRIGHT_LOG_LEVEL", "secret"),
        ("SONGWRIGHT_PUBLIC_URL", "secret"),
        ("SONGWRIGHT_ENGINE", "../secret"),
    ],
)
def test_an_error_names_the_variable_and_does_not_quote_its_value(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError, match=f"^{variable}: ") as caught:
        load_settings()

    assert caught.value.setting == variable
    assert "secret" not in caught.value.message


def test_settings_show_no_secret_and_never_change() -> None:
    settings = Settings.model_validate({"tokens": [TOKEN], "acedatacloud_api_token": "a secret"})

    assert TOKEN not in repr(settings)
    assert "a secret" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.workers = 5


def test_a_home_given_with_a_tilde_is_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_HOME", "~/songs")

    assert load_settings().home == Path.home() / "songs"


def test_what_answers_the_first_messages_loads_nothing_heavy() -> None:
    heavy = {
        "numpy",
        "scipy",
        "soundfile",
        "onnxruntime",
        "sqlalchemy",
        "dbos",
        "pydantic_settings",
        "filelock",
    }
    script = (
        "import sys, songwright.settings, songwright.studio, songwright.engines.registry\n"
        "songwright.engines.registry.installed_engines(songwright.settings.Settings()).names\n"
        f"sys.stderr.write(' '.join(sorted({heavy} & set(sys.modules))))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")


def test_hosts_that_may_be_reached_are_separated_like_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_ALLOWED_ORIGINS", "https://app.example, http://localhost:3000")
    monkeypatch.setenv("SONGWRIGHT_ALLOWED_HOSTS", "hooks.internal, 127.0.0.1:9000")

    assert load_settings().allowed_hosts == ("hooks.internal", "127.0.0.1:9000")
    assert load_settings().allowed_origins == ("https://app.example", "http://localhost:3000")
    monkeypatch.setenv("SONGWRIGHT_ALLOWED_ORIGINS", "https://app.example/path")
    with pytest.raises(ConfigurationError, match="SONGWRIGHT_ALLOWED_ORIGINS"):
        load_settings()


def test_a_short_secret_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_SECRET", "too short")

    with pytest.raises(ConfigurationError, match="SONGWRIGHT_SECRET"):
        load_settings()


def test_folders_for_imports_are_separated_like_those_of_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SONGWRIGHT_HOME", str(tmp_path))
    assert load_settings().import_places == (tmp_path / "imports",)

    monkeypatch.setenv("SONGWRIGHT_IMPORT_FOLDERS", os.pathsep.join(["/music, mine", "~/demos", ""]))
    mine = (Path("/music, mine").absolute(), Path.home() / "demos")
    assert load_settings().import_places == (tmp_path / "imports", *mine)

"""Settings: one frozen object, parsed once from the environment."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    field_validator,
)

from songwright.errors import ConfigurationError

__all__ = ["SeparationChoice", "Settings", "default_home", "load_settings"]

_ORIGIN = re.compile(r"\*|https?://[^/*\s]+")
_PREFIX = "SONGWRIGHT_"
SeparationChoice = Literal["auto", "demucs", "spleeter", "approximate"]
"""How recordings are separated into stems."""

_HOSTED_TOKEN = "ACEDATACLOUD_API_TOKEN"  # noqa: S105 - the variable's name, not a token


def default_home() -> Path:
    """The home folder where none is set: the platform's place for a user's data."""
    from platformdirs import user_data_path

    return user_data_path("songwright", appauthor=False)


def _default_workers() -> int:
    return max(1, (os.cpu_count() or 2) - 1)


class Settings(BaseModel):
    """What the operator decides. Each field is the environment variable ``SONGWRIGHT_<FIELD>``."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True, populate_by_name=True
    )

    home: Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())] = Field(
        default_factory=default_home,
        description="Folder for songs, tasks and the library's database.",
    )
    engine: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")] = Field(
        default="auto", description="Engine for requests that name none; 'auto' chooses by the request."
    )
    workers: int = Field(
        default_factory=_default_workers, ge=1, le=64, description="How many songs are rendered at a time."
    )
    tokens: tuple[SecretStr, ...] = Field(
        default=(), description="Bearer tokens that the HTTP server accepts, separated by commas or blanks."
    )
    public_url: HttpUrl | None = Field(
        default=None, description="URL under which clients reach the HTTP server, for links in results."
    )
    oauth_issuer: HttpUrl | None = Field(
        default=None,
        description="Authorization server whose access tokens for this server are accepted. Left out: none.",
    )
    oauth_scopes: tuple[str, ...] = Field(
        default=(), description="Scopes that access tokens must have, separated by commas or blanks."
    )
    secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Signs links to files. Left out: one is drawn and kept in the home folder. Servers that "
        "share the work must share it.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts, as NAME or NAME:PORT, that callbacks and uploads may reach although they are "
        "private or on another port than 80 and 443; separated by commas or blanks.",
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(),
        description="HTTP server: pages that may call it from a browser, as SCHEME://HOST or "
        "SCHEME://HOST:PORT, or * for every page; separated by commas or blanks. Left out: its own alone.",
    )
    requests_per_second: float = Field(
        default=60,
        gt=0,
        le=100_000,
        description="HTTP server: requests that each token or user may make a second, MCP's included.",
    )
    unfinished_tasks: int = Field(
        default=32,
        ge=1,
        le=100_000,
        description="Tasks of each token or user that may wait or run at a time. Over stdio and on the "
        "command line it holds only where it is set.",
    )
    hold_seconds: float = Field(
        default=600, gt=0, le=86_400, description="HTTP API: longest time to hold a connection for a song."
    )
    link_hours: float = Field(
        default=168, gt=0, le=24 * 366, description="HTTP API: how long a link to a file stays valid."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="warning", description="How much is logged to standard error."
    )
    acedatacloud_api_token: SecretStr | None = Field(
        default=None, description="Key of the hosted Producer API. Left out: the hosted engine is off."
    )
    hosted_url: HttpUrl = Field(
        default=HttpUrl("https://api.acedata.cloud"), description="Where the hosted Producer API is."
    )
    max_cost: float | None = Field(
        default=None,
        ge=0,
        allow_inf_nan=False,
        description="US dollars that all songs of one day (24 hours) may cost together. Left out: no limit.",
    )
    acestep_url: HttpUrl | None = Field(
        default=None, description="Where an ACE-Step 1.5 server is. Left out: the acestep engine is off."
    )
    acestep_api_key: SecretStr | None = Field(
        default=None, description="The ACE-Step server's key, where it was started with one."
    )
    whisper_model: Path | None = Field(
        default=None,
        description="Folder of a Whisper model for faster-whisper, which ranks takes by their words.",
    )

    import_folders: tuple[Path, ...] = Field(
        default=(),
        description="Folders whose recordings may be imported by path, beside the home folder's 'imports'; "
        "separated like those of PATH.",
    )
    max_import_mb: int = Field(
        default=100,
        ge=1,
        le=4096,
        description="Largest recording that is imported, in MB of 1024 * 1024 bytes.",
    )
    separation: SeparationChoice = Field(
        default="auto",
        description="What separates recordings into stems, and where it fails what comes after it: demucs, "
        "spleeter, approximate. 'auto' takes the best that is installed.",
    )
    c2pa_certificate: Path | None = Field(
        default=None,
        description="PEM file with the certificate chain, the signer's first, that exports carry in a C2PA "
        "manifest. Left out: exports are not signed. Needs songwright[c2pa].",
    )
    c2pa_key: Path | None = Field(
        default=None, description="PEM file with the private key of that certificate, without a password."
    )

    @field_validator("tokens", "allowed_hosts", "allowed_origins", "oauth_scopes", mode="before")
    @classmethod
    def _split_words(cls, given: Any) -> Any:
        return tuple(given.replace(",", " ").split()) if isinstance(given, str) else given

    @field_validator("import_folders", mode="before")
    @classmethod
    def _split_folders(cls, given: Any) -> Any:
        return tuple(filter(None, given.split(os.pathsep))) if isinstance(given, str) else given

    @field_validator("import_folders")
    @classmethod
    def _folders_are_absolute(cls, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        return tuple(folder.expanduser().absolute() for folder in folders)

    def most_unfinished(self, *, over_http: bool) -> int | None:
        """How many tasks of one principal may wait or run at a time; None: any number.

        Args:
            over_http: Whether the principal is, or may be, somebody else than who runs this process.
        """
        return self.unfinished_tasks if over_http or "unfinished_tasks" in self.model_fields_set else None

    @property
    def import_places(self) -> tuple[Path, ...]:
        """Every folder whose recordings may be imported by path, the home folder's own first."""
        return (self.home / "imports", *self.import_folders)

    @property
    def max_import_bytes(self) -> int:
        """Largest recording that is imported, in bytes."""
        return self.max_import_mb * 1024**2

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, given: Any) -> Any:
        return given.lower() if isinstance(given, str) else given

    @field_validator("allowed_origins")
    @classmethod
    def _origins_are_of_pages(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        if any(not _ORIGIN.fullmatch(origin) for origin in origins):
            raise ValueError("each origin must be SCHEME://HOST or SCHEME://HOST:PORT, or * for all")
        return origins

    @field_validator("tokens")
    @classmethod
    def _tokens_are_long_enough(cls, tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(token.get_secret_value()) < 16 for token in tokens):
            raise ValueError("each token must have at least 16 characters")
        return tokens


def variable_name(field: str) -> str:
    """The environment variable that a field is read from."""
    return _HOSTED_TOKEN if field == "acedatacloud_api_token" else f"{_PREFIX}{field.upper()}"


def load_settings() -> Settings:
    """Read the settings from the environment.

    An empty variable counts as unset. pydantic-settings is imported here, not with this module, because
    a server answers its first messages before it needs a setting.

    Raises:
        ConfigurationError: Names the first variable at fault and its rule.
    """
    from pydantic import AliasChoices
    from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

    class Environment(BaseSettings, Settings):
        model_config = SettingsConfigDict(
            frozen=True, extra="ignore", env_prefix=_PREFIX, env_ignore_empty=True, hide_input_in_errors=True
        )

        tokens: Annotated[tuple[SecretStr, ...], NoDecode] = ()
        allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
        allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
        oauth_scopes: Annotated[tuple[str, ...], NoDecode] = ()
        import_folders: Annotated[tuple[Path, ...], NoDecode] = ()
        acedatacloud_api_token: SecretStr | None = Field(
            default=None, validation_alias=AliasChoices(_HOSTED_TOKEN)
        )

    try:
        read = Environment()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "environment"
        setting = _HOSTED_TOKEN if field == _HOSTED_TOKEN else variable_name(field)
        raise ConfigurationError(f"{first['msg']}; correct it or unset it", setting=setting) from None
    given = Settings.model_fields.keys() & read.model_fields_set
    return Settings.model_validate({name: getattr(read, name) for name in given})

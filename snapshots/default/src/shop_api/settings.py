"""Everything that may differ between two deployments, read once from variables and files."""

import os
from collections.abc import Iterator
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    DirectoryPath,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


class Section(BaseModel):
    """The settings of one concern."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class LogSettings(Section):
    """What is written to standard output, and in which form."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "console"] = "json"


class DocsSettings(Section):
    """Whether /docs and /openapi.json are served."""

    enabled: bool = False


class ReadySettings(Section):
    """How long /ready waits for each resource, in seconds."""

    timeout: Annotated[float, Field(gt=0)] = 2


class RequestSettings(Section):
    """How many seconds a request may take that waits for the database.

    Every deadline on its way follows from this one, and none can outlast it.
    """

    timeout: Annotated[float, Field(ge=5)] = 10

    @property
    def work(self) -> float:
        """For the route. The rest is for leaving a connection that hangs, and for the answer."""
        return self.timeout - 2.5

    @property
    def statement(self) -> float:
        """For one statement: the database tells that it gives up, before nobody listens."""
        return self.work - 0.5

    @property
    def wait(self) -> float:
        """For a free connection; to make one, or for a lock, there is as much again."""
        return self.work / 2


class DatabaseSettings(Section):
    """How to reach PostgreSQL, and how many connections each worker may hold."""

    url: SecretStr
    tls: bool = False
    pool_size: Annotated[int, Field(ge=1, le=100)] = 5
    pool_recycle: Annotated[int, Field(gt=0)] = 1800
    pool_pre_ping: bool = True

    @field_validator("url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr) -> SecretStr:
        parsed = None
        with suppress(ArgumentError, ValueError):
            parsed = make_url(url.get_secret_value())
        if parsed is None or parsed.get_backend_name() != "postgresql":
            message = "must look like postgresql://user:password@host:5432/database"
            raise ValueError(message)
        if any(name.startswith("ssl") for name in parsed.query):
            message = "must hold nothing about TLS, for which there is APP_DATABASE_TLS"
            raise ValueError(message)
        if parsed.query.keys() - {"host", "port", "target_session_attrs"}:
            message = "may hold no parameters but host, port and target_session_attrs"
            raise ValueError(message)
        return url


class ShutdownSettings(Section):
    """How a worker leaves, in seconds. The sum stays below gunicorn's graceful_timeout."""

    delay: Annotated[float, Field(ge=0, le=10)] = 5
    drain: Annotated[float, Field(ge=0, le=10)] = 10


class Settings(BaseSettings):
    """All settings; `APP_READY_TIMEOUT` sets `ready.timeout`."""

    model_config = SettingsConfigDict(
        env_prefix="APP_",
        env_nested_delimiter="_",
        env_nested_max_split=1,
        frozen=True,
        hide_input_in_errors=True,
    )

    log: LogSettings = LogSettings()
    docs: DocsSettings = DocsSettings()
    ready: ReadySettings = ReadySettings()
    request: RequestSettings = RequestSettings()
    database: DatabaseSettings
    shutdown: ShutdownSettings = ShutdownSettings()
    # Set by the server when it starts, under the name that prometheus_client reads.
    metrics_directory: DirectoryPath | None = Field(
        default=None, validation_alias="PROMETHEUS_MULTIPROC_DIR"
    )

    def __init__(self, **values: Any) -> None:
        """Read all settings, and name every variable that is wrong or means nothing."""
        wrong = list(_unknown())
        try:
            super().__init__(**values)
        except ValidationError as error:
            wrong += [
                f"{_variable(*map(str, part['loc']))}: {part['msg']}" for part in error.errors()
            ]
        if wrong:
            raise SettingsError("\n  ".join(["these settings are wrong:", *wrong])) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments, then variables, then files in `APP_SECRETS_DIR`."""
        secrets = NestedSecretsSettingsSource(
            file_secret_settings,
            secrets_dir=os.environ.get("APP_SECRETS_DIR"),
            secrets_dir_missing="error",
        )
        return init_settings, env_settings, secrets


def names() -> set[str]:
    """Return the variables that are read."""
    sections = _sections().items()
    found = {_variable(section, name) for section, fields in sections for name in fields}
    return found | {"APP_SECRETS_DIR"}


def _sections() -> dict[str, dict[str, FieldInfo]]:
    return {
        name: field.annotation.model_fields
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
    }


def _variable(section: str, *names: str) -> str:
    fields = _sections().get(section)
    if fields is None:
        return section
    # What a section needs is not even looked for when nothing of it is there.
    missing = [name for name, field in fields.items() if field.is_required()]
    return "_".join(["APP", section, *(names or missing)]).upper()


def _unknown() -> Iterator[str]:
    given = {name for name in os.environ if name.upper().startswith("APP_")}
    if folder := os.environ.get("APP_SECRETS_DIR"):
        given |= {path.name for path in Path(folder).glob("app_*")}
    known = names()
    for name in sorted(given):
        if name.upper() not in known:
            nearest = get_close_matches(name.upper(), known, 1)
            yield f"{name} is no setting{f', but {nearest[0]} is one' if nearest else ''}"

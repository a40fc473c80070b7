"""Everything that may differ between two deployments, read once from variables and files."""

import os
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    DirectoryPath,
    Field,
    SecretStr,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
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


class DatabaseSettings(Section):
    """How to reach PostgreSQL, and how many connections each worker may hold."""

    url: SecretStr
    tls: bool = False
    pool_size: Annotated[int, Field(ge=1, le=100)] = 5
    pool_timeout: Annotated[float, Field(gt=0)] = 5
    pool_recycle: Annotated[int, Field(gt=0)] = 1800
    pool_pre_ping: bool = True
    statement_timeout: Annotated[float, Field(gt=0)] = 10

    @field_validator("url")
    @classmethod
    def _is_postgresql(cls, url: SecretStr) -> SecretStr:
        try:
            parsed = make_url(url.get_secret_value())
        except (ArgumentError, ValueError):
            parsed = None
        if parsed is None or parsed.get_backend_name() != "postgresql":
            message = "must look like postgresql://user:password@host:5432/database"
            raise ValueError(message)
        if any(name.startswith("ssl") for name in parsed.query):
            message = "must hold nothing about TLS, for which there is APP_DATABASE_TLS"
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
    database: DatabaseSettings
    shutdown: ShutdownSettings = ShutdownSettings()
    # Set by the server when it starts, under the name that prometheus_client reads.
    metrics_directory: DirectoryPath | None = Field(
        default=None, validation_alias="PROMETHEUS_MULTIPROC_DIR"
    )

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

"""Settings, read from the environment by the entry points and passed on as plain values.

Every name begins with `COMMONGROUND_`, except the three addresses: `DATABASE_URL`, `MATCHER_DATABASE_URL`,
`MIGRATOR_DATABASE_URL`. Without them the embedded server serves, which production refuses.
"""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.crypto import FileKeystore, Keystore, load_or_create_kek

PREFIX = "COMMONGROUND_"


class SettingsError(Exception):
    """A setting is missing, wrong or unsafe. The message names each variable and never a value."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class LogFormat(StrEnum):
    AUTO = "auto"
    """For a person on a terminal, else JSON."""
    JSON = "json"
    CONSOLE = "console"


def default_data_dir() -> Path:
    """Where data lie if nothing is said. As root not in a home: the database server's own user must get there."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/commonground")
    return Path("~/.local/share/commonground").expanduser()


class Settings(BaseSettings):
    """All settings of a process. Build with `load_settings`, which words what is wrong."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", populate_by_name=True, frozen=True)

    environment: Environment = Environment.DEVELOPMENT
    data_dir: Path = Field(default_factory=default_data_dir)
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    matcher_database_url: SecretStr | None = Field(default=None, validation_alias="MATCHER_DATABASE_URL")
    migrator_database_url: SecretStr | None = Field(default=None, validation_alias="MIGRATOR_DATABASE_URL")

    keystore_dir: Path | None = None
    """Organizations' and partnerships' keys; not to be in the database's backup."""
    kek_file: Path | None = None
    """The key that wraps those keys."""

    upload_bytes: Annotated[int, Field(gt=0)] = 200 * 1024**2
    """The largest body of an import, as sent."""
    jobs_at_once: Annotated[int, Field(ge=1, le=64)] = 4
    log_format: LogFormat = LogFormat.AUTO
    log_level: str = "INFO"

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded server holds the data."""
        return self.database_url is None

    @property
    def keystore_folder(self) -> Path:
        return self.keystore_dir or self.data_dir / "keystore"

    @property
    def kek_path(self) -> Path:
        return self.kek_file or self.data_dir / "secrets" / "kek"

    @property
    def upload_folder(self) -> Path:
        """Uploads on their way into the database."""
        return self.data_dir / "uploads"

    @model_validator(mode="after")
    def _all_addresses_or_none(self) -> Self:
        if (self.database_url is None) != (self.matcher_database_url is None):
            raise ValueError(
                "DATABASE_URL and MATCHER_DATABASE_URL go together: the app and the matcher are two roles of one database"
            )
        return self

    @model_validator(mode="after")
    def _safe_outside_development(self) -> Self:
        if self.environment is Environment.DEVELOPMENT:
            return self
        faults = {
            "DATABASE_URL: production needs a PostgreSQL server of its own": self.database_url is None,
            "MATCHER_DATABASE_URL: the matcher needs a role of its own": self.database_url is not None
            and self.database_url == self.matcher_database_url,
            f"{PREFIX}KEK_FILE: name the file with the key-encryption key; none is made up in production": self.kek_file
            is None,
            f"{PREFIX}KEYSTORE_DIR: name the folder of keys, outside the database's backup": self.keystore_dir
            is None,
        }
        wrong = [fault for fault, found in faults.items() if found]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def load_settings(**given: Any) -> Settings:
    """Read the environment; `given` (a command's options) wins where it isn't None. Raises SettingsError."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_worded(one) for one in error.errors(include_input=False, include_url=False))
        ) from None


def _worded(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    return f"{name if name.isupper() else PREFIX + name.upper()}: {message}"


def open_keystore(settings: Settings) -> Keystore:
    """The keystore of these settings. In production the key that wraps it must be there: a path mistyped is not a new key."""
    path = settings.kek_path
    if settings.environment is Environment.PRODUCTION and not path.exists():
        raise SettingsError(
            f"{PREFIX}KEK_FILE: there is no file {path}. Restore it from where you keep its copy, or, for a new service, make one "
            f"with `commonground key create {path}`."
        )
    return FileKeystore(settings.keystore_folder, load_or_create_kek(path))

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from shop_api.settings import Section, Settings

ROOT = Path(__file__).parent.parent


def names() -> set[str]:
    names = {"APP_SECRETS_DIR"}
    for section, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            names |= {f"APP_{section}_{name}".upper() for name in kind.model_fields}
    return names


@pytest.mark.parametrize("document", [".env.example", "README.md"])
def test_every_setting_is_documented_and_nothing_else(document: str) -> None:
    text = (ROOT / document).read_text()

    assert set(re.findall(r"\bAPP_[A-Z_]+", text)) == names()


def test_a_secret_can_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app_database_url").write_text("postgresql://user:secret@host/name\n")
    monkeypatch.setenv("APP_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("APP_DATABASE_URL")

    settings = Settings()

    assert settings.database.url.get_secret_value() == "postgresql://user:secret@host/name"
    assert "secret" not in repr(settings)


def test_the_database_has_no_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APP_DATABASE_URL")

    with pytest.raises(ValidationError, match="database"):
        Settings()


@pytest.mark.parametrize(
    "url", ["mysql://user:secret@host/name", "postgresql://user@host:secret/name", "secret"]
)
def test_a_wrong_database_url_is_refused_but_not_shown(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", url)

    with pytest.raises(ValidationError, match="postgresql://") as error:
        Settings()

    assert "secret" not in str(error.value)


def test_settings_cannot_change(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.log.level = "DEBUG"  # type: ignore[misc]

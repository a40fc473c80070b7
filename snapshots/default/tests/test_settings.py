import re
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsError

from shop_api.settings import Settings, names

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("document", [".env.example", "README.md"])
def test_every_setting_is_documented_and_nothing_else(document: str) -> None:
    text = (ROOT / document).read_text()

    assert set(re.findall(r"\bAPP_[A-Z_]+", text)) == names()


def test_settings_cannot_change(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.log.level = "DEBUG"  # type: ignore[misc]


def test_every_variable_that_is_wrong_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_READY_TIMEOUT", "-1")
    monkeypatch.setenv("APP_LOG_LEVEL", "secret")
    monkeypatch.setenv("APP_LOGS_LEVEL", "secret")
    monkeypatch.setenv("APP_LOG_LEVELS", "secret")

    with pytest.raises(SettingsError) as error:
        Settings()

    message = str(error.value)
    assert "APP_READY_TIMEOUT: Input should be greater than 0" in message
    assert "APP_LOG_LEVEL: Input should be" in message
    assert "APP_LOGS_LEVEL is no setting, but APP_LOG_LEVEL is one" in message
    assert "APP_LOG_LEVELS is no setting, but APP_LOG_LEVEL is one" in message
    assert "secret" not in message

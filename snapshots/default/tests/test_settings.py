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


def test_settings_cannot_change(settings: Settings) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        settings.log.level = "DEBUG"  # type: ignore[misc]

import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.usefixtures("settings")


def test_the_migrations_make_what_the_models_describe(alembic_config: Config) -> None:
    command.check(alembic_config)


def test_every_migration_can_be_undone(alembic_config: Config) -> None:
    command.downgrade(alembic_config, "base")
    command.upgrade(alembic_config, "head")

    command.check(alembic_config)


def test_migrations_started_together_run_once(alembic_config: Config) -> None:
    command.downgrade(alembic_config, "base")
    upgrade = [sys.executable, "-m", "alembic", "upgrade", "head"]

    processes = [subprocess.Popen(upgrade, cwd=ROOT) for _ in range(2)]

    assert [process.wait() for process in processes] == [0, 0]
    command.check(alembic_config)

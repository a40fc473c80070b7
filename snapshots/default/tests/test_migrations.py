import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

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

    assert [process.wait(240) for process in processes] == [0, 0]
    command.check(alembic_config)


@pytest.fixture
def copy(tmp_path: Path, alembic_config: Config) -> Iterator[Config]:
    """The configuration of a copy of the migrations, whose own are undone after the test."""
    shutil.copytree(ROOT / "migrations", tmp_path / "migrations")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "src").symlink_to(ROOT / "src")
    [head] = ScriptDirectory.from_config(alembic_config).get_heads()
    config = Config(toml_file=tmp_path / "pyproject.toml")
    yield config
    command.downgrade(config, head)


# Slow enough for the other one to come in between, if it could.
OUTSIDE_OF_A_TRANSACTION = """
import time

import sqlalchemy as sa
from alembic import op

revision = "outside"
down_revision = "{head}"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        time.sleep(3)
        op.create_index("ix_outside", "items", ["quantity"], postgresql_concurrently=True)
    op.create_table("outside", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table("outside")
    op.drop_index("ix_outside", "items")
"""


def test_a_migration_outside_of_a_transaction_runs_once_too(copy: Config, tmp_path: Path) -> None:
    [head] = ScriptDirectory.from_config(copy).get_heads()
    migration = tmp_path / "migrations/versions/outside.py"
    migration.write_text(OUTSIDE_OF_A_TRANSACTION.format(head=head))
    upgrade = [sys.executable, "-m", "alembic", "upgrade", "head"]

    processes = [subprocess.Popen(upgrade, cwd=tmp_path) for _ in range(2)]

    assert [process.wait(240) for process in processes] == [0, 0]


FAILING = """
from alembic import op

revision = "failing"
down_revision = "{head}"


def upgrade() -> None:
    op.execute("DELETE FROM nowhere")
"""


def test_a_migration_that_fails_ends_with_its_own_error(copy: Config, tmp_path: Path) -> None:
    [head] = ScriptDirectory.from_config(copy).get_heads()
    (tmp_path / "migrations/versions/failing.py").write_text(FAILING.format(head=head))
    upgrade = [sys.executable, "-m", "alembic", "upgrade", "head"]

    done = subprocess.run(upgrade, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "nowhere" in done.stderr.rpartition("Traceback")[2]


def test_a_new_migration_is_in_the_format_of_the_others(copy: Config, tmp_path: Path) -> None:
    script = command.revision(copy, "one more", autogenerate=True)

    ruff = [sys.executable, "-m", "ruff"]
    assert isinstance(script, Script)
    for check in (["check"], ["format", "--check"]):
        subprocess.run([*ruff, *check, script.path], cwd=tmp_path, check=True)

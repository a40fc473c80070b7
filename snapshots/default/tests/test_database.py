import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from pydantic import SecretStr, ValidationError
from sqlalchemy import text

from shop_api.app import create_app
from shop_api.database import (
    DatabaseUnavailableError,
    SessionDep,
    create_engine,
    ping,
)
from shop_api.settings import Settings

ROOT = Path(__file__).parent.parent


@pytest.fixture
async def app(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[FastAPI]:
    """The running application as it is, with these changes of its database settings."""
    database = settings.database.model_copy(update=getattr(request, "param", {}))
    app = create_app(settings.model_copy(update={"database": database}))
    async with app.router.lifespan_context(app):
        yield app


async def test_a_request_is_committed_before_it_is_answered(
    app: FastAPI, client: AsyncClient
) -> None:
    created = await client.post("/items", json={"name": "committed"})

    async with app.state.sessions() as session:
        names = (await session.scalars(text("SELECT name FROM items"))).all()
    await client.delete(created.headers["location"])
    assert names == ["committed"]


async def test_a_request_that_fails_changes_nothing(app: FastAPI, client: AsyncClient) -> None:
    async def fail(session: SessionDep) -> None:
        await session.execute(text("INSERT INTO items (name, quantity) VALUES ('lost', 0)"))
        raise RuntimeError

    app.add_api_route("/failing", fail)

    response = await client.get("/failing")

    assert response.status_code == 500
    assert (await client.get("/items")).json()["items"] == []


async def test_a_commit_that_fails_is_a_request_that_fails(
    app: FastAPI, client: AsyncClient
) -> None:
    async def violate_a_constraint_at_commit(session: SessionDep) -> None:
        await session.execute(
            text("CREATE TEMP TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        )
        await session.execute(text("INSERT INTO t VALUES (1), (1)"))

    app.add_api_route("/failing", violate_a_constraint_at_commit)

    response = await client.get("/failing")

    assert response.status_code == 500


async def test_a_lost_connection_is_unavailable_and_then_replaced(
    app: FastAPI, client: AsyncClient
) -> None:
    async def lose_connection(session: SessionDep) -> None:
        await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    app.add_api_route("/failing", lose_connection)

    lost = await client.get("/failing")
    next_one = await client.get("/items")

    assert (lost.status_code, next_one.status_code) == (503, 200)


@pytest.mark.parametrize("app", [{"pool_size": 1, "pool_timeout": 0.05}], indirect=True)
async def test_an_exhausted_pool_is_unavailable_but_ready(
    app: FastAPI, client: AsyncClient
) -> None:
    async with app.state.sessions() as session:
        await session.connection()

        items = await client.get("/items")
        ready = await client.get("/ready")

    assert (items.status_code, ready.status_code) == (503, 200)


# As migrations/env.py locks, and who waits for it.
LOCK = text("SELECT pg_advisory_xact_lock(7316884512)")
WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


async def test_a_migration_waits_for_another_one_longer_than_a_statement_may_take(
    settings: Settings,
) -> None:
    engine = create_engine(settings.database)
    async with engine.connect() as other:
        await other.execute(LOCK)
        migration = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "alembic", "upgrade", "head"),
            cwd=ROOT,
            env=os.environ | {"APP_DATABASE_STATEMENT_TIMEOUT": "1"},
        )
        while not await other.scalar(WAITING):
            assert migration.returncode is None
            await asyncio.sleep(0.05)
        await asyncio.sleep(1.5)
    await engine.dispose()

    assert await migration.wait() == 0


UNREACHABLE = {"url": SecretStr("postgresql://nobody@127.0.0.1:1/nothing")}


@pytest.mark.parametrize("app", [UNREACHABLE], indirect=True)
async def test_an_unreachable_database_stops_neither_the_start_nor_health(
    client: AsyncClient,
) -> None:
    statuses = {
        path: (await client.get(path)).status_code for path in ("/health", "/ready", "/items")
    }

    assert statuses == {"/health": 200, "/ready": 503, "/items": 503}


async def test_a_database_without_tls_learns_nothing_where_tls_is_asked_for(
    settings: Settings,
) -> None:
    received = asyncio.get_running_loop().create_future()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # The request for TLS is all that it may be sent.
        await reader.readexactly(8)
        writer.write(b"N")
        received.set_result(await reader.read(1))
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = SecretStr(f"postgresql://user:secret@127.0.0.1:{port}/name")
        database = settings.database.model_copy(update={"url": url, "tls": True})
        with pytest.raises(DatabaseUnavailableError):
            await ping(create_engine(database))

        assert await received == b""


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
    "url", ["https://user:secret@host/name", "postgresql://user@host:secret/name", "secret"]
)
def test_a_wrong_database_url_is_refused_but_not_shown(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", url)

    with pytest.raises(ValidationError, match="postgresql://") as error:
        Settings()

    assert "secret" not in str(error.value)


def test_a_database_url_that_speaks_of_tls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", "postgresql://user:secret@host/name?sslmode=require")

    with pytest.raises(ValidationError, match="APP_DATABASE_TLS") as error:
        Settings()

    assert "secret" not in str(error.value)

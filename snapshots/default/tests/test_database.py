import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import BackgroundTasks, FastAPI
from fastapi.responses import StreamingResponse
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from pydantic_settings import SettingsError
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from shop_api.app import create_app
from shop_api.database import (
    DatabaseUnavailableError,
    SessionDep,
    create_check,
    create_engine,
)
from shop_api.lifecycle import resources
from shop_api.settings import Settings

ROOT = Path(__file__).parent.parent


def changed(settings: Settings, **sections: dict[str, Any]) -> Settings:
    """The settings, but for some values in some sections."""
    update = {
        name: getattr(settings, name).model_copy(update=values) for name, values in sections.items()
    }
    return settings.model_copy(update=update)


# Barely more than it takes to leave a connection that hangs.
HURRY = {"timeout": 3.2}


@pytest.fixture
async def app(settings: Settings, request: pytest.FixtureRequest) -> AsyncIterator[FastAPI]:
    """The running application as it is, with these changes of its settings."""
    app = create_app(changed(settings, **getattr(request, "param", {})))
    async with app.router.lifespan_context(app):
        yield app


async def test_a_request_is_committed_before_it_is_answered(
    app: FastAPI, client: AsyncClient
) -> None:
    created = await client.post("/items", json={"name": "committed"})

    async with resources(app).sessions() as session:
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


async def test_what_is_private_does_not_get_into_the_log(
    app: FastAPI, client: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    private = uuid4().hex

    async def fail(session: SessionDep) -> None:
        await session.execute(text("INSERT INTO nowhere VALUES (:name)"), {"name": private})

    app.add_api_route("/failing", fail)

    response = await client.get("/failing")

    assert response.status_code == 500
    assert "nowhere" in caplog.text
    assert private not in caplog.text


INSERT = text("INSERT INTO items (name, quantity) VALUES ('lost', 0)")


async def write_in_the_background(session: SessionDep, tasks: BackgroundTasks) -> None:
    tasks.add_task(session.execute, INSERT)


async def write_while_answering(session: SessionDep) -> StreamingResponse:
    async def body() -> AsyncIterator[str]:
        await session.execute(INSERT)
        yield "written"

    return StreamingResponse(body())


@pytest.mark.parametrize("route", [write_in_the_background, write_while_answering])
async def test_a_session_that_is_used_after_its_request_is_an_error(
    app: FastAPI,
    client: AsyncClient,
    caplog: pytest.LogCaptureFixture,
    route: Callable[..., Awaitable[object]],
) -> None:
    app.add_api_route("/late", route, response_model=None)

    await client.get("/late")

    assert "the request failed" in caplog.messages
    assert "permanently closed" in caplog.text
    engine = resources(app).sessions.kw["bind"]
    assert engine.pool.checkedout() == 0


# Disk, memory, its system, time, a shutdown.
@pytest.mark.parametrize("state", ["53100", "53200", "58030", "57014", "57P01"])
async def test_a_database_in_trouble_is_unavailable(
    app: FastAPI, client: AsyncClient, state: str
) -> None:
    async def fail(session: SessionDep) -> None:
        await session.execute(text(f"DO $$BEGIN RAISE USING ERRCODE = '{state}'; END$$"))

    app.add_api_route("/failing", fail)

    response = await client.get("/failing")

    assert response.status_code == 503


@pytest.mark.parametrize("app", [{"database": {"pool_size": 1}}], indirect=True)
async def test_a_database_that_only_reads_is_unavailable_until_there_is_another(
    app: FastAPI, client: AsyncClient
) -> None:
    async def demote(session: SessionDep) -> None:
        await session.execute(text("SET default_transaction_read_only = on"))

    app.add_api_route("/demote", demote)
    await client.get("/demote")

    refused = await client.post("/items", json={"name": "written"})
    written = await client.post("/items", json={"name": "written"})

    await client.delete(written.headers["location"])
    assert (refused.status_code, written.status_code) == (503, 201)


@pytest.mark.parametrize("app", [{"database": {"pool_size": 1}, "request": HURRY}], indirect=True)
async def test_an_exhausted_pool_is_unavailable_but_ready(
    app: FastAPI, client: AsyncClient
) -> None:
    async with resources(app).sessions() as session:
        await session.connection()

        items = await client.get("/items")
        ready = await client.get("/ready")

    assert (items.status_code, ready.status_code) == (503, 200)


async def test_an_index_that_broke_off_is_dropped_before_the_next_attempt(
    settings: Settings,
) -> None:
    engine = create_engine(settings)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("CREATE TABLE twice AS SELECT 1 AS n UNION ALL SELECT 1"))
        with pytest.raises(IntegrityError):
            await connection.execute(text("CREATE UNIQUE INDEX CONCURRENTLY broken ON twice (n)"))
        broken = text("SELECT count(*) FROM pg_class WHERE relname = 'broken'")
        before = await connection.scalar(broken)

        migration = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "alembic", "upgrade", "head"), cwd=ROOT
        )

        assert await migration.wait() == 0
        assert (before, await connection.scalar(broken)) == (1, 0)
        await connection.execute(text("DROP TABLE twice"))
    await engine.dispose()


# As migrations/env.py locks, and who waits for it.
LOCK = text("SELECT pg_advisory_lock(7316884512)")
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE query LIKE '%pg_try_advisory_lock%' AND pid != pg_backend_pid()"
)


async def test_a_migration_waits_for_another_one_longer_than_a_statement_may_take(
    settings: Settings,
) -> None:
    engine = create_engine(settings)
    async with engine.connect() as other:
        # Within a transaction it would see the same activity for ever.
        await other.execution_options(isolation_level="AUTOCOMMIT")
        await other.execute(LOCK)
        migration = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "alembic", "upgrade", "head"),
            cwd=ROOT,
            env=os.environ | {"APP_REQUEST_TIMEOUT": "5"},
        )
        while not await other.scalar(WAITING):
            assert migration.returncode is None
            await asyncio.sleep(0.05)
        await asyncio.sleep(2.5)
    await engine.dispose()

    assert await migration.wait() == 0


async def unavailable(client: AsyncClient) -> None:
    """Check what is answered without a database, and how soon."""
    paths = ("/health", "/ready", "/items")
    async with asyncio.timeout(10):
        responses = [await client.get(path) for path in paths]

    assert [response.status_code for response in responses] == [200, 503, 503]
    for response in responses[1:]:
        assert response.headers["retry-after"] == "5"
        assert response.headers["content-type"] == "application/problem+json"


UNREACHABLE = {"url": SecretStr("postgresql://nobody@127.0.0.1:1/nothing")}


@pytest.mark.parametrize("app", [{"database": UNREACHABLE}], indirect=True)
async def test_an_unreachable_database_stops_neither_the_start_nor_health(
    client: AsyncClient,
) -> None:
    await unavailable(client)


@asynccontextmanager
async def asking(settings: Settings, url: URL) -> AsyncIterator[AsyncClient]:
    """A client of an application with its database there."""
    secret = SecretStr(url.render_as_string(hide_password=False))
    app = create_app(changed(settings, database={"url": secret}, request=HURRY))
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://test") as client,
    ):
        yield client


async def test_a_database_that_refuses_the_connection_is_unavailable(settings: Settings) -> None:
    url = make_url(settings.database.url.get_secret_value())

    async with asking(settings, url.set(database="nowhere")) as client:
        await unavailable(client)


async def test_a_database_that_hangs_is_unavailable(settings: Settings) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with asking(settings, make_url(f"postgresql://user@127.0.0.1:{port}/name")) as client:
            await unavailable(client)


async def test_connections_that_do_not_come_back_are_noticed(settings: Settings) -> None:
    engine = create_engine(changed(settings, database={"pool_size": 1}, request=HURRY))
    busy, hanging = create_check(engine, patience=60), create_check(engine, patience=0)

    async with engine.connect():
        await busy()
        with pytest.raises(PoolTimeoutError):
            await hanging()

    await hanging()
    await engine.dispose()


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
        engine = create_engine(changed(settings, database={"url": url, "tls": True}))
        with pytest.raises(DatabaseUnavailableError):
            await create_check(engine, patience=0)()

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

    with pytest.raises(SettingsError, match="APP_DATABASE_URL: Field required"):
        Settings()


@pytest.mark.parametrize(
    "url", ["https://user:secret@host/name", "postgresql://user@host:secret/name", "secret"]
)
def test_a_wrong_database_url_is_refused_but_not_shown(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", url)

    with pytest.raises(SettingsError, match="postgresql://") as error:
        Settings()

    assert "secret" not in str(error.value)


def test_a_database_url_that_speaks_of_tls_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", "postgresql://user:secret@host/name?sslmode=require")

    with pytest.raises(SettingsError, match="APP_DATABASE_TLS") as error:
        Settings()

    assert "secret" not in str(error.value)


def test_a_database_url_with_what_the_driver_does_not_take_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("APP_DATABASE_URL", "postgresql://user:secret@host/name?connect_timeout=3")

    with pytest.raises(SettingsError, match=r"APP_DATABASE_URL: .*no parameters") as error:
        Settings()

    assert "secret" not in str(error.value)

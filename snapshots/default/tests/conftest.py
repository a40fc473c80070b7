"""A real PostgreSQL for all tests, and a transaction for each that is rolled back."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from dev import embedded_postgres
from shop_api import database
from shop_api.app import create_app
from shop_api.lifecycle import resources
from shop_api.settings import Settings

ROOT = Path(__file__).parent.parent
DATABASE = "shop_api_test"


@pytest.fixture(scope="session")
def server_url() -> str:
    """The server in APP_DATABASE_URL, or one that lives as long as this run."""
    if url := os.environ.get("APP_DATABASE_URL"):
        return url
    return embedded_postgres(Path(tempfile.mkdtemp()), at_exit="delete")


@pytest.fixture(scope="session", autouse=True)
def environment(server_url: str) -> Iterator[None]:
    """An environment with nothing but a new database, so that no other is touched."""
    url = make_url(server_url).set(drivername="postgresql")

    async def execute(*statements: str) -> None:
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    drop = f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)"
    asyncio.run(execute(drop, f"CREATE DATABASE {DATABASE}"))
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("APP_"):
                patch.delenv(name)
        test_url = url.set(database=DATABASE)
        patch.setenv("APP_DATABASE_URL", test_url.render_as_string(hide_password=False))
        yield
    asyncio.run(execute(drop))


@pytest.fixture(scope="session")
def alembic_config() -> Config:
    return Config(toml_file=ROOT / "pyproject.toml")


@pytest.fixture(scope="session")
def settings(alembic_config: Config) -> Settings:
    """Settings for a database with all tables."""
    command.upgrade(alembic_config, "head")
    return Settings()


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection whose changes are gone after the test."""
    engine = database.create_engine(settings)
    async with engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        await transaction.rollback()
    await engine.dispose()


@pytest.fixture
async def app(settings: Settings, connection: AsyncConnection) -> AsyncIterator[FastAPI]:
    """The running application; what it commits ends in a savepoint of the connection.

    https://docs.sqlalchemy.org/en/21/orm/session_transaction.html#joining-a-session-into-an-external-transaction-such-as-for-test-suites
    """
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        resources(app).sessions = database.create_sessions(
            connection, join_transaction_mode="create_savepoint"
        )
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(
        transport=ASGITransport(app, raise_app_exceptions=False), base_url="http://test"
    ) as client:
        yield client

"""The engine, the session of a request, and what all models share."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from time import monotonic
from typing import Annotated, Any, override

import asyncpg
from fastapi import Depends, Request
from sqlalchemy import MetaData, QueuePool, event, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

from shop_api import errors, lifecycle
from shop_api.settings import Settings

logger = logging.getLogger(__name__)


class Base(DeclarativeBase):
    """Names every constraint, because a migration can only drop what has a name.

    https://alembic.sqlalchemy.org/en/latest/naming.html
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# Beginnings of SQLSTATE. The server is gone, or has become a standby that refuses to write: another
# connection may lead to the one that has taken over.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
GONE = ("08", "57P", "25006")
# It lacks memory, disk or connections, had an error of its system, or gave up the statement.
OVERLOADED = ("53", "58", "57014")


class DatabaseUnavailableError(Exception):
    """No connection could be made."""


class Connection(asyncpg.Connection):  # type: ignore[misc]
    """Can be left soon when it hangs; SQLAlchemy would give it two seconds more."""

    @override
    async def close(self, *, timeout: float | None = None) -> None:
        await super().close(timeout=0.5)

    @override
    async def execute(self, query: str, *arguments: Any, timeout: float | None = None) -> str:
        executed = super().execute(query, *arguments, timeout=timeout)
        if self._cancellations:
            # What was cancelled is rolled back, which waits until the database has taken note.
            executed = asyncio.wait_for(executed, 0.5)
        status: str = await executed
        return status


def create_engine(settings: Settings) -> AsyncEngine:
    """Return an engine; it connects when it is first used."""
    engine = create_async_engine(
        make_url(settings.database.url.get_secret_value()).set(drivername="postgresql+asyncpg"),
        pool_size=settings.database.pool_size,
        # No overflow: the number of connections that the database must allow stays exact.
        max_overflow=0,
        pool_timeout=settings.request.wait,
        # Errors of statements are logged; what was in their place may be private.
        hide_parameters=True,
        pool_recycle=settings.database.pool_recycle,
        pool_pre_ping=settings.database.pool_pre_ping,
        connect_args={
            # Seconds to connect; asyncpg would wait for a minute.
            "timeout": settings.request.wait,
            "connection_class": Connection,
            "ssl": ssl.create_default_context() if settings.database.tls else None,
            "server_settings": {
                "application_name": "shop_api",
                "statement_timeout": str(int(settings.request.statement * 1000)),
            },
        },
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(dialect: Any, _: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        # Whatever the reason, here it is the database: an OSError in a route may mean anything.
        try:
            return dialect.connect(*arguments, **parameters)
        except (OSError, dialect.loaded_dbapi.Error) as error:
            raise DatabaseUnavailableError(repr(error)) from error

    @event.listens_for(engine.sync_engine, "handle_error")
    def give_up(context: ExceptionContext) -> None:
        # With this one all others that are idle are replaced, too.
        if _sqlstate(context.original_exception).startswith(GONE):
            context.is_disconnect = True

    return engine


def create_sessions(
    engine: AsyncEngine | AsyncConnection, **options: Any
) -> async_sessionmaker[AsyncSession]:
    """Return what makes sessions; a model stays readable after its commit.

    A session ends with its request. What used it later, such as a background task, would open
    a transaction that nobody commits: it gets an error.
    """
    return async_sessionmaker(engine, expire_on_commit=False, close_resets_only=False, **options)


def create_check(engine: AsyncEngine, patience: float) -> lifecycle.Check:
    """Return what raises unless the database answers or is busy with requests.

    Without a free connection there is much to do, but nothing is broken, as long as requests
    return theirs: being not ready would send them to other servers, and take those out one
    after another. If none came back for as long as a request may take, all of them hang.
    """
    returned = monotonic()

    @event.listens_for(engine.sync_engine, "checkin")
    def note(connection: Any, _: Any) -> None:
        nonlocal returned
        # None if it was given up.
        if connection is not None:
            returned = monotonic()

    async def check() -> None:
        pool = engine.pool
        is_full = isinstance(pool, QueuePool) and pool.checkedout() == pool.size()
        if is_full and monotonic() - returned < patience:
            return
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    return check


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Yield the session of a request; commit it unless the request failed.

    This is the only place that commits. With `scope="function"` it does so before the
    answer leaves, so a commit that fails is a request that fails.
    """
    resources = lifecycle.resources(request.app)
    deadline = asyncio.timeout(resources.settings.request.work)
    try:
        async with deadline, resources.sessions() as session:
            yield session
            await session.commit()
    except Exception as error:
        if deadline.expired() or _is_unavailable(error):
            logger.warning("no answer from database: %r", error)
            raise errors.unavailable(detail="the database does not answer") from error
        raise


def _is_unavailable(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _sqlstate(error.orig).startswith(OVERLOADED)
    return isinstance(error, DatabaseUnavailableError | PoolTimeoutError)


def _sqlstate(error: BaseException | None) -> str:
    return getattr(error, "sqlstate", None) or ""


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]

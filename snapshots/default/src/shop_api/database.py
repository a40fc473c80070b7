"""The engine, the session of a request, and what all models share."""

import logging
import ssl
from collections.abc import AsyncIterator
from typing import Annotated, Any

from asyncpg import PostgresError
from fastapi import Depends, HTTPException, Request, status
from sqlalchemy import MetaData, QueuePool, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

from shop_api.settings import DatabaseSettings

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


class DatabaseUnavailableError(Exception):
    """No connection could be made."""


def create_engine(settings: DatabaseSettings) -> AsyncEngine:
    """Return an engine; it connects when it is first used."""
    engine = create_async_engine(
        make_url(settings.url.get_secret_value()).set(drivername="postgresql+asyncpg"),
        pool_size=settings.pool_size,
        # No overflow: the number of connections that the database must allow stays exact.
        max_overflow=0,
        pool_timeout=settings.pool_timeout,
        pool_recycle=settings.pool_recycle,
        pool_pre_ping=settings.pool_pre_ping,
        connect_args={
            # Seconds to connect; asyncpg would wait for a minute.
            "timeout": 5,
            "ssl": ssl.create_default_context() if settings.tls else None,
            "server_settings": {
                "application_name": "shop_api",
                "statement_timeout": str(int(settings.statement_timeout * 1000)),
            },
        },
    )

    @event.listens_for(engine.sync_engine, "do_connect")
    def connect(dialect: Any, _: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        # asyncpg's errors reach the caller as they are: an OSError here means the database,
        # an OSError in a route may mean anything.
        try:
            return dialect.connect(*arguments, **parameters)
        except (OSError, PostgresError) as error:
            raise DatabaseUnavailableError(repr(error)) from error

    return engine


def create_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Return what makes sessions; a model stays readable after its commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def ping(engine: AsyncEngine) -> None:
    """Raise unless the database answers or is busy with requests.

    Without a free connection there is much to do, but nothing is broken. Being not ready would
    send the requests to other servers, and take them out one after another.
    """
    if isinstance(engine.pool, QueuePool) and engine.pool.checkedout() == engine.pool.size():
        return
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Yield the session of a request; commit it unless the request failed.

    This is the only place that commits. With `scope="function"` it does so before the
    answer leaves, so a commit that fails is a request that fails.
    """
    try:
        async with request.app.state.sessions() as session:
            yield session
            await session.commit()
    except Exception as error:
        if _is_unavailable(error):
            logger.warning("no answer from database: %r", error)
            raise HTTPException(
                status.HTTP_503_SERVICE_UNAVAILABLE, "the database does not answer"
            ) from error
        raise


def _is_unavailable(error: Exception) -> bool:
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return isinstance(error, DatabaseUnavailableError | PoolTimeoutError)


SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]

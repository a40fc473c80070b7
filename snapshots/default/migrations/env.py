"""Run migrations with the application's own settings and models.

https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alembic import context
from sqlalchemy import Connection, func, select, text

from shop_api import items, logs
from shop_api.database import Base, create_engine
from shop_api.settings import Settings

logger = logging.getLogger("shop_api.migrations")

# Importing a feature registers its models.
FEATURES = [items]

# For as long as the connection lives, whatever it does in a transaction or without one. Give up
# rather than queue behind a long transaction: everything else would queue behind us.
# https://www.postgresql.org/docs/current/explicit-locking.html
LIMITS = text(
    "SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '5s', false)"
)

# Any number will do, as long as nothing else locks it in the same database.
LOCK = select(func.pg_try_advisory_lock(7_316_884_512))

# What a CREATE INDEX CONCURRENTLY that broke off has left: it serves no query, but each change of
# the table. https://www.postgresql.org/docs/current/sql-createindex.html
INVALID = text(
    "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
    " WHERE NOT indisvalid AND relkind = 'i' AND relnamespace::regnamespace::text = current_schema"
)


@asynccontextmanager
async def alone(settings: Settings) -> AsyncIterator[None]:
    """Wait until no other migration runs, however long that takes.

    The lock has a connection of its own, which no migration commits or rolls back. It asks again
    and again: while it waited in one statement, a concurrent index would wait for that.
    """
    engine = create_engine(settings)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(LIMITS)
            while not await connection.scalar(LOCK):  # noqa: ASYNC110
                await asyncio.sleep(0.5)
            await connection.run_sync(drop_invalid_indexes)
            yield
    finally:
        await engine.dispose()


def drop_invalid_indexes(connection: Connection) -> None:
    """Make room for the next attempt to build them."""
    for index in connection.scalars(INVALID).all():
        logger.warning("dropping the index %s, which broke off while it was built", index)
        connection.execute(text(f"DROP INDEX CONCURRENTLY {index}"))


def migrate(connection: Connection) -> None:
    """Run what was asked for in one transaction, but for what is in an `autocommit_block`."""
    connection.execute(LIMITS)
    connection.commit()
    context.configure(
        connection=connection, target_metadata=Base.metadata, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Connect and migrate."""
    settings = Settings()
    logs.configure(settings.log)
    engine = create_engine(settings)
    try:
        async with alone(settings), engine.connect() as connection:
            await connection.run_sync(migrate)
    finally:
        await engine.dispose()


asyncio.run(main())

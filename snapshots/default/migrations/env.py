"""Run migrations with the application's own settings and models.

https://alembic.sqlalchemy.org/en/latest/cookbook.html#using-asyncio-with-alembic
"""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from shop_api import items, logs
from shop_api.database import Base, create_engine
from shop_api.settings import Settings

# Importing a feature registers its models.
FEATURES = [items]

# Any number will do, as long as nothing else locks it in the same database.
LOCK = 7_316_884_512


def migrate(connection: Connection) -> None:
    """Run what was asked for in one transaction."""
    context.configure(
        connection=connection, target_metadata=Base.metadata, compare_server_default=True
    )
    with context.begin_transaction():
        # A second migration started at the same time waits here, however long the first one
        # takes, then finds nothing to do.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        # Give up rather than queue behind a long transaction: everything else would queue
        # behind us. https://www.postgresql.org/docs/current/explicit-locking.html
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        context.run_migrations()


async def main() -> None:
    """Connect and migrate."""
    settings = Settings()
    logs.configure(settings.log)
    engine = create_engine(settings.database)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


asyncio.run(main())

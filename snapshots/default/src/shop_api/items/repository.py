"""The SQL of items."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shop_api.errors import ConflictError
from shop_api.items.models import Item


class ItemNameTakenError(ConflictError):
    """A name is that of one item only."""

    detail = "another item has this name"


class ItemRepository:
    """Items of one session."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def list_after(self, item_id: int, limit: int) -> Sequence[Item]:
        """Return up to `limit` items with higher ids, in the order of their ids."""
        query = select(Item).where(Item.id > item_id).order_by(Item.id).limit(limit)
        return (await self._session.scalars(query)).all()

    async def get(self, item_id: int) -> Item | None:
        """Return the item with this id, if there is one."""
        return await self._session.get(Item, item_id)

    async def save(self, item: Item) -> None:
        """Write an item that is new or has changed.

        Asking for the name first would not help: another request may take it in between.
        """
        self._session.add(item)
        try:
            await self._session.flush()
        except IntegrityError as error:
            if "uq_items_name" in str(error.orig):
                raise ItemNameTakenError from error
            raise

    async def delete(self, item: Item) -> None:
        """Delete an item."""
        await self._session.delete(item)
        await self._session.flush()

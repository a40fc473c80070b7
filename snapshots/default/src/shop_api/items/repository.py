"""The SQL of items."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop_api.items.models import Item


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

    def add(self, item: Item) -> None:
        """Add an item."""
        self._session.add(item)

    async def delete(self, item: Item) -> None:
        """Delete an item."""
        await self._session.delete(item)

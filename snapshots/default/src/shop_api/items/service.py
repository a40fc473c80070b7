"""What can be done with items; knows neither HTTP nor SQL.

A service works inside the transaction of a request: it learns what the database says to a
change, and leaves the commit to the session's owner.
"""

from collections.abc import Sequence

from shop_api.errors import NotFoundError
from shop_api.items.models import Item
from shop_api.items.repository import ItemRepository
from shop_api.items.schemas import ItemWrite


class ItemNotFoundError(NotFoundError):
    """Nobody has stored it, or somebody has deleted it."""

    detail = "no item has this id"


class ItemService:
    """Reads and changes items."""

    def __init__(self, items: ItemRepository) -> None:
        self._items = items

    async def list_after(self, item_id: int, limit: int) -> Sequence[Item]:
        """Return up to `limit` items with higher ids."""
        return await self._items.list_after(item_id, limit)

    async def get(self, item_id: int) -> Item:
        """Return the item with this id."""
        item = await self._items.get(item_id)
        if item is None:
            raise ItemNotFoundError
        return item

    async def create(self, data: ItemWrite) -> Item:
        """Return a new item."""
        item = Item(name=data.name, quantity=data.quantity)
        await self._items.save(item)
        return item

    async def replace(self, item_id: int, data: ItemWrite) -> Item:
        """Return the item with its new content."""
        item = await self.get(item_id)
        item.name = data.name
        item.quantity = data.quantity
        await self._items.save(item)
        return item

    async def delete(self, item_id: int) -> None:
        """Delete the item with this id."""
        await self._items.delete(await self.get(item_id))

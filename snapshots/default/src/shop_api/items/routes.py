"""Items over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status

from shop_api import errors
from shop_api.database import SessionDep
from shop_api.items.repository import ItemRepository
from shop_api.items.schemas import (
    BIGINT_MAX,
    ItemId,
    ItemPage,
    ItemRead,
    ItemWrite,
)
from shop_api.items.service import ItemService

router = APIRouter(prefix="/items", tags=["items"], responses=errors.responses(422, 503))


async def get_service(session: SessionDep) -> ItemService:
    """Return the service of a request."""
    return ItemService(ItemRepository(session))


ServiceDep = Annotated[ItemService, Depends(get_service)]


@router.get("")
async def list_items(
    service: ServiceDep,
    after: Annotated[int, Query(ge=0, le=BIGINT_MAX)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ItemPage:
    """List items in the order of their ids."""
    items = [ItemRead.model_validate(item) for item in await service.list_after(after, limit)]
    return ItemPage(items=items, next_after=items[-1].id if len(items) == limit else None)


@router.post("", status_code=status.HTTP_201_CREATED, responses=errors.responses(400, 409))
async def create_item(
    service: ServiceDep, data: ItemWrite, request: Request, response: Response
) -> ItemRead:
    """Create an item."""
    item = await service.create(data)
    response.headers["location"] = request.app.url_path_for("get_item", item_id=item.id)
    return ItemRead.model_validate(item)


@router.get("/{item_id}", responses=errors.responses(404))
async def get_item(service: ServiceDep, item_id: ItemId) -> ItemRead:
    """Return an item."""
    return ItemRead.model_validate(await service.get(item_id))


@router.put("/{item_id}", responses=errors.responses(400, 404, 409))
async def replace_item(service: ServiceDep, item_id: ItemId, data: ItemWrite) -> ItemRead:
    """Replace the content of an item."""
    return ItemRead.model_validate(await service.replace(item_id, data))


@router.delete(
    "/{item_id}", status_code=status.HTTP_204_NO_CONTENT, responses=errors.responses(404)
)
async def delete_item(service: ServiceDep, item_id: ItemId) -> None:
    """Delete an item."""
    await service.delete(item_id)

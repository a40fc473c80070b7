"""The example feature: items with a unique name and a quantity."""

from shop_api.items.routes import router

__all__ = ["router"]

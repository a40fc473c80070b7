"""Put the application together: what it owns, and in which order a request meets it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from shop_api import (
    database,
    errors,
    health,
    items,
    logs,
    metrics,
)
from shop_api.middleware import RequestMiddleware
from shop_api.settings import Settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open what all requests share; none of it has to be reachable yet."""
    async with AsyncExitStack() as stack:
        engine = database.create_engine(app.state.settings.database)
        stack.push_async_callback(engine.dispose)
        app.state.sessions = database.create_sessions(engine)
        app.state.checks["database"] = lambda: database.ping(engine)
        yield


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return a new application, with its settings read unless they are given."""
    settings = settings or Settings()
    logs.configure(settings.log)

    app = FastAPI(
        title="shop-api",
        lifespan=lifespan,
        exception_handlers=errors.HANDLERS,
        openapi_url="/openapi.json" if settings.docs.enabled else None,
        redoc_url=None,
    )
    app.state.settings = settings
    # What /ready asks, by name.
    app.state.checks = {}
    errors.document(app)

    app.add_middleware(RequestMiddleware)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(items.router)
    return app

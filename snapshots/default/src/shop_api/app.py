"""Put the application together: what it owns, and in which order a request meets it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from shop_api import (
    database,
    errors,
    health,
    items,
    lifecycle,
    logs,
    metrics,
)
from shop_api.middleware import RequestMiddleware
from shop_api.settings import Settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open what all requests share; none of it has to be reachable yet."""
    resources = lifecycle.resources(app)
    async with AsyncExitStack() as stack:
        engine = database.create_engine(resources.settings)
        stack.push_async_callback(engine.dispose)
        resources.sessions = database.create_sessions(engine)
        resources.checks["database"] = database.create_check(
            engine, patience=resources.settings.request.timeout
        )
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
        # The redirect would repeat whatever host the client named; each path has one spelling.
        redirect_slashes=False,
    )
    app.state.resources = lifecycle.Resources(settings)
    errors.document(app)

    app.add_middleware(RequestMiddleware)
    app.include_router(health.router)
    app.include_router(metrics.router)
    app.include_router(items.router)
    return app

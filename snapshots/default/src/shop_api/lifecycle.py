"""What the requests of an application share, and what its server has announced to this process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from threading import Event

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from shop_api.settings import Settings

# Readiness belongs to the whole server. A worker that is only being replaced stays ready: if it
# answered 503 meanwhile, a proxy that checks `/ready` would take out the whole server.
stopping = Event()

type Check = Callable[[], Awaitable[object]]


@dataclass
class Resources:
    """What is there for every request; `app.state` would hold anything, under any name."""

    settings: Settings
    # What /ready asks, by name; without it there is nothing to serve.
    checks: dict[str, Check] = field(default_factory=dict)
    # What it only tells about: most routes go on without it.
    watched: dict[str, Check] = field(default_factory=dict)
    sessions: async_sessionmaker[AsyncSession] = field(init=False)


def resources(app: FastAPI) -> Resources:
    """Return what the requests of this application share."""
    found: Resources = app.state.resources
    return found

"""Versions of the application that turn out to be bad, and requests that keep coming in meanwhile."""

import asyncio
import itertools
from collections.abc import Callable

from facts import Rows
from load import Load
from support import Client

# A layer around the application that answers instead of it; what asks whether it is alive and ready is answered as ever.
LAYER = """
import os, threading

seen = []

class Layer:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and scope["path"] not in ("/health", "/ready"):
            seen.append(scope["path"])
{code}
        await self.app(scope, receive, send)

async def answer(send, status):
    await send({{"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]}})
    await send({{"type": "http.response.body", "body": b""}})

app.add_middleware(Layer)
"""
NUMBERS = itertools.count()
FAILING = "            return await answer(send, 500)"
# All of it: what a worker is a child of.
ENDING = "            if len(seen) == 1: threading.Timer(5, os.kill, (os.getppid(), 9)).start()"
STRAY = "            if len(seen) == 20: return await answer(send, 500)"
BUSY = "            if len(seen) % 5 == 0: return await answer(send, 503)"


def under_load(client: Client, rows: Rows, action: Callable[[], None]) -> Load:
    """Keep requests coming in until the action has ended."""
    load = Load(client, f"watch-{next(NUMBERS)}", rows.post, limit=600_000)

    async def scenario() -> None:
        running = asyncio.create_task(load.http1(connections=6, pause=0.02))
        try:
            await asyncio.to_thread(action)
        finally:
            load.stop()
            await running

    asyncio.run(scenario())
    return load

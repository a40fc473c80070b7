"""Versions of the application that turn out to be bad, and requests that keep coming in meanwhile."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

from facts import Rows
from load import Load
from support import Client, docker

# A layer in the application that answers instead of it, inside of what logs its answers; what asks whether it is alive and ready is
# answered as ever.
LAYER = """
import os, threading
from starlette.middleware import Middleware

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

app.user_middleware.append(Middleware(Layer))
"""
NUMBERS = itertools.count()
FAILING = "            return await answer(send, 500)"
# All of it: what a worker is a child of.
ENDING = "            if len(seen) == 1: threading.Timer(5, os.kill, (os.getppid(), 9)).start()"
STRAY = "            if len(seen) == 20: return await answer(send, 500)"
BUSY = "            if len(seen) % 5 == 0: return await answer(send, 503)"


def build(image: str, repository: Path, folder: Path, tag: str, code: str) -> str:
    """Return the name of an image with this code in its layer."""
    name = f"{image.rpartition(':')[0]}:{tag}"
    package = next((repository / "src").glob("*/main.py")).parent.name
    (folder / "layer.py").write_text(LAYER.format(code=code))
    (folder / "Dockerfile").write_text(
        f"FROM {image}\nUSER 0:0\nRUN --mount=type=bind,target=/mnt cat /mnt/layer.py >>/app/src/{package}/main.py\nUSER 10001:10001\n"
    )
    docker("build", "--tag", name, str(folder))
    return name


def under_load(client: Client, rows: Rows, action: Callable[[], None], connections: int = 6, pause: float = 0.02) -> Load:
    """Keep requests coming in until the action has ended."""
    load = Load(client, f"watch-{next(NUMBERS)}", rows.post, limit=600_000)

    async def scenario() -> None:
        running = asyncio.create_task(load.http1(connections, pause))
        try:
            await asyncio.to_thread(action)
        finally:
            load.stop()
            await running

    asyncio.run(scenario())
    return load

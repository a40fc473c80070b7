"""A gunicorn worker that loses no request when it is replaced or stopped.

uvicorn closes idle connections as soon as it is told to stop. A proxy may be writing a
request on one of them at that moment, and must not send it again if it is a POST. This
worker tells its clients to close first, and waits for them.

It relies on attributes of uvicorn that are not documented: run a rolling restart under
load before raising its version.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from socket import socket
from types import FrameType
from typing import Any, ClassVar, override

from gunicorn.arbiter import Arbiter
from uvicorn import Config, Server
from uvicorn_worker import UvicornWorker

from shop_api import lifecycle
from shop_api.settings import ShutdownSettings


class DrainingServer(Server):
    """Answers whatever still arrives while it is stopping."""

    def __init__(self, config: Config, settings: ShutdownSettings) -> None:
        super().__init__(config)
        self._settings = settings
        self._in_a_hurry = False

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._in_a_hurry = sig != signal.SIGTERM
        super().handle_exit(sig, frame)

    @override
    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        # Still accepting: a balancer has to notice, new workers have to start.
        await self._wait(self._settings.delay)
        for server in self.servers:
            server.close()
        await self._wait(self._settings.drain, lambda: not state.connections)
        await super().shutdown()

    async def _wait(self, seconds: float, done: Callable[[], bool] = lambda: False) -> None:
        end = time.monotonic() + seconds
        while not (self._in_a_hurry or done()) and time.monotonic() < end:
            # gunicorn kills a worker that has not shown a sign of life for too long.
            if self.config.callback_notify is not None:
                await self.config.callback_notify()
            await asyncio.sleep(0.05)


class DrainingWorker(UvicornWorker):
    """Runs the application in a `DrainingServer`."""

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "lifespan": "on",
        "server_header": False,
    }

    @override
    async def _serve(self) -> None:
        settings = lifecycle.resources(self.wsgi).settings.shutdown
        self.config.app = self.wsgi
        # What is left of gunicorn's patience; without it uvicorn waits for ever.
        self.config.timeout_graceful_shutdown = int(
            self.cfg.graceful_timeout - settings.delay - settings.drain
        )
        server = DrainingServer(self.config, settings)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGQUIT, server.handle_exit, signal.SIGQUIT, None)
        # Sent by gunicorn.conf.py when all workers stop, not only this one.
        loop.add_signal_handler(signal.SIGUSR2, lifecycle.stopping.set)
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

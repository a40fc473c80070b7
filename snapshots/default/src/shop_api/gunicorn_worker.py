"""A gunicorn worker that loses no request when it is replaced or stopped.

The server answers once all of its workers have started, however long that takes, so whoever gets
an answer knows that it is complete. A worker that is replaced goes on until others have started.

uvicorn closes idle connections as soon as it is told to stop. A proxy may be writing a
request on one of them at that moment, and must not send it again if it is a POST. This
worker tells its clients to close first, and waits for them.

It relies on attributes of uvicorn that are not documented: run a rolling restart under
load before raising its version.
"""

from __future__ import annotations

import asyncio
import math
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.sharedctypes import Synchronized
from socket import socket
from types import FrameType
from typing import Any, ClassVar, override

from gunicorn.arbiter import Arbiter
from uvicorn import Server
from uvicorn.lifespan.on import LifespanOn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn_worker import UvicornWorker

from shop_api import lifecycle
from shop_api.settings import ShutdownSettings

# What the line and the headers of a request may take, more than a proxy in front passes on.
MAX_HEAD = 65536
MAX_HEADERS = 100

# What a worker that cannot start ends with.
FAILURES = (Exception, SystemExit)


class BoundedProtocol(HttpToolsProtocol):
    """Refuses a request whose head is too large, which neither uvicorn nor its parser does."""

    _in_head = False
    _arrived = 0

    @override
    def data_received(self, data: bytes) -> None:
        self._arrived = len(data) + (self._arrived if self._in_head else 0)
        super().data_received(data)
        if self._in_head and self._arrived > MAX_HEAD:
            self.send_400_response("The head of the request is too large.")

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    @override
    def on_headers_complete(self) -> None:
        self._in_head = False
        # A body may have arrived with it.
        if self._arrived > MAX_HEAD:
            self._arrived = len(self.url) + sum(len(name + value) for name, value in self.headers)
        if self._arrived > MAX_HEAD or len(self.headers) > MAX_HEADERS:
            # Whoever called the parser answers 400.
            msg = "the head is too large"
            raise ValueError(msg)
        super().on_headers_complete()


class JoinedLifespan(LifespanOn):
    """Ends its start when the other workers have started as well."""

    def __init__(self, server: DrainingServer) -> None:
        super().__init__(server.config)
        self._server = server

    @override
    async def startup(self) -> None:
        await super().startup()
        if not self.should_exit:
            await self._server.join()


class DrainingServer(Server):
    """Answers whatever still arrives while it is stopping."""

    def __init__(self, worker: DrainingWorker, settings: ShutdownSettings) -> None:
        super().__init__(worker.config)
        self._worker = worker
        self._settings = settings
        self._in_a_hurry = False

    async def join(self) -> None:
        """Tell that this worker has started, and wait for the others."""
        with self._worker.started.get_lock():
            self._worker.started.value += 1
        await self._wait(math.inf, lambda: self.should_exit or self._worker.all_have_started())

    @override
    async def startup(self, sockets: list[socket] | None = None) -> None:
        self.lifespan = JoinedLifespan(self)
        await super().startup(sockets)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._in_a_hurry = sig != signal.SIGTERM
        super().handle_exit(sig, frame)

    @override
    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        stopping = lifecycle.stopping
        # Still accepting: new workers have to start, a balancer has to notice.
        await self._wait(math.inf, lambda: stopping.is_set() or self._worker.all_have_started())
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        if stopping.is_set():
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
        "http": BoundedProtocol,
        "lifespan": "on",
        "server_header": False,
    }

    # How many have started since the server's start or its last HUP; made by gunicorn.conf.py.
    started: Synchronized[int]

    def all_have_started(self) -> bool:
        """Tell whether as many as are wanted have."""
        return self.started.value >= int(self.cfg.workers)

    @override
    def init_process(self) -> None:
        try:
            super().init_process()
        except FAILURES:
            if self.age <= self.cfg.workers:
                # What cannot start now will not start when it is tried again.
                raise
            # gunicorn would stop all workers because one that was to replace another cannot start.
            self.log.exception("the worker has failed; others go on, and it is tried again")
            time.sleep(1)
            sys.exit(1)

    @override
    async def _serve(self) -> None:
        settings = lifecycle.resources(self.wsgi).settings.shutdown
        self.config.app = self.wsgi
        # What is left of gunicorn's patience; without it uvicorn waits for ever.
        self.config.timeout_graceful_shutdown = int(
            self.cfg.graceful_timeout - settings.delay - settings.drain
        )
        server = DrainingServer(self, settings)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGQUIT, server.handle_exit, signal.SIGQUIT, None)
        # Sent by gunicorn.conf.py when all workers stop, not only this one.
        loop.add_signal_handler(signal.SIGUSR2, lifecycle.stopping.set)
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)

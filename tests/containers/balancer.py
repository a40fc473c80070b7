"""Stands in for the balancer in front of a repository without a proxy: connections go to addresses whose `/ready` says 200."""

import asyncio
import contextlib
import http.client
import threading
import time

INTERVAL = 1.0


class Balancer:
    """Passes each new connection on to the first address that is ready, and never breaks one off."""

    def __init__(self, ports: list[int]) -> None:
        self.port = 0
        self._ports = ports
        self._ready: list[int] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Balancer":
        self._thread.start()
        while not (self.port and self._ready):
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._watching.cancel)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(self._listen())
        self.port = server.sockets[0].getsockname()[1]
        self._watching = self._loop.create_task(self._watch())
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._watching)
        server.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._pass, "127.0.0.1", 0)

    async def _watch(self) -> None:
        while True:
            answers = await asyncio.gather(*(asyncio.to_thread(is_ready, port) for port in self._ports))
            self._ready = [port for port, ready in zip(self._ports, answers, strict=True) if ready]
            await asyncio.sleep(INTERVAL)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self._ready[0])
        except (OSError, IndexError):
            writer.close()
            return
        await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


def is_ready(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from shop_api import lifecycle
from shop_api.app import create_app
from shop_api.gunicorn_worker import DrainingWorker
from shop_api.settings import Settings, ShutdownSettings

ROOT = Path(__file__).parent.parent


class Server:
    """A worker in this process."""

    def __init__(self, settings: Settings) -> None:
        shutdown = ShutdownSettings(delay=0.5, drain=1)
        app = create_app(settings.model_copy(update={"shutdown": shutdown}))
        app.add_api_route("/slow", lambda: time.sleep(0.8))
        config = Config()
        listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.worker = DrainingWorker(1, os.getpid(), [listener], None, 30, config, Logger(config))
        self.worker.wsgi = app
        self.task = asyncio.create_task(self.worker._serve())  # noqa: SLF001


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    # uvicorn raises the signal that stopped it once more when it is done.
    previous = signal.signal(signal.SIGTERM, lambda *_: None)
    server = Server(settings)
    yield server
    os.kill(os.getpid(), signal.SIGQUIT)
    await server.task
    server.worker.tmp.close()
    signal.signal(signal.SIGTERM, previous)
    lifecycle.stopping.clear()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    # Retries connecting only, while the worker starts.
    transport = httpx.AsyncHTTPTransport(retries=5)
    async with httpx.AsyncClient(base_url=server.url, transport=transport) as client:
        await client.get("/health")
        yield client


async def test_a_worker_that_is_replaced_answers_what_still_arrives(
    server: Server, client: httpx.AsyncClient
) -> None:
    unfinished = asyncio.create_task(client.get("/slow"))
    await asyncio.sleep(0)

    os.kill(os.getpid(), signal.SIGTERM)
    while "connection" not in (response := await client.get("/ready")).headers:
        assert response.status_code == 200
    on_a_new_connection = await client.get("/ready")

    assert (response.status_code, response.headers["connection"]) == (200, "close")
    assert on_a_new_connection.status_code == 200
    assert (await unfinished).status_code == 200
    await server.task


async def test_a_worker_is_not_ready_once_the_whole_server_stops(
    client: httpx.AsyncClient,
) -> None:
    os.kill(os.getpid(), signal.SIGUSR2)

    response = await client.get("/ready")

    assert response.status_code == 503


@pytest.mark.usefixtures("client")
async def test_a_worker_in_a_hurry_does_not_wait_for_its_clients(server: Server) -> None:
    os.kill(os.getpid(), signal.SIGQUIT)

    async with asyncio.timeout(4):
        await server.task


class Gunicorn:
    """The server as it runs in production, in processes of its own."""

    def __init__(self, log: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = f"127.0.0.1:{listener.getsockname()[1]}"
        self.url = f"http://{address}"
        self._log = log
        settings = {
            "PYTHONPATH": "src",
            "WEB_CONCURRENCY": "1",
            "APP_SHUTDOWN_DELAY": "0.5",
            "APP_SHUTDOWN_DRAIN": "1",
        }
        with log.open("w") as stdout:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--bind", address],
                cwd=ROOT,
                env=os.environ | settings,
                stdout=stdout,
            )

    def logged(self, text: str) -> int:
        """Count the messages with this text; each line must be JSON."""
        assert self.process.poll() is None
        lines = self._log.read_text().splitlines()
        return sum(text in json.loads(line)["message"] for line in lines)


@pytest.fixture
def gunicorn(tmp_path: Path) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(tmp_path / "log")
    while gunicorn.logged("Application startup complete") < 1:
        time.sleep(0.1)
    yield gunicorn
    gunicorn.process.kill()
    gunicorn.process.wait()


def test_the_server_is_ready_while_workers_are_replaced_and_not_while_it_stops(
    gunicorn: Gunicorn,
) -> None:
    with httpx.Client(base_url=gunicorn.url, timeout=30) as client:
        gunicorn.process.send_signal(signal.SIGHUP)
        replaced = []
        while gunicorn.logged("was sent SIGTERM") < 1:
            replaced.append(client.get("/ready").status_code)
            time.sleep(0.05)
        metrics = client.get("/metrics").text

        gunicorn.process.send_signal(signal.SIGTERM)
        while client.get("/ready").status_code == 200:
            time.sleep(0.01)

    assert set(replaced) == {200}
    # Also those that were counted by the workers that are gone.
    ready = 'http_requests_total{method="GET",route="/ready",status="200"}'
    assert f"{ready} {len(replaced)}.0" in metrics.splitlines()
    assert gunicorn.process.wait() == 0

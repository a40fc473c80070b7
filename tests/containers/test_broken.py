"""What is broken on purpose under load: the database, the broker, the disk, the CPU. Nobody waits longer than a request may take.

A part of it runs for each stack; with `GATE_BROKEN=all`, which `.ci/run broken` sets, all of it does. The attack by headers is in
test_proxy.py, and the load on workers in test_tasks.py.
"""

import contextlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import support
from crowd import Asked, Crowd, item
from facts import Rows
from support import Answers, Client, PlainClient, Stack, docker, figure, run, wait_for

# Seconds: what a request may take by APP_REQUEST_TIMEOUT, after how many /ready has to tell, and how soon all is well again once the
# database answers. Machines that run tests are busy, so each has a margin of its own.
REQUEST, TELLS, RECOVERS, MARGIN = 10, 15, 5, 3
# What SQLAlchemy says of a connection that broke between its last statement and its return: once for each at most, of which four
# workers have five.
BROKE_OFF, CONNECTIONS = "Exception during reset or similar", 20
# Longer than each of them.
AWAY = 20

thorough = pytest.mark.skipif(os.environ.get("GATE_BROKEN") != "all", reason="part of `.ci/run broken`")


@pytest.fixture
def direct(stack: Stack, client: Client) -> PlainClient:
    """Talks to the application past the proxy, whose limits for one client would make a load impossible."""
    return PlainClient(stack.address("app", "edge"), client.domain, client.ca, 8000)


@pytest.fixture
def database(stack: Stack, rows: Rows) -> str:
    if not rows.port:
        pytest.skip("the repository has no database server")
    return stack.container("database")


def is_up(stack: Stack, service: str) -> bool:
    """Tell whether a service passes its own health check."""
    container = stack.container(service)
    kind, *check = stack.inspect(service)["Config"]["Healthcheck"]["Test"]
    command = check if kind == "CMD" else ["sh", "-c", *check]
    return run("docker", "exec", container, *command, check=False).returncode == 0


def await_healthy(stack: Stack, service: str) -> None:
    """Wait until Docker has noticed as well, which other commands ask."""
    wait_for(lambda: stack.inspect(service)["State"]["Health"]["Status"] == "healthy", f"{service} is healthy", 60)


@contextlib.contextmanager
def load(client: Client, direct: PlainClient, rows: Rows) -> Iterator[Crowd]:
    """Ask through the proxy as often as one client may, and directly as often as twelve can."""
    path, _, _ = rows.post
    with Crowd(
        writes=Asked(client, "POST", path, lambda: item(rows.post), pause=0.5, threads=3),
        reads=Asked(client, "GET", "/items", pause=0.5, threads=2),
        others=Asked(client, "GET", "/health", pause=0.3),
        ready=Asked(direct, "GET", "/ready", pause=0.3),
        crowd=Asked(direct, "POST", path, lambda: item(rows.post), pause=0.05, threads=12),
    ) as watch:
        wait_for(lambda: all(len(watch.ended(name)) > 3 for name in ("writes", "reads", "others", "ready", "crowd")), "the load", 60)
        assert {kind: set(watch.statuses(kind)) for kind in ("writes", "crowd")} == {"writes": {rows.post[2]}, "crowd": {rows.post[2]}}
        yield watch


def scenario(
    stack: Stack, client: Client, direct: PlainClient, rows: Rows, name: str, *, break_it: Callable[[], None], mend_it: Callable[[], None], away: float
) -> Crowd:
    """Break something under load, mend it, and see that it was no more than it had to be."""
    before, begin_log = stack.inspect("app"), time.time()
    _, _, done = rows.post
    with load(client, direct, rows) as watch:
        broken = time.monotonic()
        break_it()
        is_broken = time.monotonic()
        try:
            time.sleep(away)
        finally:
            mend_it()
        wait_for(lambda: is_up(stack, "database"), "the database answers", 120)
        back = time.monotonic()
        kinds = {"writes": done, "reads": 200, "ready": 200, "crowd": done}
        for kind, status in kinds.items():
            wait_for(lambda: [one for one in watch.ended(kind, back) if one.status == status], f"{kind} after it is back", 60)
        recovered = max(
            min(one.begin + one.seconds for one in watch.ended(kind, back) if one.status == status) - back for kind, status in kinds.items()
        )
        settled = time.monotonic()
        wait_for(lambda: all(watch.ended(kind, settled + 1) for kind in kinds), "some requests more", 60)
    await_healthy(stack, "database")
    told = [one.begin + one.seconds - is_broken for one in watch.ended("ready", broken) if one.status == 503]
    seen = {kind: watch.statuses(kind) for kind in ("writes", "reads", "crowd", "others", "ready")}
    longest = {kind: round(watch.longest(kind), 1) for kind in seen}
    said = log(stack, begin_log)
    traces = exceptions(said)
    figure(
        f"{name}: {seen}, longest {longest} s, /ready told after {min(told, default=0):.1f} s, all well {recovered:.1f} s after it was back,"
        f" {len(traces)} traces in {len(said)} lines"
    )

    for kind in ("writes", "reads", "crowd"):
        assert set(seen[kind]) <= {kinds[kind], 503}, kind
        assert watch.longest(kind) < REQUEST + MARGIN, kind
        assert all(one.headers.get("retry-after") for one in watch.ended(kind) if one.status == 503), kind
    assert set(seen["others"]) == {200}
    assert watch.longest("others") < MARGIN
    if away > TELLS:
        assert told
        assert min(told) < TELLS
    assert recovered < RECOVERS
    late = [one for kind, status in kinds.items() for one in watch.ended(kind, settled) if one.status != status]
    assert late == []
    assert [trace for trace in traces if not trace.startswith(BROKE_OFF)] == []
    assert len(traces) <= CONNECTIONS
    after = stack.inspect("app")
    assert (after["RestartCount"], after["State"]["StartedAt"]) == (before["RestartCount"], before["State"]["StartedAt"])
    return watch


def log(stack: Stack, since: float) -> list[dict]:
    """Return what the application has logged since then, each line an object."""
    said = run("docker", "logs", f"--since={since:.3f}", stack.container("app"))
    assert said.stderr == ""
    return [json.loads(line) for line in said.stdout.splitlines()]


def exceptions(said: list[dict]) -> list[str]:
    """Return how each exception ends that was logged, and where it came from."""
    return ["\n".join([line["message"], *line["exception"].splitlines()[-12:]]) for line in said if "exception" in line]


def nothing() -> None:
    """It comes back by itself, or never was away for longer than that takes."""


def test_a_database_that_hangs(stack: Stack, client: Client, direct: PlainClient, rows: Rows, database: str):
    scenario(
        stack, client, direct, rows, "database paused",
        break_it=lambda: docker("pause", database), mend_it=lambda: docker("unpause", database), away=AWAY,
    )


def test_a_database_that_is_killed(stack: Stack, client: Client, direct: PlainClient, rows: Rows, database: str):
    before = stack.inspect("database")["RestartCount"]

    scenario(
        stack, client, direct, rows, "database killed",
        break_it=lambda: support.kill(database, r"postgres\|mariadbd"), mend_it=nothing, away=1,
    )

    assert stack.inspect("database")["RestartCount"] > before


@thorough
def test_a_database_that_is_restarted(stack: Stack, client: Client, direct: PlainClient, rows: Rows, database: str):
    scenario(
        stack, client, direct, rows, "database restarted",
        break_it=lambda: stack.compose("restart", "database"), mend_it=nothing, away=0,
    )


@thorough
def test_a_database_that_cannot_be_reached(stack: Stack, client: Client, direct: PlainClient, rows: Rows, database: str):
    network = next(name for name in stack.inspect("database")["NetworkSettings"]["Networks"] if name.endswith("_data"))

    scenario(
        stack, client, direct, rows, "database disconnected",
        break_it=lambda: docker("network", "disconnect", network, database),
        mend_it=lambda: docker("network", "connect", "--alias=database", network, database), away=AWAY,
    )


@pytest.fixture
def small_disk(stack: Stack, rows: Rows, answers: Answers, database: str):
    """A new database on a disk of 320 MiB in memory."""
    folder = {"postgres": "/var/lib/postgresql", "mariadb": "/var/lib/mysql"}[answers.database]
    (stack.folder / "compose.small.yaml").write_text(
        f"services: {{database: {{volumes: !override ['small:{folder}']}}}}\n"
        "volumes: {small: {driver_opts: {type: tmpfs, device: tmpfs, o: 'size=320m,uid=999,gid=999,mode=0700'}}}\n"
    )
    environment = stack.folder / ".env"
    before = environment.read_text()
    files = re.search("(?m)^COMPOSE_FILE=(.*)$", before)[1]
    environment.write_text(before.replace(f"COMPOSE_FILE={files}", f"COMPOSE_FILE={files}:compose.small.yaml"))
    stack.compose("up", "--detach", "--wait", "app")
    yield folder
    environment.write_text(before)
    stack.compose("up", "--detach", "--wait", "app")
    docker("volume", "rm", f"{stack.config()['name']}_small", check=False)


@thorough
def test_a_database_whose_disk_is_full(stack: Stack, client: Client, direct: PlainClient, rows: Rows, small_disk: str):
    filler = f"{small_disk}/filler"
    # What a file system keeps from others is written as well.
    fill = f"dd if=/dev/zero of={filler} bs=1M; dd if=/dev/zero of={filler} bs=4k oflag=append conv=notrunc"
    inside = stack.container("database")

    watch = scenario(
        stack, client, direct, rows, "disk full",
        break_it=lambda: docker("exec", inside, "sh", "-c", fill, check=False),
        mend_it=lambda: docker("exec", stack.container("database"), "rm", filler), away=10,
    )

    assert 503 in watch.statuses("crowd")


@pytest.fixture
def broker(stack: Stack) -> str:
    if "broker" not in stack.config()["services"]:
        pytest.skip("the repository has no broker")
    return stack.container("broker")


@pytest.mark.parametrize("way", ["stopped", "paused"])
def test_a_broker_that_is_away(stack: Stack, client: Client, direct: PlainClient, rows: Rows, broker: str, way: str):
    report = json.dumps({"counts": [{"name": "lamp", "quantity": 2}]}).encode()
    app, worker, begin_log = stack.inspect("app"), stack.inspect("worker"), time.time()
    path, _, done = rows.post

    with Crowd(
        reports=Asked(direct, "POST", "/reports", lambda: report, pause=0.05, threads=6),
        others=Asked(client, "POST", path, lambda: item(rows.post), pause=0.3),
        ready=Asked(direct, "GET", "/ready", pause=0.3),
    ) as watch:
        wait_for(lambda: all(len(watch.ended(name)) > 3 for name in ("reports", "others", "ready")), "the load", 60)
        stack.compose(*{"stopped": ["stop", "broker"], "paused": ["pause", "broker"]}[way])
        gone = time.monotonic()
        try:
            time.sleep(8)
        finally:
            mended = time.monotonic()
            stack.compose(*{"stopped": ["start", "broker"], "paused": ["unpause", "broker"]}[way])
        wait_for(lambda: is_up(stack, "broker"), "the broker answers", 60)
        back = time.monotonic()
        found = wait_for(lambda: [one for one in watch.ended("reports", back) if one.status == 202], "reports are accepted again", 60)
        recovered = found[0].begin + found[0].seconds - back
        time.sleep(2)
    await_healthy(stack, "broker")
    traces = exceptions(log(stack, begin_log))
    figure(
        f"broker {way}: reports {watch.statuses('reports')}, others {watch.statuses('others')}, longest report {watch.longest('reports'):.1f} s,"
        f" accepted {recovered:.1f} s after it was back, {len(traces)} traces"
    )

    assert set(watch.statuses("reports")) == {202, 503}
    assert all(one.headers.get("retry-after") for one in watch.ended("reports") if one.status == 503)
    # APP_BROKER_TIMEOUT is two seconds.
    assert watch.longest("reports") < 2 + MARGIN
    assert {one.status for one in watch.ended("reports", gone) if one.begin + one.seconds < mended} == {503}
    assert (set(watch.statuses("others")), set(watch.statuses("ready"))) == ({done}, {200})
    assert recovered < RECOVERS
    assert not traces, traces[0]
    for before in (app, worker):
        after = support.inspect(before["Id"])
        assert (after["RestartCount"], after["State"]["StartedAt"]) == (before["RestartCount"], before["State"]["StartedAt"])


@thorough
def test_a_start_with_a_fraction_of_a_core(stack: Stack, client: Client, direct: PlainClient, rows: Rows):
    environment = stack.folder / ".env"
    before = environment.read_text()
    environment.write_text(re.sub("(?m)^APP_CPUS=.*", "APP_CPUS=0.2", before))
    try:
        start = time.monotonic()
        stack.compose("up", "--detach", "--no-deps", "--force-recreate", "--wait", "app", timeout=400)
        seconds = time.monotonic() - start
        statuses = {client.send("GET", path).status for path in ("/health", "/items") for _ in range(5)}
        state = stack.inspect("app")
    finally:
        environment.write_text(before)
        stack.compose("up", "--detach", "--no-deps", "--wait", "app")

    figure(f"start with 0.2 cores: {seconds:.0f} s")
    assert statuses == {200}
    assert (state["RestartCount"], state["State"]["Health"]["Status"]) == (0, "healthy")


def test_the_first_commands_run_again_destroy_nothing(stack: Stack, client: Client, rows: Rows, repository: Path):
    if not rows.migrated:
        pytest.skip("the repository keeps no rows")
    path, _, done = rows.post
    posting = client.send("POST", path, {"Content-Type": "application/json"}, item(rows.post))
    assert posting.status == done
    commands = support.documented_commands(repository / "README.md", "Deploy")

    # The first time containers are replaced that other tests have started without what they depend on.
    run("sh", "-euc", commands, cwd=repository)
    before = {name: stack.container(name) for name in stack.compose("ps", "--services").splitlines()}
    run("sh", "-euc", commands, cwd=repository)

    assert client.send("GET", f"/items/{posting.json()['id']}").json() == posting.json()
    assert {name: stack.container(name) for name in before} == before

"""The image by itself: what is in it, and how it starts and stops."""

import json
import re
import socket
import time
from pathlib import Path

import pytest

from facts import Rows
from support import docker, figure, inspect, read_answer, request, wait_for

MEGABYTE = 1_000_000
HARDENED = ["--read-only", "--cap-drop=ALL", "--tmpfs=/tmp"]


@pytest.fixture
def container(image: str, rows: Rows):
    """The image, run as strictly as it may be, with a database that does not exist."""
    variables = [f"--env={name}={value}" for name, value in rows.nowhere.items()]
    name = docker("run", "--detach", *HARDENED, *variables, "--env=FORWARDED_ALLOW_IPS=127.0.0.1", image)
    try:
        wait_for(lambda: inspect(name)["State"]["Health"]["Status"] == "healthy", "healthy")
        yield name
    finally:
        docker("rm", "--force", name)


def address(container: str) -> tuple[str, int]:
    return inspect(container)["NetworkSettings"]["IPAddress"], 8000


def test_image_adds_little_to_its_base(image: str, repository: Path):
    tag = re.search(r"^ARG PYTHON=(\S+)$", (repository / "Dockerfile").read_text(), re.MULTILINE)[1]

    added = inspect(image)["Size"] - inspect(f"python:{tag}")["Size"]

    figure(f"image: {inspect(image)['Size'] / MEGABYTE:.1f} MB, {added / MEGABYTE:.1f} MB over its base")
    # granian alone has 21 MB.
    granian = "\ngranian==" in (repository / "requirements.txt").read_text()
    assert added <= (80 if granian else 60) * MEGABYTE


def test_image_declares_how_it_is_run(image: str):
    config = inspect(image)["Config"]

    assert config["User"] == "10001:10001"
    assert config["StopSignal"] == "SIGTERM"
    assert config["Cmd"][0] != "/bin/sh"
    assert config["Entrypoint"] in (None, [])
    assert config["Healthcheck"]["Test"][0] == "CMD"
    assert {f"org.opencontainers.image.{name}" for name in ("title", "description", "version", "revision")} <= set(config["Labels"])


def test_image_holds_no_secret(image: str, marker: str, repository: Path):
    allowed = re.findall(r"(?m)^!(.+)$", (repository / ".dockerignore").read_text())
    history = docker("history", "--no-trunc", "--format={{json .}}", image)
    found = docker("run", "--rm", "--user=0", "--entrypoint=grep", image, "-rl", marker, "/app", "/opt", check=False)
    files = docker("run", "--rm", "--entrypoint=find", image, "/app", "-maxdepth", "1", "-printf", "%f\n").splitlines()

    assert marker not in history
    assert not re.search(r"password|secret|://", json.dumps(inspect(image)["Config"]["Env"]), re.IGNORECASE)
    assert not found
    # The folder itself, and what Python compiled.
    assert set(files) - {"app", "__pycache__"} == set(allowed)


def test_container_runs_without_any_privilege(container: str):
    status = dict(line.split(":\t", 1) for line in docker("exec", container, "cat", "/proc/1/status").splitlines())

    assert docker("exec", container, "id", "-u") == "10001"
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == int(status["CapBnd"], 16) == 0
    assert docker("exec", container, "find", "/app", "/opt/venv", "-writable", "-not", "-type", "l") == ""
    assert docker("diff", container) == ""


def test_container_without_its_database_lives_but_is_not_ready(container: str, rows: Rows):
    answers = {}
    for path in ("/health", "/ready"):
        with socket.create_connection(address(container), timeout=10) as connection:
            connection.sendall(request("GET", path, "test", {"Connection": "close"}))
            answers[path] = read_answer(connection).status

    assert answers == {"/health": 200, "/ready": rows.readiness}


def test_sigterm_ends_an_idle_container_in_time(container: str):
    start = time.monotonic()

    docker("stop", "--time=60", container)

    seconds = time.monotonic() - start
    state = inspect(container)["State"]
    figure(f"SIGTERM, idle: exit {state['ExitCode']} after {seconds:.1f} s")
    assert state["ExitCode"] in (0, 143)
    assert seconds < 30


def test_sigterm_waits_for_the_request_that_is_being_answered(container: str, rows: Rows):
    body = b"not json"
    with socket.create_connection(address(container), timeout=30) as connection:
        headers = {"Content-Type": "application/json"}
        connection.sendall(request("POST", rows.post[0], "test", headers, body)[: -len(body)])
        docker("kill", "--signal=TERM", container)
        wait_for(lambda: not accepts(container), "the server stops listening", 20)
        running = inspect(container)["State"]["Running"]

        connection.sendall(body)

        answer = read_answer(connection)
    code = int(docker("wait", container, timeout=30))
    figure(f"SIGTERM, a request half sent: it was answered {answer.status}, then exit {code}")
    assert running
    assert answer.status == 400
    assert code in (0, 143)


def accepts(container: str) -> bool:
    """Whether a new connection is accepted and served."""
    try:
        with socket.create_connection(address(container), timeout=2):
            return True
    except OSError:
        return False

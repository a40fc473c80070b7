"""The production stack as a whole: order of start, confinement, and what happens without the database."""

import json
import re
import time
from pathlib import Path

import pytest

import support
from facts import FACTS, Rows
from support import Answers, Client, Stack, docker, figure, inspect, run, wait_for

SERVICES = ["app", "database", "migrate", "proxy"]
HOLDS_A_SECRET = re.compile(r"_PASSWORD=|://")
# What an image says that makes one up.
TELLS_A_SECRET = re.compile(r"(?i)password\s*[:=]\s*\S")


@pytest.fixture
def services(answers: Answers, rows: Rows) -> list[str]:
    return [*rows.services, *(["proxy"] if answers.proxy != "none" else [])]


@pytest.fixture(autouse=True)
def present(request: pytest.FixtureRequest, services: list[str]) -> None:
    """Leave out what is about a service that the repository does not have."""
    parameters = getattr(request.node, "callspec", None)
    named = {parameters.params["service"]} if parameters else {name for name in SERVICES if f"_the_{name}" in request.node.name}
    named |= {"migrate"} if "_migration_" in request.node.name else set()
    for name in named - set(services) - {"application"}:
        pytest.skip(f"the repository has no service {name}")


def test_everything_is_up_after_the_documented_commands(stack: Stack, services: list[str]):
    health = {name: stack.inspect(name)["State"].get("Health", {}).get("Status") for name in services}

    assert health == {name: None if name == "migrate" else "healthy" for name in services}
    assert stack.container("app-next") == ""


def test_the_migration_ended_before_the_application_started(stack: Stack):
    # As they were after the first start: each further `up` migrates again.
    migrate, app = stack.first["migrate"], stack.first["app"]

    assert (migrate["Status"], migrate["ExitCode"]) == ("exited", 0)
    assert migrate["FinishedAt"] < app["StartedAt"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_has_no_more_than_it_needs(stack: Stack, service: str):
    container = stack.inspect(service)
    host = container["HostConfig"]

    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Init"]
    assert host["Memory"] > 0
    # Those of the application use what the others leave.
    assert host["NanoCpus"] > 0 or host["CpuShares"] < 1024
    assert host["PidsLimit"] > 0
    assert host["LogConfig"]["Config"]["max-size"]
    assert container["Config"]["User"].partition(":")[0] not in ("", "0", "root")
    assert not any(HOLDS_A_SECRET.search(variable) for variable in container["Config"]["Env"])


def test_nothing_is_published_but_the_way_in(stack: Stack, answers: Answers, services: list[str]):
    published = {
        (name, port, at["HostIp"], at["HostPort"])
        for name in services
        for port, bindings in (stack.inspect(name)["HostConfig"]["PortBindings"] or {}).items()
        for at in bindings
    }

    if answers.proxy == "none":
        assert published == {("app", "8000/tcp", "127.0.0.1", "8000")}
    elif answers.tls == "upstream":
        assert published == {("proxy", "8080/tcp", "0.0.0.0", "80")}
    else:
        assert published == {("proxy", "8080/tcp", "0.0.0.0", "80"), ("proxy", "8443/tcp", "0.0.0.0", "443")}


def test_without_a_proxy_only_the_balancer_is_believed(stack: Stack, client: Client, answers: Answers, image: str):
    if answers.proxy != "none":
        pytest.skip("the repository has a proxy")
    ask = "import http.client as one; one.HTTPConnection('app', 8000).request('GET', '/forged', headers={'X-Forwarded-For': '6.6.6.6'})"

    client.send("GET", "/believed", {"X-Forwarded-For": "203.0.113.7"})
    docker("run", "--rm", f"--network={stack.config()['name']}_edge", image, "python", "-c", ask)

    def clients() -> dict[str, str]:
        entries = map(json.loads, docker("logs", stack.container("app")).splitlines())
        return {entry["path"]: entry["client"] for entry in entries if entry.get("path") in ("/believed", "/forged")}

    wait_for(lambda: len(clients()) == 2, "both requests in the log", 10)
    assert clients()["/believed"] == "203.0.113.7"
    assert re.fullmatch(r"172\.30\.90\.\d+", clients()["/forged"])


def test_the_proxy_cannot_reach_the_database(stack: Stack, image: str, rows: Rows):
    address = stack.address("database", "data")
    connect = f"import socket; socket.create_connection(('{address}', {rows.port}), 2)"
    stack.python("app", connect)

    # From where the proxy is, whose image need not have a program for it.
    code = f"""
import socket
for host in ("database", "{address}"):
    try:
        socket.create_connection((host, {rows.port}), 3)
        print("reached")
    except socket.gaierror:
        print("unknown")
    except OSError:
        print("refused")
"""
    said = docker("run", "--rm", f"--network=container:{stack.container('proxy')}", image, "python", "-c", code)

    assert said.split() == ["unknown", "refused"]


def test_the_database_has_no_way_out(stack: Stack):
    networks = stack.inspect("database")["NetworkSettings"]["Networks"]

    assert [inspect(name)["Internal"] for name in networks] == [True]


def status(stack: Stack, path: str) -> int:
    """What the application answers to the orchestrator."""
    code = (
        "import urllib.request, urllib.error\n"
        f"try: print(urllib.request.urlopen('http://127.0.0.1:8000{path}', timeout=8).status)\n"
        "except urllib.error.HTTPError as error: print(error.code)"
    )
    return int(stack.python("app", code))


def test_without_the_database_the_application_lives_but_is_not_ready(stack: Stack, client: Client):
    before = status(stack, "/health"), status(stack, "/ready")

    stack.compose("stop", "database")
    try:
        without = status(stack, "/health"), status(stack, "/ready")
        public = client.send("GET", "/health").status, client.send("GET", "/items").status
    finally:
        stack.compose("start", "database")
    start = time.monotonic()
    wait_for(lambda: status(stack, "/ready") == 200, "ready again")
    figure(f"database: ready again {time.monotonic() - start:.1f} s after it was started")

    assert before == (200, 200)
    assert without == (200, 503)
    assert public == (200, 503)


def test_a_backup_brings_back_what_was_there(stack: Stack, client: Client, rows: Rows, repository: Path):
    if not rows.migrated:
        pytest.skip("the repository has no database")

    def post(name: str) -> str:
        _, body, status = rows.post
        answer = client.send("POST", "/items", {"Content-Type": "application/json"}, json.dumps({**body, "name": name}).encode())
        assert answer.status == status, answer.body
        return f"/items/{answer.json()['id']}"

    kept = post("before the backup")
    run("sh", "-euc", support.documented_row(repository / "README.md", "back up the database"), cwd=stack.folder)
    [backup] = stack.folder.glob("backup-*")
    assert client.send("DELETE", kept).status == 204
    later = post("after the backup")
    commands = support.documented_row(repository / "README.md", "go back to a backup")
    run("sh", "-euc", commands.replace("backup-…", backup.name), cwd=stack.folder)
    backup.unlink()

    assert client.send("GET", kept).json()["name"] == "before the backup"
    assert client.send("GET", later).status == 404
    assert client.send("DELETE", kept).status == 204


def test_an_application_with_a_new_container_is_found_again(stack: Stack, client: Client):
    before = stack.container("app")

    stack.compose("up", "--detach", "--no-deps", "--force-recreate", "--wait", "app")

    assert stack.container("app") != before
    assert client.send("GET", "/health").status == 200


def test_while_the_application_is_away_the_proxy_answers_for_it(stack: Stack, client: Client, answers: Answers):
    stack.compose("stop", "app")
    try:
        away = client.send("GET", "/items?q=personal", {"Referer": "https://personal.example.org"})
    finally:
        stack.compose("start", "app")
    wait_for(lambda: client.send("GET", "/health").status == 200, "the application is found again")
    log = run("docker", "logs", stack.container("proxy"))

    assert away.headers["strict-transport-security"] == "max-age=63072000"
    assert "personal" not in log.stdout + log.stderr
    if FACTS[answers.proxy].problems:
        assert (away.status, away.headers["retry-after"], away.headers["content-type"]) == (503, "5", "application/problem+json")
        assert away.json() == {"type": "about:blank", "title": "Service Unavailable", "status": 503}
    else:
        assert away.status in (502, 504)


def test_the_documented_commands_can_be_run_again(stack: Stack, client: Client, repository: Path):
    def state() -> dict[str, str]:
        files = [*stack.folder.glob("secrets/*"), stack.folder / ".env"]
        return {str(file): file.read_text() for file in files if file.is_file()}

    # As an operator would have it.
    environment = stack.folder / ".env"
    environment.write_text(environment.read_text() + "# kept\n")
    before = state()

    run("sh", "-euc", support.documented_commands(repository / "README.md", "Deploy"), cwd=repository)

    assert state() == before
    assert client.send("GET", "/health").status == 200


def test_the_server_does_not_name_itself(stack: Stack):
    code = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8000/health').headers['server'] or 'nobody')"

    assert stack.python("app", code) == "nobody"


def test_no_container_logs_a_secret(stack: Stack, client: Client):
    client.send("GET", "/items")
    held = [file.read_text() for file in stack.folder.glob("secrets/*") if file.is_file()]
    # What is in an address as well.
    held += [found for text in held for found in re.findall(r"://[^:/@]*:([^@]+)@", text)]

    logs = {name: run("docker", "logs", stack.container(name)) for name in stack.compose("ps", "--all", "--services").splitlines()}

    for name, log in logs.items():
        said = log.stdout + log.stderr
        assert [one for one in held if one.strip() in said] == [], name
        assert [line for line in said.splitlines() if TELLS_A_SECRET.search(line)] == [], name


@pytest.mark.parametrize("service", ["app", "migrate", "proxy"])
def test_every_line_on_standard_output_is_json(stack: Stack, client: Client, service: str):
    client.send("GET", "/items/1")
    client.send("GET", "/items?limit=%00")

    lines = docker("logs", stack.container(service)).splitlines()

    figure(f"log of {service}: {len(lines)} lines of JSON")
    assert lines
    assert [line for line in lines if not isinstance(json.loads(line), dict)] == []

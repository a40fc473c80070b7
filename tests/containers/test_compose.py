"""The production stack as a whole: order of start, confinement, and what happens without the database."""

import json
import time

import pytest

from support import Answers, Client, Stack, docker, figure, inspect, wait_for

SERVICES = ["app", "database", "migrate", "proxy"]


@pytest.fixture(autouse=True)
def present(request: pytest.FixtureRequest, answers: Answers) -> None:
    """Leave out what is about a proxy where there is none."""
    parameters = getattr(request.node, "callspec", None)
    if answers.proxy == "none" and ((parameters and parameters.params.get("service") == "proxy") or "_the_proxy_" in request.node.name):
        pytest.skip("the repository has no proxy")


def services(answers: Answers) -> list[str]:
    return [name for name in SERVICES if name != "proxy" or answers.proxy != "none"]


def test_everything_is_up_after_the_documented_commands(stack: Stack, answers: Answers):
    health = {name: stack.inspect(name)["State"].get("Health", {}).get("Status") for name in services(answers)}

    assert health == {name: None if name == "migrate" else "healthy" for name in services(answers)}
    assert stack.container("app-next") == ""


def test_the_migration_ended_before_the_application_started(stack: Stack):
    migrate, app = stack.inspect("migrate")["State"], stack.inspect("app")["State"]

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
    assert host["NanoCpus"] > 0
    assert host["PidsLimit"] > 0
    assert host["LogConfig"]["Config"]["max-size"]
    assert container["Config"]["User"].partition(":")[0] not in ("", "0", "root")
    assert not any("POSTGRES_PASSWORD=" in variable or "://" in variable for variable in container["Config"]["Env"])


def test_nothing_is_published_but_the_way_in(stack: Stack, answers: Answers):
    published = {
        (name, port, at["HostIp"], at["HostPort"])
        for name in services(answers)
        for port, bindings in (stack.inspect(name)["HostConfig"]["PortBindings"] or {}).items()
        for at in bindings
    }

    if answers.proxy == "none":
        assert published == {("app", "8000/tcp", "127.0.0.1", "8000")}
    else:
        assert published == {("proxy", "8080/tcp", "0.0.0.0", "80"), ("proxy", "8443/tcp", "0.0.0.0", "443")}


def test_the_proxy_cannot_reach_the_database(stack: Stack, image: str):
    address = stack.address("database", "data")
    connect = f"import socket; socket.create_connection(('{address}', 5432), 2)"
    stack.python("app", connect)

    # From where the proxy is, whose image need not have a program for it.
    code = f"""
import socket
for host in ("database", "{address}"):
    try:
        socket.create_connection((host, 5432), 3)
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


def test_an_application_with_a_new_container_is_found_again(stack: Stack, client: Client):
    before = stack.container("app")

    stack.compose("up", "--detach", "--no-deps", "--force-recreate", "--wait", "app")

    assert stack.container("app") != before
    assert client.send("GET", "/health").status == 200


def test_while_the_application_is_away_the_proxy_answers_for_it(stack: Stack, client: Client):
    stack.compose("stop", "app")
    try:
        away = client.send("GET", "/health")
    finally:
        stack.compose("start", "app")
    wait_for(lambda: client.send("GET", "/health").status == 200, "the application is found again")

    assert away.status in (502, 503, 504)
    assert away.headers["strict-transport-security"] == "max-age=63072000"


@pytest.mark.parametrize("service", ["app", "migrate", "proxy"])
def test_every_line_on_standard_output_is_json(stack: Stack, client: Client, service: str):
    client.send("GET", "/items/1")
    client.send("GET", "/items?limit=%00")

    lines = docker("logs", stack.container(service)).splitlines()

    figure(f"log of {service}: {len(lines)} lines of JSON")
    assert lines
    assert [line for line in lines if not isinstance(json.loads(line), dict)] == []

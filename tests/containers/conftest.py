"""Builds the repository's image and brings its stack up once, as its README says.

`GATE_REPOSITORY` names the folder of a generated repository.
"""

import contextlib
import json
import os
import secrets
import tomllib
from pathlib import Path

import pytest

import support
from acme import Pebble
from facts import FACTS, ROWS, Facts, Rows
from support import FORWARDED, Answers, Authority, Client, PlainClient, Stack, docker, run, wait_for

PROJECT = "fastwright-tests"

# What is not there cannot be tested.
if (Path(os.environ["GATE_REPOSITORY"]) / "deploy/kubernetes").is_dir():
    needs_compose = ["behind_balancer", "broken", "compose", "doctor", "monitoring", "proxy", "rolling", "tasks", "watch"]
    collect_ignore = [f"test_{name}.py" for name in needs_compose]
else:
    collect_ignore = ["test_pod.py"]


@pytest.fixture(scope="session")
def marker() -> str:
    """A word that must never be found in an image."""
    return secrets.token_hex(16)


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory, marker: str) -> Path:
    """A checkout with what a careless user leaves lying about in it."""
    source = Path(os.environ["GATE_REPOSITORY"]).resolve()
    folder = support.copy_of(source, tmp_path_factory.mktemp("repository") / source.name)
    (folder / ".env").write_text(f"APP_DATABASE_URL=postgresql://user:{marker}@host/name\n")
    (folder / "id_rsa").write_text(marker)
    return folder


@pytest.fixture(scope="session")
def answers(repository: Path) -> Answers:
    given = tomllib.loads((repository / ".fastwright.toml").read_text())["answers"]
    example = repository / "deploy/compose/.env.example"
    if example.exists():
        image = next(line for line in example.read_text().splitlines() if line.startswith("APP_IMAGE=")).partition("=")[2]
    else:
        image = given["image"]
    return Answers(given["domain"], image, given["database"], given["proxy"], given["tls"])


@pytest.fixture(scope="session")
def facts(answers: Answers) -> Facts:
    if answers.proxy == "none":
        pytest.skip("the repository has no proxy")
    return FACTS[answers.proxy]


@pytest.fixture(scope="session")
def rows(answers: Answers) -> Rows:
    return ROWS[answers.database]


@pytest.fixture(scope="session")
def image(repository: Path, answers: Answers) -> str:
    """The image under the name that .env.example gives it."""
    docker("build", "--tag", answers.image, ".", cwd=repository, timeout=600)
    return answers.image


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory, answers: Answers) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), answers.domain)


@pytest.fixture(scope="session")
def stack(repository: Path, image: str, authority: Authority, answers: Answers, tmp_path_factory: pytest.TempPathFactory):
    """The production stack, brought up by the commands of the README's section Deploy."""
    # Not the project's own name: on a developer's machine that could be a stack that is in use.
    os.environ["COMPOSE_PROJECT_NAME"] = PROJECT
    folder = repository / "deploy/compose"
    stack = Stack(folder)
    if answers.tls == "files":
        for file in (authority.chain, authority.key):
            (folder / file.name).write_bytes(file.read_bytes())
    if answers.proxy != "none" and answers.tls == "upstream":
        trust(repository / "deploy" / answers.proxy, FACTS[answers.proxy].trusted)
    down = ["--profile", "rollout", "--profile", "monitoring", "down", "--volumes", "--timeout", "5"]
    try:
        # What an interrupted run may have left: a database with another password.
        (folder / ".env").write_text((folder / ".env.example").read_text())
        stack.compose(*down)
        (folder / ".env").unlink()
        with contextlib.ExitStack() as services:
            if answers.tls == "acme":
                gateway = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
                pebble = services.enter_context(Pebble(tmp_path_factory.mktemp("pebble"), gateway))
                pebble.known_to(repository / "deploy/traefik/static.yaml", repository / "deploy/traefik")
                authority.ca = pebble.root
            run("sh", "-euc", support.documented_commands(repository / "README.md", "Deploy"), cwd=repository)
            names = stack.compose("ps", "--all", "--services").splitlines()
            stack.first = {name: stack.inspect(name)["State"] for name in names}
            yield stack
    except AssertionError:
        print(stack.compose("logs", "--no-color", check=False))
        raise
    finally:
        stack.compose(*down, check=False)


def trust(folder: Path, replaced: dict[str, str]) -> None:
    """Name the balancer's addresses, as the README tells: those that this host has on the two networks of the tests."""
    left = set(replaced)
    for file in (file for file in folder.rglob("*") if file.is_file()):
        text = file.read_text()
        for before, after in replaced.items():
            left -= {before} if before in text else set()
            text = text.replace(before, after)
        file.write_text(text)
    assert left == set()


@pytest.fixture(scope="session")
def client(stack: Stack, answers: Answers, authority: Authority) -> Client:
    """Talks to the published port."""
    if answers.proxy == "none":
        return PlainClient("127.0.0.1", answers.domain, authority.ca, 8000)
    if answers.tls == "upstream":
        return PlainClient("127.0.0.1", answers.domain, authority.ca, 80, FORWARDED)
    client = Client("127.0.0.1", answers.domain, authority.ca)
    if answers.tls == "acme":
        wait_for(lambda: obtained(client), "the proxy has obtained a certificate", 60)
    return client


def obtained(client: Client) -> bool:
    try:
        client.connect().close()
    except OSError:
        return False
    return True


@pytest.fixture
def ask_as_strangers(stack: Stack, image: str):
    """Sends a request from a container on the proxy's network, which is no address of the balancer."""
    code = """
import http.client, json, sys
connection = http.client.HTTPConnection(sys.argv[1], 8080)
connection.request("GET", sys.argv[2], headers=json.loads(sys.argv[3]))
print(connection.getresponse().status)
"""
    network, proxy = f"{stack.config()['name']}_edge", stack.address("proxy", "edge")

    def ask(path: str, headers: dict[str, str]) -> list[int]:
        said = docker("run", "--rm", f"--network={network}", image, "python", "-c", code, proxy, path, json.dumps(headers))
        return [int(said)]

    return ask


@pytest.fixture(scope="session")
def echo_stack(client: Client, repository: Path):
    """The same proxy in front of a program that tells what it is sent."""
    folder = repository / "deploy/compose"
    (folder / "echo.py").write_text((Path(__file__).parent / "echo.py").read_text())
    (folder / "compose.echo.yaml").write_text(
        "services:\n"
        "  app: {command: [python, /echo.py], volumes: ['./echo.py:/echo.py:ro']}\n"
        "  proxy: {ports: !reset []}\n"
    )
    settings = (folder / ".env").read_text()
    (folder / ".env.echo").write_text(settings.replace("EDGE_PREFIX=172.30.90", "EDGE_PREFIX=172.30.91"))
    other = Stack(folder, ["compose.yaml", "compose.echo.yaml"], "echo", ".env.echo")
    try:
        other.compose("up", "--detach", "--no-deps", "--wait", "app", "proxy")
        yield other
    finally:
        other.compose("down", "--timeout", "1", check=False)


@pytest.fixture(scope="session")
def echo(echo_stack: Stack, answers: Answers, authority: Authority) -> Client:
    if answers.tls == "upstream":
        return PlainClient("172.30.91.2", answers.domain, authority.ca, 8080, FORWARDED)
    return Client("172.30.91.2", answers.domain, authority.ca, 8443)


def pytest_terminal_summary(terminalreporter) -> None:
    if support.FIGURES:
        terminalreporter.section("measured")
        for line in support.FIGURES:
            terminalreporter.line(line)

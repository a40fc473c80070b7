"""Installs the repository on this machine, as its README says. Runs on a machine that is thrown away, as root."""

import contextlib
import socket
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import support
from acme import Pebble
from facts import FACTS, ROWS, Facts, Rows
from support import FORWARDED, Authority, Client, PlainClient, read_answer, request, run

REPOSITORY = Path("/root/repository")
# Where TLS ends in front, this machine has the address of a balancer, which the repository trusts as it is, and one of a stranger:
# what connects to the proxy from the first is the balancer, and from every other address a stranger, this machine itself too.
BALANCER, STRANGER = "10.0.0.1", "192.0.2.1"


@dataclass(frozen=True)
class Answers:
    """What the tests must know about the repository."""

    name: str
    package: str
    domain: str
    database: str
    proxy: str
    tasks: str
    tls: str
    metrics: bool


@pytest.fixture(scope="session")
def answers() -> Answers:
    given = tomllib.loads((REPOSITORY / ".fastwright.toml").read_text())["answers"]
    return Answers(**{key: given[key] for key in Answers.__dataclass_fields__})


@pytest.fixture(scope="session")
def facts(answers: Answers) -> Facts:
    return FACTS[answers.proxy]


@pytest.fixture(scope="session")
def rows(answers: Answers) -> Rows:
    return ROWS[answers.database]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory, answers: Answers) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), answers.domain)


@pytest.fixture(scope="session")
def installed(answers: Answers, authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # Credentials are mounts, which have to reach the services; a real machine shares them from the start.
    run("mount", "--make-rshared", "/")
    prepare_proxy(answers)
    if answers.database == "postgres":
        prepare_postgres(answers)
    if answers.tasks != "none":
        prepare_broker()
    if answers.database == "sqlite":
        # The load is of more writers at a time than SQLite is for; none of them shall have to give up.
        with (REPOSITORY / "deploy/systemd/app.env").open("a") as file:
            file.write("APP_REQUEST_TIMEOUT=60\n")
    with contextlib.ExitStack() as services:
        if answers.tls == "files":
            for file in (authority.chain, authority.key):
                (REPOSITORY / file.name).write_bytes(file.read_bytes())
        elif answers.tls == "upstream":
            for address in (BALANCER, STRANGER):
                run("ip", "address", "add", f"{address}/32", "dev", "lo")
        else:
            pebble = services.enter_context(Pebble(tmp_path_factory.mktemp("pebble"), "127.0.0.1"))
            if answers.proxy == "traefik":
                Path("/etc/traefik").mkdir()
                pebble.known_to(REPOSITORY / "deploy/traefik/static.yaml", Path("/etc/traefik"))
            else:
                pebble.known_to_certbot()
            authority.ca = pebble.root
        commands = support.documented_commands(REPOSITORY / "README.md", "Deploy")
        try:
            run("sh", "-euc", commands, cwd=REPOSITORY)
        except AssertionError:
            print(run("journalctl", "--no-pager", "--lines", "100").stdout)
            raise
        yield


def prepare_proxy(answers: Answers) -> None:
    """What the package of nginx.org brings along."""
    run("systemctl", "disable", "--now", "nginx")
    if answers.proxy == "nginx":
        run("useradd", "--system", "--no-create-home", "nginx")
        run("chown", "--recursive", "nginx", "/var/lib/nginx")


def prepare_postgres(answers: Answers) -> None:
    run("systemctl", "start", "postgresql")
    package = answers.package
    support.wait_for(lambda: run("pg_isready", check=False).returncode == 0, "PostgreSQL")
    for command in (f"CREATE USER {package} PASSWORD 'secret'", f"CREATE DATABASE {package} OWNER {package}"):
        run("su", "postgres", "-c", f'psql --quiet --command "{command}"')
    (REPOSITORY / "app_database_url").write_text(f"postgresql://{package}:secret@127.0.0.1:5432/{package}")


def prepare_broker() -> None:
    with Path("/etc/redis/redis.conf").open("a") as file:
        file.write("requirepass secret\nappendonly yes\nmaxmemory-policy noeviction\n")
    run("systemctl", "start", "redis-server")
    (REPOSITORY / "app_broker_url").write_text("redis://:secret@127.0.0.1:6379/0")


@pytest.fixture(scope="session")
def client(installed: None, answers: Answers, authority: Authority) -> Client:
    if answers.tls == "upstream":
        client = PlainClient(BALANCER, answers.domain, authority.ca, 80, FORWARDED)
    else:
        client = Client("127.0.0.1", answers.domain, authority.ca)
    support.wait_for(lambda: reachable(client), "the proxy")
    return client


def reachable(client: Client) -> bool:
    try:
        return client.send("GET", "/health").status == 200
    except OSError:
        return False


@pytest.fixture
def ask_as_strangers(client: Client) -> Callable[[str, dict[str, str]], list[int]]:
    """Sends a request from each kind of address that is not the balancer's."""
    ways = [(BALANCER, (STRANGER, 0)), ("127.0.0.1", None), ("::1", None)]

    def ask(path: str, headers: dict[str, str]) -> list[int]:
        statuses = []
        for address, source in ways:
            with socket.create_connection((address, client.port), timeout=10, source_address=source) as connection:
                connection.sendall(request("GET", path, client.domain, {"Connection": "close", **headers}))
                statuses.append(read_answer(connection).status)
        return statuses

    return ask


def pytest_terminal_summary(terminalreporter) -> None:
    if support.FIGURES:
        terminalreporter.section("measured")
        for line in support.FIGURES:
            terminalreporter.line(line)

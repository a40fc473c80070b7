"""Brings the repository into a cluster once, as its README says. Runs inside `cluster-env`.

`GATE_REPOSITORY` names the folder of a repository for Kubernetes, with Traefik, PostgreSQL, workers and certificates that are files.
"""

import os
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

# What is tested in containers is asked likewise.
sys.path.insert(0, str(Path(__file__).parents[1] / "containers"))

import bad
import support
from cluster import Cluster
from doctor import Doctor
from facts import ROWS, Rows
from support import Answers, Authority, Client, docker, run, wait_for

DATABASE = Path(__file__).parent / "database.yaml"


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = Path(os.environ["GATE_REPOSITORY"]).resolve()
    return support.copy_of(source, tmp_path_factory.mktemp("repository") / source.name)


@pytest.fixture(scope="session")
def answers(repository: Path) -> Answers:
    given = tomllib.loads((repository / ".fastwright.toml").read_text())["answers"]
    return Answers(given["domain"], given["image"], given["database"], given["proxy"], given["tls"])


@pytest.fixture(scope="session")
def rows(answers: Answers) -> Rows:
    return ROWS[answers.database]


@pytest.fixture(scope="session")
def image(repository: Path, answers: Answers) -> str:
    docker("build", "--tag", answers.image, ".", cwd=repository, timeout=600)
    return answers.image


@pytest.fixture(scope="session")
def push(answers: Answers) -> Callable[[str], str]:
    """Put an image that docker has into the registry; returns its digest."""

    def push(image: str) -> str:
        return run("cluster-push", image, f"{answers.image}:{image.rpartition(':')[2]}").stdout.strip()

    return push


@pytest.fixture
def build(image: str, repository: Path, tmp_path: Path, push: Callable[[str], str]) -> Callable[[str, str], str]:
    """Another version, by the code of the layer that answers in it; returns its digest."""
    return lambda tag, code: push(bad.build(f"{image}:latest", repository, tmp_path, tag, code))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory, answers: Answers) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"), answers.domain)


@pytest.fixture(scope="session")
def surroundings(repository: Path) -> None:
    """What the README asks of the cluster. A node of two CPUs has no room for what an autoscaler might add."""
    run("cluster-gateway", "traefik")
    run("cluster-crds", "monitoring.coreos.com")
    run("kubectl", "--namespace=kube-system", "scale", "deployment/metrics-server", "--replicas=0")
    # A namespace is only taken away while every API answers.
    run("kubectl", "delete", "apiservice/v1beta1.metrics.k8s.io")
    package = next((repository / "src").glob("*/main.py")).parent.name
    text = DATABASE.read_text().replace("NAME", package)
    for image in ("postgres:18", "valkey/valkey:9.1"):
        run("cluster-push", image, image)
    run("sh", "-c", f"kubectl apply --filename - <<'END'\n{text}\nEND\n")
    for name in ("database", "broker"):
        run("kubectl", "--namespace=database", "rollout", "status", f"deployment/{name}", "--timeout=120s")


@pytest.fixture(scope="session")
def cluster(repository: Path, image: str, push: Callable[[str], str], surroundings: None, authority: Authority) -> Cluster:
    """An empty cluster, after the commands of the README's section Deploy."""
    folder = repository / "deploy/kubernetes"
    for file in (authority.chain, authority.key):
        (folder / file.name).write_bytes(file.read_bytes())
    digest = push(f"{image}:latest")
    commands = support.documented_commands(repository / "README.md", "Deploy")
    commands = commands.replace("user:password@host:5432", "user:password@database.database:5432")
    # The broker here speaks no TLS.
    commands = commands.replace("rediss://:password@host:6379", "redis://:password@broker.database:6379")
    assert commands.endswith("./rollout.sh production sha256:…\n")
    first = run("sh", "-euc", commands.replace("sha256:…", digest), cwd=repository, timeout=300)
    return Cluster(folder, repository.name, digest, first)


@pytest.fixture(scope="session")
def client(cluster: Cluster, answers: Answers, authority: Authority) -> Client:
    """Talks to a pod of the gateway, which sees its address."""
    addresses = run("kubectl", "--namespace=traefik", "get", "pods", "--output=jsonpath={.items[*].status.podIP}").stdout.split()
    client = Client(addresses[0], answers.domain, authority.ca, 8443)
    wait_for(lambda: client.send("GET", "/health").status == 200, "the gateway has the routes", 60)
    return client


@pytest.fixture
def doctor(cluster: Cluster) -> Doctor:
    return Doctor(cluster.folder, "./rollout.sh", ("production", "--doctor"))


def pytest_terminal_summary(terminalreporter) -> None:
    if support.FIGURES:
        terminalreporter.section("measured")
        for line in support.FIGURES:
            terminalreporter.line(line)

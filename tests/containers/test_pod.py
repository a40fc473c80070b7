"""The pods of the cluster, played in Docker as their manifests say: start, probes, an absent database, the end under load."""

import asyncio
import json
import re
import threading
import time
from pathlib import Path

import pytest
import yaml

import pod as kubelet
from facts import Rows
from load import Load
from pod import Cluster, Probes
from support import Answers, PlainClient, docker, figure, inspect, run, wait_for

NETWORK = "fastwright-pod"
PASSWORD = "of-the-tests"
# What the images of the databases call the same things, and how they are asked whether they are ready.
DATABASES = {
    "postgres": (["POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"], ["pg_isready", "--quiet", "--host=127.0.0.1"]),
    "mariadb": (
        ["MARIADB_USER", "MARIADB_PASSWORD", "MARIADB_DATABASE"], ["healthcheck.sh", "--connect", "--innodb_initialized"],
    ),
}


@pytest.fixture(scope="module")
def package(repository: Path) -> str:
    return next(path.name for path in (repository / "src").iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def network():
    docker("network", "create", NETWORK)
    yield NETWORK
    docker("network", "rm", NETWORK, check=False)


@pytest.fixture(scope="module")
def database(repository: Path, answers: Answers, network: str, package: str):
    """What is a service elsewhere in production, by the image that development uses. None if there is none."""
    if answers.database not in DATABASES:
        yield None
        return
    names, ready = DATABASES[answers.database]
    values = [f"--env={name}={value}" for name, value in zip(names, (package, PASSWORD, package), strict=True)]
    services = yaml.safe_load((repository / "compose.dev.yaml").read_text())["services"]
    image = next(service["image"] for service in services.values() if service["image"].startswith(answers.database))
    random = ["--env=MARIADB_RANDOM_ROOT_PASSWORD=1"] if answers.database == "mariadb" else []
    container = docker("run", "--detach", f"--network={network}", "--network-alias=database", *values, *random, image)
    try:
        wait_for(lambda: run("docker", "exec", container, *ready, check=False).returncode == 0, "the database answers")
        yield container
    finally:
        docker("rm", "--force", "--volumes", container)


@pytest.fixture(scope="module")
def cluster(repository: Path, tmp_path_factory: pytest.TempPathFactory, network: str, package: str) -> Cluster:
    """The objects of production, with the Secret that the README makes."""
    objects = kubelet.manifests(repository / "deploy/kubernetes/overlays/production")
    made = dict(re.findall(r"(?m)^printf '(\S+)' >(\w+)$", (repository / "README.md").read_text()))
    values = {file: text.replace("user:password@host", f"{package}:{PASSWORD}@database") for text, file in made.items()}
    (account,) = objects["ServiceAccount"]
    return Cluster(objects, {account["metadata"]["name"]: values}, network, tmp_path_factory.mktemp("secrets"))


@pytest.fixture(scope="module")
def migrated(cluster: Cluster, database: str | None, image: str) -> list[tuple[int, str]]:
    """How the Job of the migration ended: twice at once, and once more afterwards."""
    if database is None:
        return []
    (job,) = cluster.objects["Job"]
    pod = job["spec"]["template"]["spec"]
    begin = time.monotonic()
    both = [cluster.run(pod, image) for _ in range(2)]
    ends = [(int(docker("wait", one)), kubelet.logs(one)) for one in both]
    figure(f"migration, twice at once: {time.monotonic() - begin:.1f} s")
    again = cluster.run(pod, image)
    ends.append((int(docker("wait", again)), kubelet.logs(again)))
    docker("rm", *both, again)
    return ends


@pytest.fixture(scope="module")
def template(cluster: Cluster) -> dict:
    """The pod of the application."""
    component = "app.kubernetes.io/component"
    (api,) = (one for one in cluster.objects["Deployment"] if one["metadata"]["labels"][component] == "api")
    return api["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def running(cluster: Cluster, template: dict, image: str, database: str | None, migrated: list[tuple[int, str]]):
    """A pod of the application that has passed its startup probe."""
    container = cluster.run(template, image)
    try:
        seconds = kubelet.start(template, container)
        figure(f"pod: started after {seconds:.1f} s with {template['containers'][0]['resources']['limits']['cpu']} CPU")
        yield container
    finally:
        docker("rm", "--force", container)


def test_two_migrations_at_once_end_well(migrated: list[tuple[int, str]], database: str | None):
    if database is None:
        pytest.skip("there is no database")

    assert [status for status, _ in migrated] == [0, 0, 0], "\n".join(said for _, said in migrated)
    # Only one of the two had something to do, and nothing was left for the third.
    upgrades = [said.count("Running upgrade") for _, said in migrated]
    assert sorted(upgrades[:2]) == [0, max(upgrades)]
    assert upgrades[2] == 0 < max(upgrades)


def test_the_pod_is_what_its_manifest_says(running: str, template: dict):
    status = dict(line.split(":\t", 1) for line in docker("exec", running, "cat", "/proc/1/status").splitlines())
    context = template["securityContext"]

    assert status["Uid"].split() == [str(context["runAsUser"])] * 4
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert docker("exec", running, "find", "/app", "/opt/venv", "-writable", "-not", "-type", "l") == ""
    assert docker("diff", running) in ("", "C /run\nA /run/secrets")
    assert kubelet.attempt(template, running, "readinessProbe") == 200
    assert {json.loads(line)["level"] for line in kubelet.logs(running).splitlines()} == {"INFO"}


def test_a_pod_that_waits_for_its_database_lives_and_is_not_ready(running: str, template: dict, database: str | None):
    if database is None:
        pytest.skip("there is no database")

    with Probes(template, running) as probes:
        docker("stop", "--time=10", database)
        wait_for(lambda: 503 in probes.statuses["readinessProbe"], "not ready", 30)
        alive = [kubelet.attempt(template, running, "livenessProbe") for _ in range(20)]
        docker("start", database)
        wait_for(lambda: probes.statuses["readinessProbe"][-1] == 200, "ready again", 30)

    figure(f"database stopped and started: {probes.statuses}")
    assert set(alive + probes.statuses["livenessProbe"]) == {200}
    # Each answer came in time for the probe, also where it told of a database that does not answer.
    assert set(probes.statuses["readinessProbe"]) == {200, 503}


def test_a_pod_that_is_ended_under_load_loses_no_request(running: str, template: dict, answers: Answers, rows: Rows):
    """The gateway goes on for most of preStop. One request is half sent when the pod is told to stop."""
    container = template["containers"][0]
    port, sleep = container["ports"][0]["containerPort"], container["lifecycle"]["preStop"]["sleep"]["seconds"]
    gateway = PlainClient(kubelet.address(running), answers.domain, Path(), port)
    load = Load(gateway, "pod", rows.post)
    ended: list[tuple[int, float]] = []

    async def scenario() -> None:
        sending = asyncio.create_task(load.http1(connections=8))
        await asyncio.sleep(2)
        ending = threading.Thread(target=lambda: ended.append(kubelet.terminate(template, running)))
        ending.start()
        await asyncio.sleep(sleep - 1)
        load.stop()
        await sending
        # Idle, as a gateway keeps it; and one on which a slow client is heard.
        idle = await asyncio.open_connection(gateway.address, gateway.port)
        reader, writer = await asyncio.open_connection(gateway.address, gateway.port)
        body = b"not json"
        writer.write(gateway.request("POST", rows.post[0], {"Content-Type": "application/json"}, body)[: -len(body)])
        await asyncio.sleep(4)
        assert inspect(running)["State"]["Running"]
        writer.write(body)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 422 "), head
        await asyncio.to_thread(ending.join)
        idle[1].close()
        writer.close()

    asyncio.run(scenario())

    (status, left), = ended
    figure(f"pod ended under load: {load.failed} of {load.requests} failed, longest {load.longest:.1f} s, exit {status}, {left:.1f} s left")
    assert dict(load.failures) == {}
    assert load.requests > 500
    assert status in (0, 143)
    assert left > 5
    assert not inspect(running)["State"]["OOMKilled"]
    assert [line for line in kubelet.logs(running).splitlines() if not isinstance(json.loads(line), dict)] == []

"""The pods of the cluster, played in Docker as their manifests say: start, probes, an absent database, the end under load."""

import asyncio
import json
import re
import shlex
import threading
import time
from pathlib import Path

import pytest
import yaml

import pod as kubelet
import slow
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
    """The objects of production, with the Secret that the README makes: of passwords and hosts of this test."""
    objects = kubelet.manifests(repository / "deploy/kubernetes/overlays/production")
    made = dict(re.findall(r"(?m)^printf '(\S+)' >(\w+)$", (repository / "README.md").read_text()))
    database, broker = ("user:password@host", f"{package}:{PASSWORD}@database"), (":password@host", f":{PASSWORD}@broker")
    # The broker here speaks no TLS.
    values = {file: text.replace(*database).replace(*broker).replace("rediss:", "redis:") for text, file in made.items()}
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


def pods(cluster: Cluster, component: str) -> list[dict]:
    label = "app.kubernetes.io/component"
    return [one["spec"]["template"]["spec"] for one in cluster.objects["Deployment"] if one["metadata"]["labels"][label] == component]


@pytest.fixture(scope="module")
def template(cluster: Cluster) -> dict:
    """The pod of the application."""
    (pod,) = pods(cluster, "api")
    return pod


@pytest.fixture(scope="module")
def broker(repository: Path, network: str):
    """Likewise. None if there are no tasks."""
    development = repository / "compose.dev.yaml"
    services = yaml.safe_load(development.read_text())["services"] if development.exists() else {}
    image = next((service["image"] for service in services.values() if service["image"].startswith("valkey/")), None)
    if image is None:
        yield None
        return
    container = docker("run", "--detach", f"--network={network}", "--network-alias=broker", image, "valkey-server", "--requirepass", PASSWORD)
    yield container
    docker("rm", "--force", "--volumes", container)


@pytest.fixture(scope="module")
def worker(cluster: Cluster) -> dict:
    """The pod that runs tasks."""
    found = pods(cluster, "worker")
    if not found:
        pytest.skip("the repository has no workers")
    return found[0]


@pytest.fixture(scope="module")
def workers(cluster: Cluster, worker: dict, image: str, broker: str | None, repository: Path, tmp_path_factory: pytest.TempPathFactory):
    """Two such pods that have passed their startup probes. Their task takes as long as its items say."""
    name = slow.build(image, repository, tmp_path_factory.mktemp("slow"))
    both = [cluster.run(worker, name) for _ in range(2)]
    try:
        for one in both:
            figure(f"worker's pod: started after {kubelet.start(worker, one):.1f} s")
        yield both
    finally:
        docker("rm", "--force", *both)


@pytest.fixture(scope="module")
def running(cluster: Cluster, template: dict, image: str, broker: str | None, migrated: list[tuple[int, str]]):
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


def test_every_pod_is_of_the_image_that_is_built(cluster: Cluster, image: str):
    owners = [*cluster.objects["Deployment"], *cluster.objects.get("Job", [])]

    assert {one["image"].partition("@")[0] for owner in owners for one in owner["spec"]["template"]["spec"]["containers"]} == {image}


def test_the_pod_is_what_its_manifest_says(running: str, template: dict):
    closed_in(running, template)


def closed_in(container: str, pod: dict) -> None:
    status = dict(line.split(":\t", 1) for line in docker("exec", container, "cat", "/proc/1/status").splitlines())

    assert status["Uid"].split() == [str(pod["securityContext"]["runAsUser"])] * 4
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert docker("exec", container, "find", "/app", "/opt/venv", "-writable", "-not", "-type", "l") == ""
    assert docker("diff", container) in ("", "C /run\nA /run/secrets")
    assert kubelet.passes(pod, container, "readinessProbe")
    assert {json.loads(line)["level"] for line in kubelet.logs(container).splitlines()} <= {"INFO"}


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


def send(running: str, template: dict, answers: Answers, item: str, count: int) -> list[str]:
    """Ask the application for so many reports and return the tasks' ids."""
    api = PlainClient(kubelet.address(running), answers.domain, Path(), template["containers"][0]["ports"][0]["containerPort"])
    body = json.dumps({"counts": [{"name": item}]}).encode()
    requested = [api.send("POST", "/reports", {"Content-Type": "application/json"}, body) for _ in range(count)]
    assert {one.status for one in requested} == {202}
    return [one.json()["id"] for one in requested]


def test_the_pods_of_workers_are_what_their_manifest_says(workers: list[str], worker: dict):
    for one in workers:
        closed_in(one, worker)
        assert kubelet.passes(worker, one, "livenessProbe")


def test_a_worker_that_hangs_is_found_out(workers: list[str], worker: dict):
    """Its file is not touched for a minute, so far as the probe can tell."""
    (path,) = re.findall(r'os\.stat\("([^"]+)"\)', worker["containers"][0]["livenessProbe"]["exec"]["command"][-1])
    probe = shlex.join(worker["containers"][0]["livenessProbe"]["exec"]["command"])
    old = f"touch --date='1 minute ago' {path}; {probe}"

    # The worker itself may have touched it in between.
    wait_for(lambda: run("docker", "exec", workers[0], "sh", "-c", old, check=False).returncode == 1, "the probe fails", 20)
    wait_for(lambda: kubelet.passes(worker, workers[0], "livenessProbe"), "the probe passes again", 20)


def test_a_worker_that_is_ended_finishes_or_returns_its_tasks(
    running: str, template: dict, workers: list[str], worker: dict, answers: Answers
):
    ids = send(running, template, answers, "slow-1000", 60)
    wait_for(lambda: slow.done(slow.lines(workers[0]), ids), "the first task is done")
    status, left = kubelet.terminate(worker, workers[0])
    logged = slow.lines(workers[0])

    def done() -> list[str]:
        return slow.done([*logged, *slow.lines(workers[1])], ids)

    wait_for(lambda: len(set(done())) == len(ids), "all tasks are done")

    figure(f"worker's pod ended with tasks of 1 s: exit {status}, {left:.1f} s left, it did {len(slow.done(logged, ids))} of {len(ids)}")
    assert sorted(done()) == sorted(ids)
    assert status in (0, 143)
    assert left > 5


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
        assert head.startswith(b"HTTP/1.1 400 "), head
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

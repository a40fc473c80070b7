"""Tasks: sent through the API, done by workers that are stopped and killed, kept by a broker that is restarted.

Skipped for repositories without workers. The load goes to the application directly, because the proxy limits each client.
"""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

import slow
from slow import lines
from support import Answer, Client, Stack, docker, figure, kill, run, wait_for

COUNTS = {"counts": [{"name": "lamp", "quantity": 2}, {"name": "chair"}, {"name": "lamp"}]}
TASKS = 300
# Seconds: what a task may take here, and after how many a task of a worker that died is given to another one.
TIME_LIMIT, REDELIVERY = 5, 10
# What all processes of a worker have in their command.
PROGRAM = "tasks.worker"


@pytest.fixture(scope="module")
def package(repository: Path) -> str:
    if not (repository / "deploy/compose/compose.broker.yaml").exists():
        pytest.skip("the repository has no workers")
    return next((repository / "src").glob("*/tasks")).parent.name


@pytest.fixture(scope="module")
def workers(package: str, stack: Stack, image: str, repository: Path, tmp_path_factory: pytest.TempPathFactory):
    """Two workers whose task takes as long as its items say."""
    name = slow.build(image, repository, tmp_path_factory.mktemp("slow"))
    settings = stack.folder / "app.env"
    usual = settings.read_text()
    settings.write_text(f"{usual}APP_TASKS_TIME_LIMIT={TIME_LIMIT}\n")
    environment = stack.folder / ".env"
    before = environment.read_text()
    environment.write_text(before.replace("WORKER_REPLICAS=1", "WORKER_REPLICAS=2").replace(f"APP_IMAGE={image}", f"APP_IMAGE={name}"))
    stack.compose("up", "--detach", "--no-deps", "--wait", "app", "worker")
    yield lambda: stack.compose("ps", "--all", "--quiet", "worker").splitlines()
    environment.write_text(before)
    settings.write_text(usual)
    stack.compose("up", "--detach", "--no-deps", "--wait", "app", "worker")


def request_report(client: Client) -> Answer:
    return client.send("POST", "/reports", {"Content-Type": "application/json"}, json.dumps(COUNTS).encode())


def send(stack: Stack, name: str, count: int) -> list[str]:
    """Ask for so many reports, each until it is accepted, and return their ids."""
    code = f"""
import http.client, json, time
body = json.dumps({{"counts": [{{"name": "{name}"}}]}})
def post():
    connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=10)
    connection.request("POST", "/reports", body, {{"Content-Type": "application/json"}})
    answer = connection.getresponse()
    return answer.status, answer.read()
ids = []
while len(ids) < {count}:
    status, answer = post()
    if status == 202:
        ids.append(json.loads(answer)["id"])
    else:
        assert status == 503, (status, answer)
        time.sleep(0.2)
print(json.dumps(ids))
"""
    return json.loads(stack.python("app", code))


def written(stack: Stack, ids: list[str]) -> int:
    """Return how many of these reports are there."""
    code = f"""
import http.client, json
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=10)
found = 0
for identifier in {json.dumps(ids)}:
    connection.request("GET", "/reports/" + identifier)
    answer = connection.getresponse()
    body = answer.read()
    found += answer.status == 200 and json.loads(body)["totals"] != {{}}
print(found)
"""
    return int(stack.python("app", code))


def test_a_report_is_written_under_the_id_of_its_request(package: str, stack: Stack, client: Client):
    requested = request_report(client)
    assert requested.status == 202, requested.body
    location = requested.headers["location"]

    found = wait_for(lambda: (answer := client.send("GET", location)).status == 200 and answer, "the report", 20)

    assert found.json() == {"totals": {"chair": 1, "lamp": 3}}
    identifier = requested.headers["x-request-id"]
    seen = [line for line in lines(stack.container("worker")) if line.get("request_id") == identifier]
    assert [line["task_id"] for line in seen if "task_id" in line] == [requested.json()["id"]]


@pytest.mark.parametrize("service", ["worker", "broker"])
def test_a_container_has_no_more_than_it_needs(package: str, stack: Stack, service: str):
    container = stack.inspect(service)
    host = container["HostConfig"]

    assert (host["ReadonlyRootfs"], host["CapDrop"], host["CapAdd"], host["Init"]) == (True, ["ALL"], None, True)
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert min(host["Memory"], host["PidsLimit"]) > 0
    # Either a limit, or others come first.
    assert host["NanoCpus"] > 0 or host["CpuShares"] < 1024
    assert container["Config"]["User"].partition(":")[0] not in ("", "0", "root")
    assert not host["PortBindings"]
    assert container["State"]["Health"]["Status"] == "healthy"


def test_the_proxy_cannot_reach_the_broker(package: str, stack: Stack):
    networks = {name: set(stack.inspect(name)["NetworkSettings"]["Networks"]) for name in ("proxy", "broker")}

    assert not networks["proxy"] & networks["broker"]
    assert stack.config()["networks"]["tasks"]["internal"] is True


def test_without_the_broker_the_application_and_the_worker_live(package: str, stack: Stack, client: Client):
    stack.compose("stop", "broker")
    try:
        health, requested = client.send("GET", "/health").status, request_report(client).status
        time.sleep(5)
        state = stack.inspect("worker")["State"]
    finally:
        stack.compose("start", "broker")
    wait_for(lambda: request_report(client).status == 202, "accepted again", 30)

    assert (health, requested) == (200, 503)
    assert (state["Status"], state["Health"]["Status"]) == ("running", "healthy")


def test_a_worker_that_is_stopped_ends_its_task(stack: Stack, workers):
    ids = send(stack, "slow-3000", 2)
    time.sleep(1)

    start = time.monotonic()
    stack.compose("stop", "worker")
    took = time.monotonic() - start
    # No worker is left to do it now.
    done = written(stack, ids)
    codes = {docker("inspect", "--format", "{{.State.ExitCode}}", one) for one in workers()}
    stack.compose("start", "worker")

    figure(f"workers with tasks of 3 s stopped in {took:.1f} s")
    assert done == 2
    assert codes <= {"0", "143"}
    assert took < 20


def test_killed_workers_and_a_restarted_broker_lose_no_task(stack: Stack, workers):
    start = time.monotonic()
    ids = send(stack, "slow-200", TASKS // 3)
    kill(workers()[0], PROGRAM)
    ids += send(stack, "slow-200", TASKS // 3)
    stack.compose("restart", "broker")
    kill(workers()[1], PROGRAM)
    ids += send(stack, "slow-200", TASKS - len(ids))
    kill(stack.container("broker"), "valkey-server")
    sent = time.monotonic()
    restarts = [docker("inspect", "--format", "{{.RestartCount}}", one) for one in [*workers(), stack.container("broker")]]

    wait_for(lambda: written(stack, ids) == TASKS, "all reports", 90)

    done = [task for one in workers() for task in slow.done(lines(one), ids)]
    figure(
        f"{TASKS} tasks, two workers killed, the broker restarted and killed: sent in {sent - start:.1f} s,"
        f" all done {time.monotonic() - sent:.1f} s later, {len(done) - TASKS} of them twice"
    )
    assert len(set(ids)) == TASKS
    assert "0" not in restarts


def test_every_line_of_a_worker_is_json(stack: Stack, workers):
    for one in workers():
        count = len(lines(one))
        figure(f"log of a worker: {count} lines of JSON")
        assert count


def test_a_rollout_while_tasks_run_has_each_done_once(stack: Stack, workers, tmp_path: Path):
    """To an image after this one and back, with more tasks waiting than can be done meanwhile."""
    environment = stack.folder / ".env"
    image = re.search("(?m)^APP_IMAGE=(.*)$", environment.read_text())[1]
    successor = image.rpartition(":")[0] + ":slow-next"
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nLABEL org.opencontainers.image.version=next\n")
    docker("build", "--tag", successor, str(tmp_path))
    said: list[Path] = []

    def listen() -> None:
        """What a container has said goes with it, so somebody has to listen until it goes."""
        for one in workers():
            said.append(tmp_path / one)
            with said[-1].open("w") as file:
                listening.append(subprocess.Popen(["docker", "logs", "--follow", one], stdout=file, stderr=subprocess.STDOUT))

    listening: list[subprocess.Popen] = []
    ids = []
    for argument in (successor, "--back"):
        ids += send(stack, "slow-500", TASKS)
        listen()
        before = set(workers())
        start = time.monotonic()
        run("./rollout.sh", argument, cwd=stack.folder)
        figure(f"rollout.sh {argument.rpartition('/')[2]} with {TASKS} tasks of 0.5 s before it: {time.monotonic() - start:.1f} s")
        assert not before & set(workers())
    wait_for(lambda: written(stack, ids) == len(ids), "all reports", 180)
    listen()
    time.sleep(1)
    for one in listening:
        one.terminate()
        one.wait()

    logged = [json.loads(line) for file in said for line in file.read_text().splitlines()]
    done = slow.done(logged, ids)
    assert len(done) == len(set(done)) == len(ids)


LEFT = """
local left = {}
for _, key in ipairs(redis.call('KEYS', '*')) do
    local kind = redis.call('TYPE', key).ok
    local count = ({stream = 'XLEN', list = 'LLEN', hash = 'HLEN'})[kind]
    if count and redis.call('TTL', key) == -1 and redis.call(count, key) > 0 then left[#left + 1] = key end
end
return left
"""


def test_when_all_is_done_the_broker_keeps_results_only_and_those_for_a_time(stack: Stack, workers):
    program = "REDISCLI_AUTH=$(cut -d' ' -f2 /run/secrets/broker_password) valkey-cli --no-raw eval \"$0\" 0"

    def left() -> str:
        return docker("exec", stack.container("broker"), "sh", "-c", program, LEFT)

    wait_for(lambda: left() == "(empty array)", f"an empty broker, not {left()}", 2 * REDELIVERY)

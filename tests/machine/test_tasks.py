"""The workers on a machine with systemd: tasks that are sent, while workers are replaced, stopped, killed and hang.

Skipped for repositories without workers.
"""

import http.client
import json
import re
import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Event

import pytest

from conftest import REPOSITORY, Answers
from support import Client, figure, run, wait_for
from test_machine import deploy, linked

SYSTEM = Path("/etc/systemd/system")
# Seconds: what a task may take here, and after how many a task of a worker that died is given to another one.
TIME_LIMIT, REDELIVERY = 10, 20
# Tasks at a time of each worker.
CONCURRENCY = 4


@pytest.fixture(scope="module", autouse=True)
def _tasks(answers: Answers) -> None:
    if answers.tasks == "none":
        pytest.skip("the repository has no workers")


@pytest.fixture(scope="module")
def slow(client: Client, answers: Answers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that is deployed with two workers; its task says that it begins, and lasts as long as an item's name says."""
    checkout = tmp_path_factory.mktemp("slow") / "repository"
    shutil.copytree(REPOSITORY, checkout)
    tasks = checkout / f"src/{answers.package}/reports/tasks.py"
    text = tasks.read_text()
    sleep = "await __import__('asyncio').sleep" if "async def" in text else "__import__('time').sleep"
    begin = next(line for line in text.splitlines() if line.startswith("    return "))
    first = f"""
    name = (counts if isinstance(counts, dict) else counts.model_dump())["counts"][0]["name"]
    __import__("logging").getLogger(__name__).info("begun %s", name)
    {sleep}(float(name.split(" s ")[0]) if " s " in name else 0)
"""
    tasks.write_text(text.replace(begin, first + begin))
    set_workers(answers, 2)
    with settings(answers).open("a") as file:
        file.write(f"APP_TASKS_CONCURRENCY={CONCURRENCY}\nAPP_TASKS_TIME_LIMIT={TIME_LIMIT}\n")
    replaced(checkout)
    return checkout


def settings(answers: Answers) -> Path:
    return Path(f"/etc/{answers.name}/app.env")


def set_workers(answers: Answers, count: int) -> None:
    text, found = re.subn("(?m)^WORKER_REPLICAS=.*$", f"WORKER_REPLICAS={count}", settings(answers).read_text())
    assert found == 1
    settings(answers).write_text(text)


def replaced(checkout: Path, *arguments: str) -> None:
    done = deploy(checkout, *arguments)
    assert done.returncode == 0, done.stderr


def workers(answers: Answers, *states: str) -> list[str]:
    """The units of all workers that are there, or of those in such a state."""
    state = [f"--state={','.join(states)}"] if states else ["--all"]
    listed = run("systemctl", "list-units", "--plain", "--no-legend", *state, f"{answers.name}-worker*").stdout
    return sorted(line.split()[0] for line in listed.splitlines())


def expected(answers: Answers, count: int) -> list[str]:
    """The units of the workers of the version that serves."""
    return [f"{answers.name}-worker-{linked(answers, 'current')}@{number}.service" for number in range(1, count + 1)]


def of(unit: str, property: str) -> str:
    return run("systemctl", "show", "--property", property, "--value", unit).stdout.strip()


def ask(answers: Answers, method: str, target: str, body: str = "") -> tuple[int, dict]:
    """One request to the version that serves; the proxy would limit how many one client may send."""
    with closing(http.client.HTTPConnection("localhost")) as connection:
        connection.sock = reached(Path(f"/srv/{answers.name}/current"))
        connection.request(method, target, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def reached(version: Path) -> socket.socket:
    """A connection to a version, at its path or, behind Traefik, at its port."""
    if (version / "port.env").exists():
        return socket.create_connection(("127.0.0.1", int((version / "port.env").read_text().removeprefix("PORT="))), timeout=10)
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(10)
    connected.connect(str(version / "http.sock"))
    return connected


def send(answers: Answers, name: str, count: int) -> list[str]:
    """Ask for so many reports, which take `3 s` if the name begins so, and return their ids."""
    body = json.dumps({"counts": [{"name": name}]})
    asked = [ask(answers, "POST", "/reports", body) for _ in range(count)]
    assert {status for status, _ in asked} == {202}
    return [answer["id"] for _, answer in asked]


def written(answers: Answers, ids: list[str]) -> int:
    return sum(ask(answers, "GET", f"/reports/{identifier}")[0] == 200 for identifier in ids)


def lines(answers: Answers) -> list[tuple[str, dict]]:
    """What all workers of the versions that are kept have logged, each line with its unit."""
    units = [f"--unit={path.name.replace('@', '@*')}" for path in SYSTEM.glob(f"{answers.name}-worker-*@.service")]
    done = run("journalctl", *units, "--output", "json", "--no-pager", "_TRANSPORT=stdout")
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    return [(entry["_SYSTEMD_UNIT"], json.loads(entry["MESSAGE"])) for entry in entries]


def begun(answers: Answers, name: str) -> list[str]:
    """The units that have begun a task for such a report, once for each."""
    return [unit for unit, line in lines(answers) if line["message"] == f"begun {name}"]


def times_done(answers: Answers, ids: list[str]) -> dict[str, list[str]]:
    """The units that have done each task."""
    done: dict[str, list[str]] = {identifier: [] for identifier in ids}
    for unit, line in lines(answers):
        if line.get("task_id") in done and line["failed"] is False:
            done[line["task_id"]].append(unit)
    return done


def test_a_report_is_written_once_under_the_id_of_its_request(client: Client, slow: Path, answers: Answers):
    body = json.dumps({"counts": [{"name": "lamp", "quantity": 2}, {"name": "chair"}, {"name": "lamp"}]})
    requested = client.send("POST", "/reports", {"Content-Type": "application/json"}, body.encode())
    assert requested.status == 202, requested.body
    location = requested.headers["location"]

    found = wait_for(lambda: (answer := client.send("GET", location)).status == 200 and answer, "the report", 20)

    assert found.json() == {"totals": {"chair": 1, "lamp": 3}}
    identifier = requested.headers["x-request-id"]
    seen = [line for _, line in lines(answers) if line.get("request_id") == identifier]
    assert [line["task_id"] for line in seen if "task_id" in line] == [requested.json()["id"]]


def test_as_many_workers_run_as_the_settings_say_and_closed_in(slow: Path, answers: Answers):
    assert workers(answers) == workers(answers, "active") == expected(answers, 2)

    for unit in workers(answers):
        report = run("systemd-analyze", "security", "--no-pager", "--threshold=15", unit).stdout.strip().splitlines()[-1]
        assert of(unit, "User") not in ("", "root")
        assert run("systemctl", "is-enabled", unit).stdout.strip() == "enabled"
    figure(report.strip())


def test_a_worker_that_is_stopped_ends_its_tasks(slow: Path, answers: Answers):
    stopped = workers(answers)
    ids = send(answers, "4 s stopped", 4 * CONCURRENCY)
    wait_for(lambda: set(begun(answers, "4 s stopped")) == set(stopped), "tasks in both workers")

    start = time.monotonic()
    run("systemctl", "stop", *stopped)
    took = time.monotonic() - start
    # No worker is left to do it now.
    done = written(answers, ids)
    known = len(begun(answers, "4 s stopped"))
    run("systemctl", "start", *stopped)
    wait_for(lambda: written(answers, ids) == len(ids), "the others", 2 * REDELIVERY)

    figure(f"workers with tasks of 4 s stopped in {took:.1f} s: {done} of {len(ids)} tasks begun and ended, the others done later")
    assert done == known
    assert {len(units) for units in times_done(answers, ids).values()} == {1}


def test_a_deploy_while_tasks_run_has_each_done_once(slow: Path, answers: Answers):
    before = workers(answers)
    ids: list[str] = []
    deployed = Event()

    def keep_busy() -> None:
        while not deployed.wait(1):
            ids.extend(send(answers, "3 s deployed", 4))
        ids.extend(send(answers, "3 s deployed", 4))

    with ThreadPoolExecutor() as pool:
        busy = pool.submit(keep_busy)
        try:
            replaced(slow)
        finally:
            deployed.set()
        busy.result()
    start = time.monotonic()
    left = len(ids) - written(answers, ids)
    wait_for(lambda: written(answers, ids) == len(ids), "all reports", 180)

    done = times_done(answers, ids)
    by_old = sum(units[0] in before for units in done.values())
    figure(f"deploy.sh while tasks of 3 s run: {by_old} of {len(ids)} done by the workers before; {left} left, done {time.monotonic() - start:.1f} s later")
    assert {len(units) for units in done.values()} == {1}
    assert 0 < by_old < len(ids)
    assert workers(answers) == workers(answers, "active") == expected(answers, 2)


def test_every_line_of_a_worker_is_json(slow: Path, answers: Answers):
    count = len(lines(answers))

    figure(f"journal of all workers: {count} lines of JSON")
    assert count


def test_workers_that_do_not_start_replace_none(slow: Path, answers: Answers, tmp_path: Path):
    broken = tmp_path / "broken"
    shutil.copytree(slow, broken)
    with (broken / f"src/{answers.package}/tasks/worker.py").open("a") as file:
        file.write('raise RuntimeError("broken")\n')
    before, units = linked(answers, "current"), workers(answers)
    processes = {unit: of(unit, "MainPID") for unit in units}

    done = deploy(broken)

    assert done.returncode == 1
    assert "do not get ready" in done.stderr
    assert f"{before} goes on serving" in done.stderr
    assert "RuntimeError: broken" in done.stderr
    assert linked(answers, "current") == before
    assert {unit: of(unit, "MainPID") for unit in workers(answers)} == processes
    kept = {path.name for path in Path(f"/srv/{answers.name}/releases").iterdir()}
    assert {path.name.split("-worker-")[1].split("@")[0] for path in SYSTEM.glob(f"{answers.name}-worker*@.service")} <= kept


def test_killed_and_hanging_workers_lose_no_task(slow: Path, answers: Answers):
    killed, hanging = workers(answers)
    start = time.monotonic()
    ids = send(answers, "3 s killed", 4 * CONCURRENCY)
    wait_for(lambda: set(begun(answers, "3 s killed")) == {killed, hanging}, "tasks in both workers")

    run("kill", "-STOP", of(hanging, "MainPID"))
    run("systemctl", "kill", "--signal=KILL", killed)
    ids += send(answers, "3 s killed", CONCURRENCY)
    wait_for(lambda: (of(killed, "NRestarts"), of(hanging, "NRestarts")) == ("1", "1"), "both started again", 90)
    restarted = time.monotonic() - start
    wait_for(lambda: written(answers, ids) == len(ids), "all reports", 120)

    figure(
        f"{len(ids)} tasks, one worker killed, one hanging: both started again after {restarted:.1f} s,"
        f" all done after {time.monotonic() - start:.1f} s"
    )
    assert len(set(ids)) == len(ids)
    assert "Watchdog timeout" in run("journalctl", f"--unit={hanging}", "--output", "cat", "--no-pager").stdout


def test_the_way_back_takes_the_workers_along(slow: Path, answers: Answers):
    previous = linked(answers, "previous")

    replaced(slow, "--back")

    assert linked(answers, "current") == previous
    assert workers(answers) == workers(answers, "active") == expected(answers, 2)
    ids = send(answers, "lamp", 3)
    wait_for(lambda: written(answers, ids) == 3, "reports", 20)


def test_another_number_of_workers_comes_into_force(slow: Path, answers: Answers):
    set_workers(answers, 1)

    replaced(slow, "--again")

    assert workers(answers) == workers(answers, "active") == expected(answers, 1)
    left = sorted(path.name for path in (SYSTEM / "multi-user.target.wants").glob(f"{answers.name}-worker*"))
    assert left == expected(answers, 1)

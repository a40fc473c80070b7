"""Replacing what runs while requests are coming in. None may be lost."""

import asyncio
import json
import re
import time
from pathlib import Path

import pytest

from facts import Rows
from load import Load
from rollouts import recorded, rollout, without_limits
from support import Answers, Client, Stack, docker, figure


@pytest.fixture(scope="module")
def slow_machine(stack: Stack):
    """What is lost on a busy host is lost because a start takes long and not every worker is there at the same time."""
    environment = stack.folder / ".env"
    environment.write_text(re.sub("(?m)^APP_CPUS=.*", "APP_CPUS=0.3", environment.read_text()))
    stack.compose("up", "--detach", "--no-deps", "--wait", "app")


@pytest.fixture(scope="module")
def unlimited(slow_machine: None, stack: Stack, client: Client, answers: Answers):
    with without_limits(stack, client, answers) as unlimited:
        yield unlimited


def workers(stack: Stack) -> set[str]:
    """Process ids of the server's workers, seen from the host."""
    rows = [line.split(maxsplit=2) for line in docker("top", stack.container("app"), "-eo", "pid,ppid,args").splitlines()[1:]]
    parent = next(pid for pid, _, command in rows if re.search(r"gunicorn|serve\.py", command) and "docker-init" not in command)
    # Python starts one more process beside those that it spawns.
    return {pid for pid, ppid, command in rows if ppid == parent and "resource_tracker" not in command}


def reload_workers(stack: Stack) -> None:
    """HUP: the server replaces all of its workers."""
    before = workers(stack)
    stack.compose("kill", "--signal", "HUP", "app")
    # uvicorn replaces one after the other, each once its successor has started.
    end = time.monotonic() + 300
    while workers(stack) & before or len(workers(stack)) < len(before):
        assert time.monotonic() < end, "the workers are not replaced"
        time.sleep(0.2)


def test_no_post_is_lost_while_everything_is_replaced(stack: Stack, unlimited: Client, answers: Answers, rows: Rows, image: str, tmp_path: Path):
    """On a slow machine reload the workers, roll out another image, return to the first: at least 10,000 requests, none failed."""
    successor = image.rpartition(":")[0] + ":next"
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nLABEL org.opencontainers.image.version=next\n")
    docker("build", "--tag", successor, str(tmp_path))
    http1, http2, slow = (Load(unlimited, name, rows.post, limit=600_000) for name in ("http1", "http2", "slow"))
    # The application itself speaks HTTP/1.1 only.
    loads = (http1, slow) if answers.proxy == "none" else (http1, http2, slow)
    # Longer than a worker that leaves waits, and than a container that is stopped: a proxy alone can wait for such bodies.
    pause = 6 if answers.proxy == "none" else 14

    async def scenario() -> None:
        running = [asyncio.create_task(http1.http1(connections=6)), asyncio.create_task(slow.http1(connections=20, pause=pause))]
        if http2 in loads:
            running.append(asyncio.create_task(http2.http2(streams=4)))
        for phase, action in (
            ("HUP", lambda: reload_workers(stack)),
            ("rollout.sh IMAGE", lambda: rolled(successor)),
            ("rollout.sh --back", lambda: rolled("--back")),
        ):
            start = time.monotonic()
            before = [(load.requests, load.failed) for load in loads]
            await asyncio.to_thread(action)
            assert all(load.requests > requests for load, (requests, _) in zip(loads[:-1], before)), "the load has ended"
            counts = [
                f"{load.name} {load.failed - failed} of {load.requests - requests}" for load, (requests, failed) in zip(loads, before, strict=True)
            ]
            figure(f"{phase}: {time.monotonic() - start:.1f} s, failed over {', over '.join(counts)}")
        end = time.monotonic() + 300
        while sum(load.requests for load in loads) < 10_000:
            assert time.monotonic() < end, "too slow for 10,000 requests"
            await asyncio.sleep(0.1)
        for load in loads:
            load.stop()
        await asyncio.gather(*running)

    def rolled(argument: str) -> None:
        done = rollout(stack, argument)
        assert done.returncode == 0, done.stderr

    asyncio.run(scenario())

    for load in loads:
        figure(
            f"{load.name}: {load.failed} of {load.requests} failed, {load.unbegun} streams not begun, longest {load.longest:.1f} s"
            f" {dict(load.failures) or ''}"
        )
    assert [dict(load.failures) for load in loads] == [{}] * len(loads)
    assert sum(load.requests for load in loads) >= 10_000
    assert stack.inspect("app")["Config"]["Image"] == image
    assert recorded(stack)["APP_IMAGE"] == image
    assert stack.container("app-next") == ""


def test_going_back_twice_does_not_lead_forward(stack: Stack, unlimited: Client, image: str):
    before = recorded(stack)

    done = rollout(stack, "--back")

    assert (before["APP_IMAGE"], before["PREVIOUS_IMAGE"]) == (image, "")
    assert (done.returncode, done.stderr) == (1, "rollout.sh: there is no image to return to; name one\n")
    assert recorded(stack) == before
    assert unlimited.send("GET", "/health").status == 200


def test_an_image_that_cannot_serve_changes_nothing(stack: Stack, unlimited: Client, image: str, tmp_path: Path):
    broken = image.rpartition(":")[0] + ":broken"
    (tmp_path / "Dockerfile").write_text(f'FROM {image}\nCMD ["false"]\n')
    docker("build", "--tag", broken, str(tmp_path))
    before = stack.container("app"), recorded(stack)

    done = rollout(stack, broken)

    assert done.returncode == 1
    assert f"{broken} does not get ready; {image} goes on serving" in done.stderr
    assert (stack.container("app"), recorded(stack)) == before
    assert stack.container("app-next") == ""
    assert unlimited.send("GET", "/health").status == 200


def test_a_changed_setting_comes_into_force_with_the_image_that_runs(stack: Stack, client: Client, image: str):
    settings, environment = stack.folder / "app.env", (stack.folder / ".env").read_text()
    before = settings.read_text()
    own = {"app", "worker"} & set(stack.config()["services"])

    settings.write_text(f"{before}APP_READY_TIMEOUT=3\n")
    try:
        assert rollout(stack, image, watch=0).returncode == 0
        found = {name: stack.python(name, "import os; print(os.environ.get('APP_READY_TIMEOUT'))") for name in own}
    finally:
        settings.write_text(before)
        assert rollout(stack, image, watch=0).returncode == 0

    assert found == dict.fromkeys(own, "3")
    assert (stack.folder / ".env").read_text() == environment
    assert stack.container("app-next") == ""
    assert client.send("GET", "/health").status == 200


def test_a_setting_that_is_wrong_leaves_what_serves(stack: Stack, client: Client, image: str):
    settings, environment = stack.folder / "app.env", (stack.folder / ".env").read_text()
    before, serving = settings.read_text(), stack.container("app")

    settings.write_text(f"{before}APP_READY_TIMEOUT=soon\n")
    try:
        failed = rollout(stack, image)
        health = client.send("GET", "/health").status
    finally:
        settings.write_text(before)
    after = stack.container("app")
    assert rollout(stack, image, watch=0).returncode == 0

    assert (failed.returncode, health, after) == (1, 200, serving)
    assert (stack.folder / ".env").read_text() == environment


@pytest.mark.parametrize("service", ["app", "proxy"])
def test_every_line_on_standard_output_is_still_json(stack: Stack, answers: Answers, service: str):
    if service == "proxy" and answers.proxy == "none":
        pytest.skip("the repository has no proxy")
    lines = docker("logs", stack.container(service)).splitlines()

    figure(f"log of {service} after all this: {len(lines)} lines of JSON")
    assert [line for line in lines if not isinstance(json.loads(line), dict)] == []

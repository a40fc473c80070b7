"""A new version that turns out to be bad while requests are coming in: the one before serves again, by itself."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import bad
from bad import BUSY, ENDING, FAILING, STRAY, under_load
from facts import Rows
from rollouts import recorded, rollout, without_limits
from support import Answers, Client, Stack, docker, figure

@pytest.fixture(scope="module")
def unlimited(stack: Stack, client: Client, answers: Answers):
    environment = stack.folder / ".env"
    environment.write_text(re.sub("(?m)^APP_CPUS=.*", "APP_CPUS=0", environment.read_text()))
    stack.compose("up", "--detach", "--no-deps", "--wait", "app")
    with without_limits(stack, client, answers) as unlimited:
        yield unlimited


@pytest.fixture
def build(image: str, repository: Path, tmp_path: Path) -> Callable[[str, str], str]:
    return lambda tag, code: bad.build(image, repository, tmp_path, tag, code)


def test_an_image_that_fails_is_taken_back(stack: Stack, unlimited: Client, rows: Rows, image: str, build: Callable[[str, str], str]):
    failing = build("failing", FAILING)
    before = stack.container("app"), recorded(stack)
    start = time.monotonic()

    def rolled() -> None:
        done = rollout(stack, failing)
        assert done.returncode == 3, done.stderr
        assert re.search(r"[0-9]+ of [0-9]+ answers were 5xx, before that 0 of [0-9]+; going back", done.stderr), done.stderr
        assert f"{failing} was taken back, {image} serves" in done.stderr

    load = under_load(unlimited, rows, rolled)
    after = under_load(unlimited, rows, lambda: time.sleep(2))

    figure(f"an image that fails: back after {time.monotonic() - start:.1f} s, {load.requests} requests, {dict(load.failures)}")
    # Each of these is an answer of the new one; nothing else went wrong on the way there and back.
    assert set(load.failures) == {"500"}
    assert (after.failures, after.requests > 20) == ({}, True)
    assert (stack.container("app"), recorded(stack)) == before
    # For whoever wants to know why.
    assert '"level"' in stack.compose("--profile", "rollout", "logs", "app-next")


def test_an_image_that_ends_is_taken_back(stack: Stack, unlimited: Client, rows: Rows, image: str, build: Callable[[str, str], str]):
    ending = build("ending", ENDING)
    before = stack.container("app"), recorded(stack)

    def rolled() -> None:
        done = rollout(stack, ending)
        assert done.returncode == 3, done.stderr
        assert f"{ending} was taken back, {image} serves: the new containers are" in done.stderr

    load = under_load(unlimited, rows, rolled)
    after = under_load(unlimited, rows, lambda: time.sleep(2))

    figure(f"an image that ends: {load.requests} requests, {dict(load.failures)}")
    assert (after.failures, after.requests > 20) == ({}, True)
    assert (stack.container("app"), recorded(stack)) == before


def test_an_image_that_does_not_get_ready_takes_no_request(stack: Stack, unlimited: Client, rows: Rows, image: str, tmp_path: Path):
    """One that answers, but not where it is asked whether it is ready; nobody waits three minutes here."""
    silent = f"{image.rpartition(':')[0]}:silent"
    (tmp_path / "Dockerfile").write_text(f'FROM {image}\nCMD ["python", "-m", "http.server", "--directory", "/tmp", "8000"]\n')
    docker("build", "--tag", silent, str(tmp_path))
    override = stack.folder / "compose.impatient.yaml"
    override.write_text("services: {app-next: {healthcheck: {start_period: 2s, interval: 1s, start_interval: 1s}}}\n")
    environment = stack.folder / ".env"
    before = environment.read_text()
    files = recorded(stack).get("COMPOSE_FILE", "compose.yaml")
    environment.write_text(re.sub("(?m)^COMPOSE_FILE=.*\n", "", before) + f"COMPOSE_FILE={files}:{override.name}\n")

    def rolled() -> None:
        done = rollout(stack, silent)
        assert done.returncode == 1, done.stderr
        assert f"{silent} does not get ready; {image} goes on serving" in done.stderr

    try:
        load = under_load(unlimited, rows, rolled)
    finally:
        environment.write_text(before)

    assert (load.failures, load.requests > 20) == ({}, True)
    assert stack.container("app-next") == ""


def test_what_failed_before_and_what_fails_once_is_no_reason(
    stack: Stack, unlimited: Client, rows: Rows, image: str, build: Callable[[str, str], str]
):
    stray, busy, next_ = build("stray", STRAY), build("busy", BUSY), build("busy-next", BUSY + "\n            # The next.")
    try:
        for name, watch, statuses in ((stray, 10, {"500"}), (busy, 0, {"503", "500"}), (next_, 10, {"503"})):
            done = []
            load = under_load(unlimited, rows, lambda name=name, watch=watch: done.append(rollout(stack, name, watch=watch)))

            figure(f"{name}: {load.requests} requests, {dict(load.failures)}")
            assert done[0].returncode == 0, done[0].stderr
            assert set(load.failures) <= statuses
            assert load.failures
    finally:
        assert rollout(stack, image, watch=0).returncode == 0

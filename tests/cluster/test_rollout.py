"""`rollout.sh` in a cluster while requests come in: versions that are bad, that do not start, and the way back."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bad import FAILING, STRAY, under_load
from cluster import Cluster
from doctor import changed
from facts import Rows
from load import Load
from support import Client, docker, figure, wait_for
from test_doctor import larger

# As the last process of the pod that ends the others: from inside nothing can kill it without warning.
ENDING = "            if len(seen) == 1: threading.Timer(5, os.kill, (1, 15)).start()"
GOOD = "            pass"


def loaded(client: Client, rows: Rows, action: Callable[[], None]) -> Load:
    """As many requests as one client may send."""
    return under_load(client, rows, action, connections=2, pause=0.15)


@pytest.fixture(autouse=True)
def unchanged(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does, the first version serves in the end."""
    before = cluster.state()
    yield
    assert cluster.state() == before == (cluster.digest, cluster.digest)
    assert cluster.pods() == {cluster.digest}


def test_the_commands_of_the_readme_roll_the_first_version_out(cluster: Cluster, client: Client, rows: Rows):
    load = loaded(client, rows, lambda: time.sleep(5))

    assert cluster.first.stderr.endswith(f"rollout.sh: {cluster.digest} serves\n")
    assert (load.failures, load.requests > 20) == ({}, True)


def test_a_version_that_fails_is_taken_back(cluster: Cluster, client: Client, rows: Rows, build: Callable[[str, str], str]):
    failing, done = build("failing", FAILING), []
    begin = time.monotonic()

    load = loaded(client, rows, lambda: done.append(cluster.rollout(failing)))
    after = loaded(client, rows, lambda: time.sleep(3))

    figure(f"a version that fails: back after {time.monotonic() - begin:.1f} s, {load.requests} requests, {dict(load.failures)}")
    assert done[0].returncode == 3, done[0].stderr
    assert re.search(r"[0-9]+ of [0-9]+ answers were 5xx, before that 0 of [0-9]+; going back", done[0].stderr), done[0].stderr
    assert f"{failing} was taken back, " in done[0].stderr
    # Each of these is an answer of the new one; nothing else went wrong on the way there and back.
    assert set(load.failures) == {"500"}
    assert (after.failures, after.requests > 10) == ({}, True)


def test_a_version_that_ends_while_it_serves_is_taken_back(cluster: Cluster, client: Client, rows: Rows, build: Callable[[str, str], str]):
    ending, done = build("ending", ENDING), []

    loaded(client, rows, lambda: done.append(cluster.rollout(ending)))
    after = loaded(client, rows, lambda: time.sleep(3))

    assert done[0].returncode == 3, done[0].stderr
    assert re.search(r"ended with [0-9]+ \(\w+\) and was started again; going back", done[0].stderr), done[0].stderr
    assert after.failures == {}


def test_a_version_that_ends_at_once_takes_no_request(
    cluster: Cluster, client: Client, rows: Rows, image: str, push: Callable[[str], str], tmp_path: Path
):
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nCMD [\"python\", \"-c\", \"raise SystemExit('said at the end')\"]\n")
    docker("build", "--tag", f"{image}:crashing", str(tmp_path))
    crashing, done = push(f"{image}:crashing"), []
    begin = time.monotonic()

    load = loaded(client, rows, lambda: done.append(cluster.rollout(crashing)))

    figure(f"a version that ends at once: refused after {time.monotonic() - begin:.1f} s")
    assert done[0].returncode == 1, done[0].stderr
    assert "ended with 1 (Error) and was started again" in done[0].stderr
    assert "said at the end" in done[0].stderr
    assert f"{crashing} does not get ready: " in done[0].stderr
    assert (load.failures, load.requests > 10) == ({}, True)


def test_an_image_that_is_nowhere_is_given_up(cluster: Cluster, client: Client, rows: Rows):
    """The migration is the first that needs it."""
    nowhere, done = f"sha256:{'1' * 64}", []
    begin = time.monotonic()

    load = loaded(client, rows, lambda: done.append(cluster.rollout(nowhere)))

    figure(f"an image that is nowhere: given up after {time.monotonic() - begin:.1f} s")
    assert done[0].returncode == 1, done[0].stderr
    assert re.search("^rollout.sh: (ErrImagePull|ImagePullBackOff): .*; waiting for at most 90 s$", done[0].stderr, re.MULTILINE), done[0].stderr
    assert re.search("the migration does not start: (ErrImagePull|ImagePullBackOff): .*; nothing else has changed", done[0].stderr)
    assert cluster.kubectl("get", "job/migrate", "--ignore-not-found") == ""
    assert (load.failures, load.requests > 100) == ({}, True)


def test_a_migration_that_has_no_room_is_given_up(cluster: Cluster, build: Callable[[str, str], str]):
    with changed(cluster.folder / "base/migration.yaml", larger):
        done = cluster.rollout(build("roomless", GOOD), PENDING_SECONDS="5")

    assert done.returncode == 1, done.stderr
    assert "waiting for at most 5 s" in done.stderr
    assert re.search("the migration does not start: FailedScheduling: .*Insufficient cpu", done.stderr), done.stderr


def test_a_pod_that_has_no_room_is_given_up(cluster: Cluster, client: Client, rows: Rows, build: Callable[[str, str], str]):
    version, done = build("roomless", GOOD), []
    with changed(cluster.folder / "base/deployment.yaml", larger):
        load = loaded(client, rows, lambda: done.append(cluster.rollout(version, PENDING_SECONDS="5")))

    assert done[0].returncode == 1, done[0].stderr
    assert re.search(f"{version} does not get ready: FailedScheduling: .*Insufficient cpu", done[0].stderr), done[0].stderr
    assert load.failures == {}


def test_what_fails_once_is_no_reason_and_going_back_twice_leads_nowhere(
    cluster: Cluster, client: Client, rows: Rows, build: Callable[[str, str], str]
):
    stray, done = build("stray", STRAY), []

    load = loaded(client, rows, lambda: done.append(cluster.rollout(stray, WATCH_SECONDS="10")))
    serving = cluster.state()
    back = loaded(client, rows, lambda: done.append(cluster.rollout("--back")))
    again = cluster.rollout("--back")

    figure(f"a version with one 500 for each pod: {load.requests} requests, {dict(load.failures)}; back: {back.requests}, {dict(back.failures)}")
    assert done[0].returncode == 0, done[0].stderr
    assert set(load.failures) == {"500"}
    assert serving == (stray, stray)
    assert done[1].returncode == 0, done[1].stderr
    assert set(back.failures) <= {"500"}
    assert (again.returncode, again.stderr) == (1, "rollout.sh: there is no version before\n")


def test_a_rollout_that_is_interrupted_leads_back(cluster: Cluster, build: Callable[[str, str], str]):
    version = build("interrupted", GOOD + "\n            # Not like the others.")

    process = cluster.start(version)
    wait_for(lambda: version in cluster.pods(), "a pod of the new version is ready", 120)
    process.terminate()
    _, said = process.communicate(timeout=300)

    assert process.returncode == 3, said
    assert f"{version} was taken back" in said

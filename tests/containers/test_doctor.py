"""`rollout.sh --doctor`: each thing is broken on purpose, is named, and is mended by the command that is printed."""

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctor import Doctor, changed, memory, put
from rollouts import recorded, rollout
from support import Answers, Authority, Stack, docker, run, wait_for


@pytest.fixture
def doctor(stack: Stack) -> Doctor:
    return Doctor(stack.folder, "./rollout.sh")


@pytest.fixture
def secrets(stack: Stack, answers: Answers) -> Path:
    if answers.database not in ("postgres", "mariadb"):
        pytest.skip("there is no database with a password")
    return stack.folder / "secrets"


@pytest.fixture
def tls(stack: Stack, answers: Answers, authority: Authority) -> Iterator[Path]:
    if answers.tls != "files":
        pytest.skip("the certificate is no file")
    folder = stack.folder / "secrets/tls"
    for file in (authority.chain, authority.key):
        put(file, stack.folder / file.name)
    yield folder
    for file in (authority.chain, authority.key):
        put(file, folder / file.name)


def test_nothing_is_wrong_with_what_runs(doctor: Doctor, stack: Stack):
    assert doctor.wrong() == []


def test_a_secret_that_is_missing(doctor: Doctor, stack: Stack, secrets: Path):
    (secrets / "app_database_url").unlink()

    doctor.mends("secrets/app_database_url is missing or empty")


def test_a_secret_that_no_container_can_read(doctor: Doctor, stack: Stack, secrets: Path):
    (secrets / "app_database_url").chmod(0o600)

    doctor.mends("no container can read secrets/app_database_url")


def test_secrets_that_others_can_enter(doctor: Doctor, stack: Stack, secrets: Path):
    secrets.chmod(0o755)

    doctor.mends("others on this host can enter secrets")


def test_an_address_with_another_password(doctor: Doctor, stack: Stack, secrets: Path):
    with changed(secrets / "app_database_url", lambda url: re.sub(":[^:@]*@", ":other@", url)):
        doctor.mends("secrets/app_database_url has another password than secrets/database_password")


def test_a_password_that_is_not_the_database_s(doctor: Doctor, stack: Stack, secrets: Path, image: str):
    password, url = secrets / "database_password", secrets / "app_database_url"
    url.write_text(url.read_text().replace(password.read_text(), "new"))
    password.write_text("new")

    doctor.mends("the database does not take the password in secrets/database_password; .*")

    # What runs knows the old one until it is rolled out again; then it connects with the new one.
    stack.compose("run", "--rm", "--no-deps", "migrate")
    done = rollout(stack, image, watch=0)
    assert done.returncode == 0, done.stderr
    stack.compose("restart", "database")
    wait_for(lambda: is_ready(stack), "connections with the new password", 30)


def test_a_password_that_is_younger_than_a_database_that_is_stopped(doctor: Doctor, stack: Stack, secrets: Path):
    """Whether it is the database's cannot be told now; the command starts it and asks again."""
    stack.compose("stop", "database")
    (secrets / "database_password").touch()

    doctor.mends("secrets/database_password is younger than the database; .*")


def is_ready(stack: Stack) -> bool:
    """Does each resource of the application answer?"""
    source = "import urllib.request as request; request.urlopen('http://127.0.0.1:8000/ready')"
    return subprocess.run(["docker", "exec", stack.container("app"), "python", "-c", source], capture_output=True).returncode == 0


def test_a_certificate_that_is_missing(doctor: Doctor, stack: Stack, tls: Path):
    (tls / "fullchain.pem").unlink()

    doctor.mends("secrets/tls/fullchain.pem is no certificate; .*")


def test_a_key_that_the_proxy_cannot_read(doctor: Doctor, stack: Stack, tls: Path):
    (tls / "privkey.pem").chmod(0o600)

    doctor.mends("no container can read secrets/tls/privkey.pem")


def test_a_certificate_for_another_name(doctor: Doctor, stack: Stack, tls: Path, tmp_path: Path, answers: Answers):
    other = Authority(tmp_path, "other.example.com")
    for file in (other.chain, other.key):
        put(file, tls / file.name)

    doctor.mends(f"the certificate is not for {re.escape(answers.domain)}; .*")


def test_a_certificate_that_has_expired(doctor: Doctor, stack: Stack, tls: Path, authority: Authority):
    folder = authority.chain.parent
    run("openssl", "x509", "-req", "-in", str(folder / "request.pem"), "-key", str(authority.key), "-days", "-1",
        "-extfile", str(folder / "extensions"), "-out", str(tls / "fullchain.pem"))

    doctor.mends("the certificate has expired; .*")


def test_a_certificate_that_expires_soon_is_a_warning(doctor: Doctor, stack: Stack, tls: Path):
    """That of the tests is for a week."""
    status, reports = doctor.examine()

    assert status == 0
    assert any(report.what.startswith("the certificate expires within two weeks") for report in reports if report.level == "warning")


def test_a_key_of_another_certificate(doctor: Doctor, stack: Stack, tls: Path, tmp_path: Path):
    put(Authority(tmp_path, "other.example.com").key, tls / "privkey.pem")

    doctor.mends("secrets/tls/privkey.pem is not the certificate's; .*")


def test_more_workers_than_fit(doctor: Doctor, stack: Stack):
    with changed(stack.folder / "app.env", lambda text: re.sub("(?m)^WEB_CONCURRENCY=.*", "WEB_CONCURRENCY=20", text)):
        report = doctor.mends("20 workers do not fit into their [0-9]+ MiB, mem_limit in compose.yaml")

    assert "WEB_CONCURRENCY=4/" in report.command


def test_more_workers_than_the_memory_is_for(doctor: Doctor, stack: Stack):
    """Their own limit lets them."""
    workers = memory() // (2 * 82) + 1
    override = stack.folder / "compose.memory.yaml"
    override.write_text(f"services: {{app: {{mem_limit: {(workers + 1) * 192}m}}}}\n")
    files = recorded(stack).get("COMPOSE_FILE", "compose.yaml")
    with (
        changed(stack.folder / ".env", lambda text: re.sub("(?m)^COMPOSE_FILE=.*\n", "", text) + f"COMPOSE_FILE={files}:{override.name}\n"),
        changed(stack.folder / "app.env", lambda text: re.sub("(?m)^WEB_CONCURRENCY=.*", f"WEB_CONCURRENCY={workers}", text)),
    ):
        doctor.mends(f"{workers} workers, during a rollout twice, do not fit into the {memory()} MiB here")
    override.unlink()


def test_more_workers_than_cores(doctor: Doctor, stack: Stack):
    one_core = dataclasses.replace(doctor, within=("taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))))
    with changed(stack.folder / "app.env", str):
        one_core.settles("[0-9]+ workers share 1 cores")


def test_more_cores_than_there_are(doctor: Doctor, stack: Stack):
    with changed(stack.folder / ".env", lambda text: re.sub("(?m)^APP_CPUS=.*", "APP_CPUS=999.5", text)):
        doctor.mends("APP_CPUS is 999.5, and this host has [0-9]+ cores")


def test_an_image_that_is_nowhere(doctor: Doctor, stack: Stack):
    with changed(stack.folder / ".env", lambda text: re.sub("(?m)^APP_IMAGE=.*", "APP_IMAGE=localhost/nowhere:1", text)):
        doctor.mends("there is no image localhost/nowhere:1 here, and it cannot be pulled: .*")
    docker("image", "rm", "localhost/nowhere:1")


def test_settings_of_compose_that_are_missing(doctor: Doctor, stack: Stack):
    with changed(stack.folder / ".env", str):
        (stack.folder / ".env").unlink()
        doctor.mends("\\.env is missing")


def test_settings_that_compose_refuses(doctor: Doctor, stack: Stack):
    with changed(stack.folder / ".env", lambda text: re.sub("(?m)^APP_IMAGE=.*", "APP_IMAGE=", text)):
        status, [report] = doctor.examine()

    assert (status, report.level) == (1, "wrong")
    assert "APP_IMAGE" in report.what


def test_addresses_that_another_network_has(doctor: Doctor, stack: Stack):
    """As another project: its network would be where the one that runs has its own. Its ports are taken as well."""
    with changed(stack.folder / ".env", str):
        status, reports = doctor.examine(COMPOSE_PROJECT_NAME="another")
        [report] = [report for report in reports if report.what.startswith("the network edge would overlap with ")]
        run("sh", "-euc", report.command, cwd=stack.folder)
        status_then, reports_then = doctor.examine(COMPOSE_PROJECT_NAME="another")

        assert recorded(stack)["EDGE_PREFIX"] != "172.30.90"
    assert (status, status_then) == (1, 1)
    assert {report.what for report in reports} - {report.what for report in reports_then} == {report.what}


def test_a_port_that_another_container_has(doctor: Doctor, stack: Stack, answers: Answers):
    service, port = ("app", 8000) if answers.proxy == "none" else ("proxy", 80)
    name = docker("inspect", "--format", "{{.Name}}", stack.container(service)).removeprefix("/")
    _, reports = doctor.examine(COMPOSE_PROJECT_NAME="another")
    [report] = [report for report in reports if report.what.startswith(f"port {port} is taken ")]

    assert (report.what, report.command) == (f"port {port} is taken by the container {name}", f"docker stop {name}\n")


def test_a_port_that_another_process_has(doctor: Doctor, stack: Stack, answers: Answers):
    service, port = ("app", 8000) if answers.proxy == "none" else ("proxy", 80)
    stack.compose("stop", service)
    listen = f"import socket, time; s = socket.create_server(('', {port})); print(flush=True); time.sleep(600)"
    other = subprocess.Popen([sys.executable, "-c", listen], stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        report = doctor.mends(f"port {port} is taken by python.*, process {other.pid}")
    finally:
        other.kill()
        other.wait()
        stack.compose("up", "--detach", "--no-deps", "--wait", service)

    assert report.command == f"kill {other.pid}\n"


def with_disk(doctor: Doctor, size: str) -> Doctor:
    """As seen by the script, Docker keeps its images on a disk of this size."""
    root = Path(docker("info", "--format", "{{.DockerRootDir}}"))
    mount = f'mount -t tmpfs -o size={size} disk {root.parent}; mkdir {root}; exec "$@"'
    return dataclasses.replace(doctor, within=("unshare", "--mount", "sh", "-euc", mount, "sh"))


def test_a_disk_that_is_full(doctor: Doctor, stack: Stack):
    """The command removes images, which other tests need."""
    [report] = with_disk(doctor, "900m").wrong()

    assert re.fullmatch("the disk of .* has 900 MiB left", report.what)
    assert report.command == "docker image prune --all\n"
    assert with_disk(doctor, "2g").wrong() == []


def test_a_docker_that_is_stopped(doctor: Doctor, stack: Stack, tmp_path: Path):
    [report] = doctor.wrong(DOCKER_HOST=f"unix://{tmp_path}/docker.sock")

    assert re.fullmatch(f"Docker does not answer: Cannot connect to the Docker daemon at unix://{tmp_path}/docker.sock. .*", report.what)
    assert report.command == "sudo systemctl start docker\n"


def test_a_rollout_is_refused_while_something_is_wrong(stack: Stack, image: str):
    before = stack.container("app"), recorded(stack)
    (stack.folder / "app.env").rename(stack.folder / "app.env.away")
    try:
        done = rollout(stack, image)
    finally:
        (stack.folder / "app.env.away").rename(stack.folder / "app.env")

    assert done.returncode == 1
    assert done.stderr.endswith("rollout.sh: nothing was changed\n")
    assert (stack.container("app"), recorded(stack)) == before

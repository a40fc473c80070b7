"""`deploy.sh --doctor`: each thing is broken on purpose, is named, and is mended by the command that is printed."""

import dataclasses
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import REPOSITORY, Answers, reachable
from doctor import Doctor, changed, memory, put
from support import Authority, Client, run, wait_for

from test_machine import deploy, linked, service_of


@pytest.fixture
def doctor(client: Client) -> Doctor:
    return Doctor(REPOSITORY, str(REPOSITORY / "deploy/systemd/deploy.sh"))


@pytest.fixture
def secret(client: Client, answers: Answers) -> Path:
    if answers.database not in ("postgres", "mariadb"):
        pytest.skip("the database has no address")
    file = Path(f"/etc/{answers.name}/secrets/app_database_url")
    # The README has it removed from here.
    put(file, REPOSITORY / file.name)
    return file


@pytest.fixture
def tls(client: Client, answers: Answers, authority: Authority) -> Iterator[Path]:
    if answers.tls != "files":
        pytest.skip("the certificate is no file")
    folder = Path(f"/etc/{answers.name}/tls")
    files = [(authority.chain, folder / "fullchain.pem"), (authority.key, folder / "privkey.pem")]
    for source, target in files:
        put(source, REPOSITORY / target.name)
    yield folder
    for source, target in files:
        target.write_bytes(source.read_bytes())


def test_nothing_is_wrong_with_what_runs(doctor: Doctor):
    assert doctor.wrong() == []


def test_a_secret_that_is_missing(doctor: Doctor, secret: Path):
    secret.unlink()

    doctor.mends(f"{secret} is missing or empty; .*")


def test_a_secret_that_others_can_read(doctor: Doctor, secret: Path):
    secret.chmod(0o644)

    doctor.mends(f"others than root can read {secret}")


@pytest.mark.parametrize("python", ["/nowhere/python3", "/usr/bin/python3"])
def test_a_python_that_is_missing_or_too_old(doctor: Doctor, python: str):
    """The machine's own is 3.11. What the command installs this Debian does not have yet."""
    [report] = doctor.wrong(PYTHON=python)

    assert (report.what, report.command) == (f"{python} is not Python 3.12 with venv", "apt-get install --yes python3.12-venv\n")


def test_settings_that_are_missing(doctor: Doctor, answers: Answers):
    settings = Path(f"/etc/{answers.name}/app.env")
    with changed(settings, str):
        settings.unlink()
        doctor.mends(f"{settings} is missing")


def test_a_certificate_that_is_missing(doctor: Doctor, tls: Path):
    (tls / "fullchain.pem").unlink()

    doctor.mends(f"{tls}/fullchain.pem is no certificate; .*")


def test_a_certificate_for_another_name(doctor: Doctor, tls: Path, tmp_path: Path, answers: Answers):
    other = Authority(tmp_path, "other.example.com")
    (tls / "fullchain.pem").write_bytes(other.chain.read_bytes())
    (tls / "privkey.pem").write_bytes(other.key.read_bytes())

    doctor.mends(f"the certificate is not for {re.escape(answers.domain)}; .*")


def test_a_key_of_another_certificate(doctor: Doctor, tls: Path, tmp_path: Path):
    (tls / "privkey.pem").write_bytes(Authority(tmp_path, "other.example.com").key.read_bytes())

    doctor.mends(f"{tls}/privkey.pem is not the certificate's; .*")


def test_a_certificate_that_has_expired(doctor: Doctor, tls: Path, authority: Authority):
    folder = authority.chain.parent
    run("openssl", "x509", "-req", "-in", str(folder / "request.pem"), "-key", str(authority.key), "-days", "-1",
        "-extfile", str(folder / "extensions"), "-out", str(tls / "fullchain.pem"))

    doctor.mends("the certificate has expired; .*")


def test_more_workers_than_fit(doctor: Doctor, answers: Answers):
    with changed(Path(f"/etc/{answers.name}/app.env"), lambda text: re.sub("(?m)^WEB_CONCURRENCY=.*", "WEB_CONCURRENCY=20", text)):
        doctor.mends("20 workers do not fit into their [0-9]+ MiB, MemoryMax in .*")


def test_more_workers_than_the_memory_is_for(doctor: Doctor, answers: Answers):
    """Their own limit lets them."""
    workers = memory() // (2 * 82) + 1
    unit = REPOSITORY / f"deploy/systemd/{answers.name}@.service"
    with (
        changed(unit, lambda text: re.sub("(?m)^MemoryMax=.*", f"MemoryMax={(workers + 1) * 192}M", text)),
        changed(Path(f"/etc/{answers.name}/app.env"), lambda text: re.sub("(?m)^WEB_CONCURRENCY=.*", f"WEB_CONCURRENCY={workers}", text)),
    ):
        doctor.mends(f"{workers} workers, during a rollout twice, do not fit into the {memory()} MiB here")


def test_more_workers_than_cores(doctor: Doctor, answers: Answers):
    one_core = dataclasses.replace(doctor, within=("taskset", "--cpu-list", str(min(os.sched_getaffinity(0)))))
    with changed(Path(f"/etc/{answers.name}/app.env"), str):
        one_core.settles("[0-9]+ workers share 1 cores")


@pytest.fixture
def small_disk(doctor: Doctor, tmp_path: Path) -> Iterator[None]:
    """One of 1300 MiB, on which 320 are old journals."""
    journals = Path("/var/log/journal") / Path("/etc/machine-id").read_text().strip()
    run("journalctl", "--rotate")
    folders = (journals, Path("/run") / journals.relative_to("/var"))
    journal = next(path for folder in folders for path in folder.glob("system@*.journal")).read_bytes()
    mounted = [Path("/srv"), journals.parent]
    run("mount", "-t", "tmpfs", "-o", "size=1300m", "disk", str(tmp_path))
    try:
        for place in mounted:
            place.mkdir(exist_ok=True)
            (tmp_path / place.name).mkdir()
            run("mount", "--bind", str(tmp_path / place.name), str(place))
        journals.mkdir()
        for number in range(320 * 2**20 // len(journal)):
            (journals / f"system@{secrets.token_hex(16)}-{number:016x}-{number:016x}.journal").write_bytes(journal)
        yield
    finally:
        for place in [*mounted, tmp_path]:
            run("umount", "--lazy", str(place))


def test_a_disk_that_is_full(doctor: Doctor, small_disk: None):
    doctor.mends("the disk of /srv has 9[0-9]{2} MiB left")


def test_a_port_that_another_process_has(doctor: Doctor, client: Client, answers: Answers):
    run("systemctl", "stop", service_of(answers))
    listen = "import socket, time; s = socket.create_server(('', 80)); print(flush=True); time.sleep(600)"
    other = subprocess.Popen([sys.executable, "-c", listen], stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        doctor.mends(f"port 80 is taken by .*, process {other.pid}")
    finally:
        other.kill()
        other.wait()
        run("systemctl", "start", service_of(answers))
        wait_for(lambda: reachable(client), "the proxy")


def test_a_version_is_refused_while_something_is_wrong(doctor: Doctor, secret: Path, answers: Answers):
    before = linked(answers, "current")
    secret.chmod(0o644)
    try:
        done = deploy()
    finally:
        secret.chmod(0o600)

    assert (done.returncode, linked(answers, "current")) == (1, before)
    assert done.stderr.endswith("deploy.sh: nothing was changed\n")

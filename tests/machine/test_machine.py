"""The service on a machine with systemd: the way in, and replacing what runs while requests are coming in."""

import asyncio
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from pathlib import Path

import pytest

from bad import ENDING, FAILING, LAYER, under_load
from conftest import REPOSITORY, Answers, reachable
from facts import Facts, Rows
from load import Load
from support import Client, documented_row, figure, read_answer, request, run, wait_for


def running(answers: Answers) -> list[str]:
    """The versions that run."""
    listed = run("systemctl", "list-units", "--plain", "--no-legend", f"{answers.name}@*.service").stdout
    return re.findall(r"@(\S+)\.service", listed)


def linked(answers: Answers, link: str) -> str:
    path = Path(f"/srv/{answers.name}/{link}")
    return path.readlink().name if path.is_symlink() else ""


def deploy(folder: Path = REPOSITORY, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(str(folder / "deploy/systemd/deploy.sh"), *arguments, check=False, timeout=180)


def logged(answers: Answers) -> list[str]:
    return run("journalctl", "--identifier", answers.name, "--output", "cat", "--no-pager").stdout.splitlines()


def test_a_request_reaches_the_application_with_its_client(client: Client, answers: Answers, facts: Facts):
    # A balancer adds whom it has seen to what its client says.
    seen = client.headers.get("X-Forwarded-For")
    forged = {"X-Forwarded-For": f"6.6.6.6, {seen}" if seen else "6.6.6.6", "X-Request-Id": "forged"}

    answer = client.send("GET", "/health", forged)
    client.send("GET", "/nowhere", forged)

    assert (answer.status, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["strict-transport-security"] == "max-age=63072000"
    assert facts.request_id is None or re.fullmatch(facts.request_id, answer.headers["x-request-id"])
    line = wait_for(lambda: [json.loads(line) for line in logged(answers) if '"/nowhere"' in line], "a line in the journal")[0]
    assert (line["client"], line["status"]) == (seen or "127.0.0.1", 404)
    assert line["request_id"] != "forged"


@pytest.mark.parametrize("path", ["/ready", "/metrics", "//ready", "/metrics%0a"])
def test_what_is_for_machines_is_hidden(client: Client, path: str):
    assert client.send("GET", path).status == 404


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")  # deprecated, which is the point
def test_tls_is_1_2_or_1_3_and_speaks_http2(client: Client, answers: Answers):
    if answers.tls == "upstream":
        pytest.skip("TLS ends in front of the proxy")
    with client.connect(client.context("h2")) as connection:
        assert connection.selected_alpn_protocol() == "h2"
    context = client.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        client.connect(context)


def test_plain_http_is_sent_to_https(client: Client):
    # Over TLS to a balancer in front it is the balancer that says so.
    headers = {**client.headers, "X-Forwarded-Proto": "http"} if client.headers else {}
    with socket.create_connection((client.address, 80), timeout=10) as connection:
        connection.sendall(request("POST", "/items?a=b", client.domain, {"Connection": "close", **headers}))
        answer = read_answer(connection)

    assert (answer.status, answer.headers["location"]) == (308, f"https://{client.domain}/items?a=b")


def test_a_certificate_that_was_obtained_is_kept_for_the_next_start(client: Client, answers: Answers):
    if answers.tls != "acme":
        pytest.skip("the certificate comes from elsewhere")
    before = certificate(client)

    run("systemctl", "restart", service_of(answers))
    wait_for(lambda: reachable(client), "the proxy")

    after = certificate(client)
    assert "Pebble" in str(after["issuer"])
    assert after["serialNumber"] == before["serialNumber"]
    in_certbot = f"/etc/letsencrypt/archive/{answers.domain}/privkey1.pem"
    key = Path(in_certbot if answers.proxy == "nginx" else f"/var/lib/{service_of(answers)}/acme.json")
    assert key.stat().st_mode & 0o777 == 0o600


def certificate(client: Client) -> dict:
    with client.connect() as connection:
        return connection.getpeercert()


def test_a_certificate_that_certbot_renews_is_in_force(client: Client, answers: Answers):
    if (answers.tls, answers.proxy) != ("acme", "nginx"):
        pytest.skip("certbot is not used")
    before = certificate(client)
    # Earlier than its last month: it is to be renewed now.
    renewal = Path(f"/etc/letsencrypt/renewal/{answers.domain}.conf")
    renewal.write_text(f"renew_before_expiry = 9999 days\n{renewal.read_text()}")

    # What the timer starts.
    run("systemctl", "start", "certbot.service")

    wait_for(lambda: certificate(client)["serialNumber"] != before["serialNumber"], "the new certificate", 20)
    assert "Pebble" in str(certificate(client)["issuer"])
    assert run("systemctl", "is-active", "certbot.timer").stdout.strip() == "active"
    # It is not renewed with each start of the timer.
    renewal.write_text(renewal.read_text().replace("renew_before_expiry = 9999 days\n", ""))


def test_metrics_are_read_on_this_machine_alone(client: Client, answers: Answers):
    if not answers.metrics:
        pytest.skip("there are no metrics")

    text = run("curl", "--fail", "--silent", "http://127.0.0.1:8000/metrics").stdout

    assert "http_requests_total" in text


def test_only_the_proxy_is_open_to_others(client: Client, answers: Answers):
    listening = run("ss", "--listening", "--tcp", "--numeric", "--no-header").stdout
    addresses = [line.split()[3] for line in listening.splitlines()]

    # Pebble is of the tests.
    ports = {address.rpartition(":")[2] for address in addresses if not address.startswith(("127.", "[::1]"))} - {"14000"}
    assert ports == ({"80"} if answers.tls == "upstream" else {"80", "443"})


def test_the_service_is_closed_in(client: Client, answers: Answers):
    """The bar holds for the unit as it runs, and nobody else can read its secrets."""
    unit = f"{answers.name}@{running(answers)[0]}.service"

    for judged in (unit, *([] if answers.proxy == "nginx" else [f"{service_of(answers)}.service"])):
        report = run("systemd-analyze", "security", "--no-pager", "--threshold=15", judged).stdout.strip().splitlines()[-1]
        figure(report.strip())
    assert run("systemctl", "show", "--property", "User", "--value", unit).stdout.strip() not in ("", "root")
    if answers.database in ("postgres", "mariadb"):
        assert run("setpriv", "--reuid=65534", "--clear-groups", "cat", f"/etc/{answers.name}/secrets/app_database_url", check=False).returncode


def test_a_backup_brings_back_what_was_there(client: Client, answers: Answers):
    if answers.database != "sqlite":
        pytest.skip("the database is elsewhere")

    def post(name: str) -> str:
        answer = client.send("POST", "/items", {"Content-Type": "application/json"}, json.dumps({"name": name}).encode())
        assert answer.status == 201, answer.body
        return f"/items/{answer.json()['id']}"

    kept = post("before the backup")
    run("sh", "-euc", documented_row(REPOSITORY / "README.md", "back up the database"))
    [backup] = Path("/root").glob("backup-*")
    assert client.send("DELETE", kept).status == 204
    later = post("after the backup")
    run("sh", "-euc", documented_row(REPOSITORY / "README.md", "go back to a backup").replace("backup-…", backup.name))
    wait_for(lambda: client.send("GET", "/health").status == 200, "the application")

    assert client.send("GET", kept).json()["name"] == "before the backup"
    assert client.send("GET", later).status == 404


@pytest.fixture(scope="module")
def unlimited(client: Client, answers: Answers, facts: Facts) -> Client:
    """Higher limits for one client, since all of the load comes from one address. All else is as in production."""
    limits = Path("/etc") / facts.limits.partition(":")[0]
    text = limits.read_text()
    for before, after in facts.raised.items():
        assert before in text
        text = text.replace(before, after)
    limits.write_text(text)
    run("systemctl", "restart", service_of(answers))
    wait_for(lambda: reachable(client), "the proxy")
    return client


def service_of(answers: Answers) -> str:
    return "nginx" if answers.proxy == "nginx" else f"{answers.name}-proxy"


def test_no_post_is_lost_while_everything_is_replaced(unlimited: Client, answers: Answers, rows: Rows, tmp_path: Path):
    """Deploy, start anew, reload, try a version that does not start, return: at least 10,000 requests, none failed."""
    broken = tmp_path / "broken"
    shutil.copytree(REPOSITORY, broken)
    with (broken / f"src/{answers.package}/main.py").open("a") as file:
        file.write('raise RuntimeError("broken")\n')
    first = linked(answers, "current")
    loads = http1, http2, slow = [Load(unlimited, name, rows.post, limit=600_000) for name in ("http1", "http2", "slow")]

    def replaced(*arguments: str) -> None:
        before = linked(answers, "current")
        # The same version with other settings is none to return to.
        kept = {(): before, ("--again",): linked(answers, "previous"), ("--back",): ""}[arguments]
        done = deploy(REPOSITORY, *arguments)
        assert done.returncode == 0, done.stderr
        assert linked(answers, "current") != before
        assert linked(answers, "previous") == kept
        assert running(answers) == [linked(answers, "current")]

    def reloaded() -> None:
        unit = f"{answers.name}@{linked(answers, 'current')}.service"
        tasks = Path("/sys/fs/cgroup") / run("systemctl", "show", "--property", "ControlGroup", "--value", unit).stdout.strip()[1:] / "cgroup.procs"
        before = set(tasks.read_text().split())
        run("systemctl", "reload", unit)
        # The parent stays, and what helps it.
        wait_for(lambda: len(set(tasks.read_text().split()) & before) <= 2, "new workers", 180)

    def refused() -> None:
        before = linked(answers, "current")
        done = deploy(broken)
        assert done.returncode == 1
        assert f"{before} goes on serving" in done.stderr
        assert "RuntimeError: broken" in done.stderr
        assert linked(answers, "current") == before
        assert running(answers) == [before]

    async def scenario() -> None:
        active = [asyncio.create_task(http1.http1(connections=6)), asyncio.create_task(http2.http2(streams=4))]
        # Longer than a worker that leaves waits, and than a version that is stopped: a proxy alone can wait for such bodies.
        active.append(asyncio.create_task(slow.http1(connections=20, pause=14)))
        try:
            for phase, action in (
                ("deploy.sh", replaced),
                ("deploy.sh --again", lambda: replaced("--again")),
                ("systemctl reload", reloaded),
                ("deploy.sh, broken", refused),
                ("deploy.sh --back", lambda: replaced("--back")),
            ):
                start = time.monotonic()
                before = [(load.requests, load.failed) for load in loads]
                await asyncio.to_thread(action)
                assert all(load.requests > requests for load, (requests, _) in zip((http1, http2), before)), "the load has ended"
                counts = [f"{load.failed - failed} of {load.requests - requests}" for load, (requests, failed) in zip(loads, before, strict=True)]
                figure(f"{phase}: {time.monotonic() - start:.1f} s, failed over HTTP/1.1 {counts[0]}, over HTTP/2 {counts[1]}, slow {counts[2]}")
            end = time.monotonic() + 90
            while sum(load.requests for load in loads) < 10_000:
                assert time.monotonic() < end, "too slow for 10,000 requests"
                await asyncio.sleep(0.1)
        finally:
            # Also where something is wrong: they would go on.
            for load in loads:
                load.stop()
            await asyncio.gather(*active)

    asyncio.run(scenario())

    for load in loads:
        figure(
            f"{load.name}: {load.failed} of {load.requests} failed, {load.unbegun} streams not begun, longest {load.longest:.1f} s"
            f" {dict(load.failures) or ''}"
        )
    assert [dict(load.failures) for load in loads] == [{}] * len(loads)
    assert sum(load.requests for load in loads) >= 10_000
    assert linked(answers, "current") == first


FAILED = "[0-9]+ of [0-9]+ answers were 5xx, before that 0 of [0-9]+"


# Whichever is noticed first: one that has ended is started again after two seconds, and the proxy answers 503 meanwhile.
@pytest.mark.parametrize(("code", "seen"), [(FAILING, FAILED), (ENDING, f"(it ended and was started again|{FAILED})")], ids=["fails", "ends"])
def test_a_version_that_turns_out_to_be_bad_is_taken_back(unlimited: Client, answers: Answers, rows: Rows, tmp_path: Path, code: str, seen: str):
    bad = tmp_path / "bad"
    shutil.copytree(REPOSITORY, bad)
    with (bad / f"src/{answers.package}/main.py").open("a") as file:
        file.write(LAYER.format(code=code))
    before, previous = linked(answers, "current"), linked(answers, "previous")
    start = time.monotonic()

    def deployed() -> None:
        done = deploy(bad)
        assert done.returncode == 3, done.stderr
        assert re.search(f"was taken back, {before} serves: {seen}", done.stderr), done.stderr

    load = under_load(unlimited, rows, deployed)
    after = under_load(unlimited, rows, lambda: time.sleep(2))

    figure(f"a version that turns out to be bad: back after {time.monotonic() - start:.1f} s, {load.requests} requests, {dict(load.failures)}")
    # What a version answers that fails is its own; nothing else goes wrong on the way there and back.
    assert code != FAILING or set(load.failures) == {"500"}
    assert (after.failures, after.requests > 20) == ({}, True)
    assert (linked(answers, "current"), linked(answers, "previous"), running(answers)) == (before, previous, [before])
    # And after the next boot as well.
    wanted = Path("/etc/systemd/system/multi-user.target.wants").glob(f"{answers.name}@*.service")
    assert [path.name for path in wanted] == [f"{answers.name}@{before}.service"]


def test_going_back_twice_does_not_lead_forward(unlimited: Client, answers: Answers):
    before = linked(answers, "current")

    done = deploy(REPOSITORY, "--back")

    assert (done.returncode, done.stderr) == (1, "deploy.sh: there is none\n")
    assert linked(answers, "current") == before
    assert running(answers) == [before]
    assert unlimited.send("GET", "/health").status == 200


def test_a_service_that_ends_without_a_failure_is_started_again(unlimited: Client, answers: Answers):
    unit = f"{answers.name}@{linked(answers, 'current')}.service"
    before = run("systemctl", "show", "--property", "MainPID", "--value", unit).stdout.strip()

    run("systemctl", "kill", "--kill-whom", "main", unit)

    wait_for(lambda: run("systemctl", "show", "--property", "MainPID", "--value", unit).stdout.strip() not in {before, "0"}, "another process")
    wait_for(lambda: unlimited.send("GET", "/health").status == 200, "the application")


def test_a_worker_that_memory_ran_out_for_stops_no_other(unlimited: Client, answers: Answers):
    unit = f"{answers.name}@{linked(answers, 'current')}.service"
    shown = run("systemctl", "show", "--property", "OOMPolicy,MainPID,ControlGroup", unit).stdout
    properties = dict(line.split("=", 1) for line in shown.splitlines())
    processes = (Path("/sys/fs/cgroup") / properties["ControlGroup"][1:] / "cgroup.procs").read_text().split()

    # As the kernel does it.
    os.kill(int(processes[-1]), 9)

    assert properties["OOMPolicy"] == "continue"
    assert {unlimited.send("GET", "/health").status for _ in range(20)} == {200}
    assert run("systemctl", "show", "--property", "MainPID", "--value", unit).stdout.strip() == properties["MainPID"]


def test_every_line_in_the_journal_is_json(unlimited: Client, answers: Answers):
    # Without the one that was broken, of which nothing is left.
    units = [f"--unit={answers.name}@{release.name}.service" for release in Path(f"/srv/{answers.name}/releases").iterdir()]
    lines = run("journalctl", f"--identifier={answers.name}", *units, "--output", "cat", "--no-pager").stdout.splitlines()

    figure(f"journal after all this: {len(lines)} lines of JSON")
    assert [line for line in lines if not isinstance(json.loads(line), dict)] == []


def test_a_stop_ends_what_it_has_begun(unlimited: Client, answers: Answers):
    unit = f"{answers.name}@{linked(answers, 'current')}.service"

    start = time.monotonic()
    run("systemctl", "stop", unit)

    figure(f"systemctl stop, idle: {time.monotonic() - start:.1f} s")
    assert run("systemctl", "show", "--property", "Result", "--value", unit).stdout.strip() == "success"

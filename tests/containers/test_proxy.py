"""The way from a client on the internet to the application."""

import concurrent.futures
import contextlib
import json
import os
import re
import secrets
import socket
import ssl
import sys
import time
from pathlib import Path

import pytest

from facts import Facts, Rows
from hostile import connections
from load import Http2
from support import Answer, Answers, Authority, Client, PlainClient, Stack
from support import docker, figure, limited, read_answer, request, run, wait_for

MEGABYTE = 1024 * 1024
SECURITY_HEADERS = {
    "strict-transport-security": "max-age=63072000",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
HIDDEN = [
    spelling
    for name in ("metrics", "ready")
    for spelling in (
        f"/{name}", f"/{name}?a=b", f"/{name}/", f"//{name}", f"/./{name}", f"/x/../{name}", f"/{name}%0a", f"/{name}%0A?a=b",
        f"/{name}%0d%0a", f"/{name}%20", f"/%{ord(name[0]):02x}{name[1:]}", f"/%2f{name}", f"/x%2f..%2f{name}", f"/{name}%2f",
        f"/{name}.json", f"/{name};a=b",
    )
]


pytestmark = pytest.mark.usefixtures("facts")


@pytest.fixture(autouse=True)
def calm(request):
    """Let the rate limit of the tests' own address recover: 40 requests at 20 a second."""
    yield
    time.sleep(getattr(request, "param", 0))


@pytest.fixture
def ends_tls(answers: Answers) -> None:
    if answers.tls == "upstream":
        pytest.skip("TLS ends in front of the proxy")


def pinned(client: Client, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = client.context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


@pytest.mark.usefixtures("ends_tls")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")  # deprecated, which is the point
def test_tls_is_1_2_or_1_3(client: Client):
    spoken = []
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with client.connect(pinned(client, version)) as connection:
            spoken.append(connection.version())

    assert spoken == ["TLSv1.2", "TLSv1.3"]
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            client.connect(pinned(client, version))


@pytest.mark.usefixtures("ends_tls")
def test_tls_1_2_offers_forward_secrecy_only(client: Client):
    context = pinned(client, ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("AES128-SHA:AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")

    with pytest.raises((ssl.SSLError, ConnectionError)):
        client.connect(context)


@pytest.mark.usefixtures("ends_tls")
def test_http2_is_negotiated(client: Client):
    with client.connect(client.context("h2")) as connection:
        assert connection.selected_alpn_protocol() == "h2"


@pytest.mark.usefixtures("ends_tls")
def test_another_name_gets_no_certificate(client: Client):
    context = client.context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE

    with pytest.raises((ssl.SSLError, ConnectionError)):
        client.connect(context, name="other.example.org")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("host", ["own", "evil.example.org"])
def test_plain_http_is_sent_to_https(client: Client, facts: Facts, method: str, host: str):
    # Over TLS to a balancer in front it is the balancer that says so.
    headers = {**client.headers, "X-Forwarded-Proto": "http"} if client.headers else {}
    with socket.create_connection((client.address, 80), timeout=10) as connection:
        connection.sendall(request(method, "/items?a=b", client.domain if host == "own" else host, {"Connection": "close", **headers}))
        answer = read_answer(connection)

    assert answer.status == (facts.redirect_of_get if method == "GET" else 308)
    assert answer.headers["location"] == f"https://{client.domain}/items?a=b"


@pytest.mark.parametrize(("method", "target", "status"), [("GET", "/health", 200), ("GET", "/metrics", 404), ("POST", "/items", 413)])
def test_every_answer_has_the_security_headers(client: Client, facts: Facts, method: str, target: str, status: int):
    answer = too_large(client, facts) if status == 413 else client.send(method, target)

    assert answer.status == status
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert answer.headers.get("server") == facts.server
    assert facts.request_id is None or re.fullmatch(facts.request_id, answer.headers["x-request-id"])


@pytest.mark.parametrize("status", [404, 413])
def test_its_own_errors_look_like_those_of_the_application(client: Client, facts: Facts, status: int):
    if not facts.problems:
        pytest.skip("this proxy answers in plain text")

    answer = too_large(client, facts) if status == 413 else client.send("GET", "/ready")

    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json() == {"type": "about:blank", "title": {404: "Not Found", 413: "Content Too Large"}[status], "status": status}
    assert answer.headers["x-request-id"]


def test_a_request_that_cannot_be_read_gets_no_page(client: Client, facts: Facts):
    def ask(connection: socket.socket, sent: bytes) -> Answer:
        with connection:
            connection.sendall(sent)
            return read_answer(connection)

    for sent in (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", b"GET / HTTP/1.1\r\nno header\r\n\r\n"):
        for answer in (ask(client.connect(), sent), ask(socket.create_connection((client.address, 80), timeout=10), sent)):
            assert answer.status == 400
            assert b"<" not in answer.body
            if facts.problems:
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json() == {"type": "about:blank", "title": "Bad Request", "status": 400}


@pytest.mark.usefixtures("ends_tls")
def test_another_host_than_the_certificate_was_asked_for_gets_no_page(client: Client, facts: Facts):
    with client.connect() as connection:
        connection.sendall(request("GET", "/health", "evil.example.org", {"Connection": "close"}))
        answer = read_answer(connection)

    assert answer.status == facts.misdirected
    assert b"<" not in answer.body
    assert {name: answer.headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS


def test_a_websocket_that_does_not_pass_is_answered_at_once(client: Client, facts: Facts):
    handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    plain = {**client.headers, "X-Forwarded-Proto": "http"} if client.headers else {}
    start = time.monotonic()

    with client.connect() as connection:
        connection.sendall(client.request("GET", "/metrics", handshake))
        hidden = read_answer(connection).status
    with socket.create_connection((client.address, 80), timeout=10) as connection:
        connection.sendall(request("GET", "/ws", client.domain, {**handshake, **plain}))
        redirected = read_answer(connection).status

    assert (hidden, redirected) == (404, facts.redirect_of_get)
    assert time.monotonic() - start < 5


def too_large(client: Client, facts: Facts) -> Answer:
    """Send one byte too many, or say so."""
    size = MEGABYTE + 1
    return client.send("POST", "/items", {"Content-Length": str(size)}, b"" if facts.refuses_announced_body else b"x" * size)


def test_a_large_body_is_refused_over_http1(client: Client, facts: Facts):
    assert too_large(client, facts).status == 413


def test_a_large_body_is_refused_over_http2(client: Client, facts: Facts, tmp_path: Path):
    if isinstance(client, PlainClient) and facts.refuses_announced_body:
        # Without TLS curl 7 loses the answer when the stream is reset behind it.
        connection = Http2(client)
        connection.post("/items", b"", announced=MEGABYTE + 1)
        while not (ended := connection.receive()):
            pass
        connection.close()
        assert [outcome for outcome, _ in ended] == ["413"]
        return
    body = tmp_path / "body"
    body.write_bytes(b"x" * (MEGABYTE + 1))

    assert client.curl("/items", "--request", "POST", "--data-binary", f"@{body}").status == 413


def test_a_large_answer_is_compressed(client: Client, rows: Rows):
    if not rows.migrated:
        pytest.skip("without rows no answer is large")
    for _ in range(15):
        body = json.dumps({"name": secrets.token_hex(8)}).encode()
        assert client.send("POST", "/items", {"Content-Type": "application/json"}, body).status == 201

    answer = client.send("GET", "/items", {"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in client.send("GET", "/items").headers


def test_what_the_application_believes_of_a_client_cannot_be_forged(echo: Client, facts: Facts):
    forged = {
        "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example.org",
        "Forwarded": "for=6.6.6.6", "X-Request-Id": "forged", "X_Request_Id": "forged", "X_Forwarded_For": "6.6.6.6",
    }
    if echo.headers:
        # The balancer adds whom it has seen, and overwrites the other.
        forged |= {"X-Forwarded-For": f"6.6.6.6, {echo.headers['X-Forwarded-For']}", "X-Forwarded-Proto": "https"}

    answer = echo.send("GET", "/a%2Fb//c?d=e", forged)

    told = answer.json()
    headers = {name.lower(): value for name, value in told["headers"]}
    assert told["target"] == facts.forwarded_target
    assert headers["host"] == echo.domain
    assert headers["x-forwarded-proto"] == "https"
    believed = headers["x-forwarded-for"].rpartition(", ")[2]
    assert re.fullmatch(re.escape(echo.headers.get("X-Forwarded-For", "")) or r"172\.30\.91\.\d+", believed)
    assert not {"forwarded", "x-forwarded-host", "connection", "upgrade", "x_request_id", "x_forwarded_for"} & set(headers)
    if facts.request_id is None:
        assert "x-request-id" not in headers
    else:
        assert re.fullmatch(facts.request_id, headers["x-request-id"])
        assert answer.headers["x-request-id"] == headers["x-request-id"]
    assert answer.headers.get("server") == facts.server


def test_a_websocket_passes(echo: Client):
    handshake = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
    with echo.connect() as connection:
        connection.sendall(echo.request("GET", "/ws", handshake))
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(1)
        mask = os.urandom(4)
        text = b"hello"
        connection.sendall(bytes([0x81, 0x80 | len(text)]) + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(text)))
        echoed = b""
        while len(echoed) < 2 + len(text):
            echoed += connection.recv(64)

    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
    assert echoed == b"\x81\x05hello"


def test_a_path_with_a_null_is_refused(echo: Client):
    assert echo.send("GET", "/items%00").status == 400


@pytest.mark.parametrize("calm", [2], indirect=True)
def test_internal_paths_are_hidden_in_every_spelling(client: Client, echo: Client):
    shown = {}
    for target in HIDDEN:
        for version, answer in (("HTTP/1.1", echo.send("GET", target)), ("HTTP/2", echo.curl(target))):
            if answer.status != 404 or b"headers" in answer.body:
                shown[f"{target} {version}"] = answer.status
            time.sleep(0.05)  # the rate limit: 20 a second

    figure(f"hidden: {len(HIDDEN)} spellings over HTTP/1.1 and HTTP/2, {len(shown)} shown")
    assert shown == {}


def test_paths_that_only_begin_alike_are_not_hidden(echo: Client):
    assert [echo.send("GET", target).status for target in ("/metrics-of-sales", "/readyness", "/items/ready")] == [200, 200, 200]


@pytest.mark.usefixtures("ends_tls")
def test_the_rate_limit_counts_each_client_for_itself(stack: Stack, client: Client, image: str, authority: Authority):
    code = """
import collections, json, ssl, http.client, sys
context = ssl.create_default_context(cafile="/ca.pem")
connection = http.client.HTTPSConnection(sys.argv[1], 8443, context=context)
count = collections.Counter()
for _ in range(int(sys.argv[2])):
    connection.request("GET", "/health")
    answer = connection.getresponse()
    answer.read()
    count[answer.status] += 1
print(json.dumps(count))
"""
    proxy, network = stack.address("proxy", "edge"), f"{stack.config()['name']}_edge"

    def send(_: str, requests: int) -> dict[str, int]:
        return json.loads(docker(
            "run", "--rm", f"--network={network}", f"--add-host={client.domain}:{proxy}", f"--volume={authority.ca}:/ca.pem:ro",
            image, "python", "-c", code, client.domain, str(requests),
        ))

    limited(send)


@pytest.mark.parametrize("calm", [3], indirect=True)
def test_headers_by_reference_keep_nobody_else_out(stack: Stack, client: Client, image: str, authority: Authority):
    """Of 20 connections with 100 streams each, every stream asks for a megabyte of cookies to be kept, by 300 bytes."""
    before = stack.inspect("proxy")
    headers = client.headers and {**client.headers, "X-Forwarded-For": "198.51.100.6"}
    address, [network] = stack.address("proxy", "edge"), [name for name in before["NetworkSettings"]["Networks"]]

    with concurrent.futures.ThreadPoolExecutor() as pool:
        other = pool.submit(patient_client, address, client, network, image, authority.ca)
        hostile = connections(address, [8443, 8080] if client.context() else [8080], 20, client.context("h2"), client.domain, headers)
        for connection in hostile:
            connection.hold(streams=100, crumbs=250)
        answers = other.result()
    for connection in hostile:
        connection.close()
    after = stack.inspect("proxy")

    sent = sum(connection.sent for connection in hostile)
    figure(f"headers by reference: {len(hostile)} connections sent {sent / 1000:.0f} kB; another client meanwhile: {answers}")
    assert set(answers) == {"200"}
    assert (after["RestartCount"], after["State"]["StartedAt"]) == (before["RestartCount"], before["State"]["StartedAt"])


def patient_client(address: str, client: Client, network: str, image: str, ca: Path) -> dict[str, int]:
    """Ask ten times a second for twenty seconds, each time on a connection of its own, from an address of its own."""
    code = """
import collections, http.client, json, ssl, sys, time
count = collections.Counter()
for _ in range(200):
    try:
        if sys.argv[1] == "https":
            connection = http.client.HTTPSConnection(sys.argv[2], 8443, timeout=5, context=ssl.create_default_context(cafile="/ca.pem"))
        else:
            connection = http.client.HTTPConnection(sys.argv[2], 8080, timeout=5)
        connection.request("GET", "/health", headers=json.loads(sys.argv[3]))
        count[connection.getresponse().status] += 1
        connection.close()
    except (OSError, http.client.HTTPException) as error:
        count[repr(error)] += 1
    time.sleep(0.1)
print(json.dumps(count))
"""
    headers = client.headers and {**client.headers, "X-Forwarded-For": "198.51.100.7"}
    if headers:
        # Behind a balancer the header is the address, and only who stands where the balancer does is heard.
        told = json.dumps({**headers, "Host": client.domain})
        return json.loads(run(sys.executable, "-c", code, client.scheme, address, told).stdout)
    return json.loads(docker(
        "run", "--rm", f"--network={network}", f"--add-host={client.domain}:{address}", f"--volume={ca}:/ca.pem:ro",
        image, "python", "-c", code, client.scheme, client.domain, json.dumps(headers),
    ))


@pytest.mark.parametrize("calm", [3], indirect=True)
def test_one_client_may_have_fifty_requests_open(echo: Client, facts: Facts):
    if facts.in_flight is None:
        pytest.skip("this proxy counts the requests of all clients together")
    open_connections = []
    statuses = []
    try:
        for _ in range(60):
            connection = echo.connect()
            open_connections.append(connection)
            connection.sendall(echo.request("POST", "/", {"Content-Length": "5"}))
            time.sleep(0.06)  # below the rate limit, so that only the number of connections counts
        for connection in open_connections:
            connection.sendall(b"12345")  # until then Go keeps its answer
            statuses.append(read_answer(connection).status)
    finally:
        for connection in open_connections:
            connection.close()

    refused = statuses.count(429)
    figure(f"connection limit: {refused} of 60 refused")
    assert (refused, statuses.count(200)) == (facts.in_flight, 60 - facts.in_flight)


@pytest.mark.usefixtures("ends_tls")
def test_bodies_of_slow_clients_take_nobody_s_place(stack: Stack, client: Client, rows: Rows, image: str):
    """Two clients with all the requests that each may have open, and each body but for its end; a third one sends its own."""
    code = """
import socket, ssl, sys, time
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
held = []
for _ in range(50):
    connection = context.wrap_socket(socket.create_connection((sys.argv[1], 8443)), server_hostname=sys.argv[2])
    connection.sendall(f"POST /items HTTP/1.1\\r\\nHost: {sys.argv[2]}\\r\\nContent-Length: 1048576\\r\\n\\r\\n".encode() + b"x" * 1048575)
    held.append(connection)
    time.sleep(0.06)  # below the rate limit
print("held", flush=True)
time.sleep(60)
"""
    network, address = f"{stack.config()['name']}_edge", stack.address("proxy", "edge")
    slow = [
        docker("run", "--detach", f"--network={network}", image, "python", "-c", code, address, client.domain) for _ in range(2)
    ]
    try:
        wait_for(lambda: all(docker("logs", one) == "held" for one in slow), "all bodies but for their ends", 30)
        body = json.dumps({"name": "a" * 900_000}).encode()
        answers = [client.send("POST", rows.post[0], {"Content-Type": "application/json"}, body).status for _ in range(3)]
    finally:
        docker("rm", "--force", *slow)

    assert answers == [422] * 3


def test_slow_clients_are_cut(client: Client, facts: Facts):
    def cut(sent: bytes) -> float:
        with client.connect() as connection:
            connection.sendall(sent)
            start = time.monotonic()
            try:
                while connection.recv(1024):
                    pass
            except (ConnectionError, ssl.SSLError):
                pass
            return time.monotonic() - start

    head = client.request("POST", "/items", {"Content-Length": "100"})
    with concurrent.futures.ThreadPoolExecutor() as pool:
        seconds = list(pool.map(cut, [head[:20], head + b"{"]))

    figure(f"slow client: cut after {seconds[0]:.1f} s in its headers, {seconds[1]:.1f} s in its body")
    assert seconds == pytest.approx(facts.seconds, abs=5)


def test_the_two_logs_share_a_request_id(stack: Stack, client: Client, facts: Facts):
    forwarded = ", ".join(["6.6.6.6", *client.headers.get("X-Forwarded-For", "").split()])

    answer = client.send("GET", "/items/1", {"X-Forwarded-For": forwarded, "X-Request-Id": "forged"})

    def line(service: str, names: dict[str, str]) -> dict[str, object]:
        def find() -> dict[str, object] | None:
            entries = map(json.loads, docker("logs", stack.container(service)).splitlines())
            return next((entry for entry in entries if entry.get(names["request_id"]) == answer.headers["x-request-id"]), None)

        found = wait_for(find, f"the request in the log of {service}", 10)
        return {name: found[said] for name, said in names.items()}

    proxy = line("proxy", facts.log)
    # Traefik logs all of what a balancer says, whose last address counts.
    proxy["client"] = str(proxy["client"]).rpartition(", ")[2]
    assert proxy == line("app", {name: name for name in facts.log})
    assert proxy["client"] != "6.6.6.6"
    assert proxy["status"] == answer.status


def test_the_log_holds_no_query(stack: Stack, client: Client):
    client.send("GET", "/items?limit=1&q=personal")
    client.send("GET", "/metrics?q=personal", {"User-Agent": "the-last-one"})

    def log() -> str:
        return docker("logs", stack.container("proxy"))

    wait_for(lambda: "the-last-one" in log(), "the last request in the log", 10)
    assert "personal" not in log()


def test_a_client_that_leaves_is_a_line_as_any_other(stack: Stack, client: Client):
    """In the middle of its headers, and of a body that it has announced."""
    with client.connect() as connection:
        connection.sendall(client.request("GET", "/health")[:20])
    leaving = Http2(client)
    leaving.post("/items", b"", announced=1000)
    with contextlib.suppress(OSError):
        leaving._socket.settimeout(1)
        leaving.receive()
    leaving.close()
    time.sleep(1)

    client.send("GET", "/health", {"User-Agent": "after-them"})

    def log() -> list[str]:
        return docker("logs", stack.container("proxy")).splitlines()

    wait_for(lambda: any("after-them" in line for line in log()), "the last request in the log", 10)
    statuses = [entry[name] for entry in map(json.loads, log()) for name in ("status", "DownstreamStatus") if name in entry]
    assert statuses
    assert [status for status in statuses if not isinstance(status, int)] == []


def test_a_stopped_proxy_finishes_what_it_has_begun(echo_stack: Stack, echo: Client):
    with echo.connect() as connection, concurrent.futures.ThreadPoolExecutor() as pool:
        connection.sendall(echo.request("POST", "/", {"Content-Length": "4", "Connection": "close"}))
        time.sleep(0.5)
        start = time.monotonic()
        stopping = pool.submit(echo_stack.compose, "stop", "proxy")
        time.sleep(3)

        connection.sendall(b"late")

        answer: Answer = read_answer(connection)
        stopping.result()
    seconds = time.monotonic() - start
    echo_stack.compose("up", "--detach", "--no-deps", "--wait", "proxy")
    figure(f"proxy: stopped after {seconds:.1f} s, a request half sent was answered {answer.status}")
    assert answer.status == 200
    assert seconds < 34

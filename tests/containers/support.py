"""What the tests of running containers share: docker, certificates, HTTP without a helping hand.

Nothing here retries or repairs a request: what a real client would see is what a test sees.
"""

import concurrent.futures
import json
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

FIGURES: list[str] = []
# What a balancer in front says of its client.
FORWARDED = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}


def figure(text: str) -> None:
    """Keep a measured figure; all of them are printed after the tests."""
    FIGURES.append(text)


def run(*command: str, cwd: Path | None = None, check: bool = True, timeout: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a command; where it fails, show what it said."""
    done = subprocess.run(command, cwd=cwd, text=True, capture_output=True, timeout=timeout, check=False)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def docker(*arguments: str, **options) -> str:
    """Return what a docker command prints on standard output."""
    return run("docker", *arguments, **options).stdout.strip()


def inspect(name: str) -> dict:
    return json.loads(docker("inspect", name))[0]


def kill(container: str, program: str) -> None:
    """End all processes of a program without warning; its container is started again."""
    code = f"for p in $(grep -lsa '{program}' /proc/[0-9]*/cmdline | cut -d/ -f3); do [ $p -le 1 ] || [ $p = $$ ] || kill -9 $p; done"
    docker("exec", container, "sh", "-c", code, check=False)


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> object:
    """Ask until the answer is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.1)
    return value


@dataclass(frozen=True)
class Answers:
    """What the tests must know about the repository."""

    domain: str
    image: str
    database: str
    proxy: str
    tls: str


@dataclass
class Stack:
    """A compose project of one repository."""

    folder: Path
    files: list[str] = field(default_factory=list)
    project: str | None = None
    environment: str | None = None
    first: dict[str, dict] = field(default_factory=dict)
    """The state of each container after the first start, by its service."""

    def compose(self, *arguments: str, **options) -> str:
        names = [f"--file={name}" for name in self.files]
        project = [f"--project-name={self.project}"] if self.project else []
        environment = [f"--env-file={self.environment}"] if self.environment else []
        return run("docker", "compose", *project, *names, *environment, *arguments, cwd=self.folder, **options).stdout.strip()

    def container(self, service: str) -> str:
        return self.compose("ps", "--all", "--quiet", service)

    def inspect(self, service: str) -> dict:
        return inspect(self.container(service))

    def address(self, service: str, network: str) -> str:
        networks = self.inspect(service)["NetworkSettings"]["Networks"]
        return next(value["IPAddress"] for name, value in networks.items() if name.endswith(f"_{network}"))

    def python(self, service: str, code: str, **options) -> str:
        return self.compose("exec", "-T", service, "python", "-c", code, **options)

    def config(self) -> dict:
        return json.loads(self.compose("config", "--format", "json"))


class Authority:
    """A certificate authority for the tests, and one certificate from it."""

    def __init__(self, folder: Path, domain: str) -> None:
        self.ca, self.chain, self.key = folder / "ca.pem", folder / "fullchain.pem", folder / "privkey.pem"
        ca_key, request, extensions = folder / "ca.key", folder / "request.pem", folder / "extensions"
        extensions.write_text(f"subjectAltName=DNS:{domain}\nextendedKeyUsage=serverAuth\n")
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        run("openssl", "req", "-x509", *curve, "-days", "7", "-subj", "/CN=tests", "-keyout", str(ca_key),
            "-out", str(self.ca), "-addext", "keyUsage=critical,keyCertSign")
        run("openssl", "req", *curve, "-subj", f"/CN={domain}", "-keyout", str(self.key), "-out", str(request))
        run("openssl", "x509", "-req", "-in", str(request), "-CA", str(self.ca), "-CAkey", str(ca_key), "-CAcreateserial",
            "-days", "7", "-extfile", str(extensions), "-out", str(self.chain))


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Client:
    """Speaks to the proxy at an address, under the name that its certificate has."""

    address: str
    domain: str
    ca: Path
    port: int = 443
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with each request: what a balancer in front says of its client."""
    scheme = "https"
    http2 = "--http2"

    def context(self, alpn: str = "http/1.1") -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.ca))
        context.set_alpn_protocols([alpn])
        return context

    def connect(self, context: ssl.SSLContext | None = None, name: str | None = None) -> ssl.SSLSocket:
        plain = socket.create_connection((self.address, self.port), timeout=40)
        try:
            return (context or self.context()).wrap_socket(plain, server_hostname=name or self.domain)
        except BaseException:
            plain.close()
            raise

    def send(self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Answer:
        """One HTTP/1.1 request, its target exactly as given."""
        with self.connect() as connection:
            connection.sendall(self.request(method, target, {"Connection": "close", **(headers or {})}, body))
            return read_answer(connection)

    def request(self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
        """Return a request as it is sent."""
        return request(method, target, self.domain, {**self.headers, **(headers or {})}, body)

    def curl(self, target: str, *options: str) -> Answer:
        """One HTTP/2 request, its target exactly as given.

        A proxy that refuses a body ends the stream while curl still sends, and the rest of its answer may be lost with it.
        """
        headers = [word for name, value in self.headers.items() for word in ("--header", f"{name}: {value}")]
        done = run("curl", "--silent", "--show-error", "--include", self.http2, "--path-as-is", "--max-time", "40",
                   "--cacert", str(self.ca), "--resolve", f"{self.domain}:{self.port}:{self.address}", *headers, *options,
                   f"{self.scheme}://{self.domain}:{self.port}{target}", check=False)
        head, _, body = done.stdout.partition("\n\n")
        status, *lines = head.splitlines() or [""]
        assert status.startswith("HTTP/2 "), f"{status}\n{done.stderr}"
        refused = status.split()[1] == "413"
        assert done.returncode == 0 or refused, done.stderr
        return Answer(int(status.split()[1]), _headers(lines), body.encode())


class PlainClient(Client):
    """Speaks without TLS: to the application itself, or as the balancer that has ended TLS."""

    scheme = "http"
    http2 = "--http2-prior-knowledge"

    def context(self, alpn: str = "http/1.1") -> None:
        return None

    def connect(self, context: None = None, name: None = None) -> socket.socket:
        return socket.create_connection((self.address, self.port), timeout=40)


def request(method: str, target: str, host: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {target} HTTP/1.1"]
    fields = {"Host": host, **headers}
    if body or method in {"POST", "PUT"}:
        fields.setdefault("Content-Length", str(len(body)))
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def read_answer(connection: socket.socket) -> Answer:
    """Read one answer until its declared end or until the peer closes."""
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            raise ConnectionError(f"closed before an answer: {data!r}")
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = _headers(lines)
    length = int(headers["content-length"]) if "content-length" in headers else None
    while length is None or len(body) < length:
        chunk = connection.recv(65536)
        if not chunk:
            break
        body += chunk
    if headers.get("transfer-encoding") == "chunked":
        body = _dechunked(body)
    return Answer(int(status.split()[1]), headers, body)


def _headers(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _dechunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return whole


def limited(send: Callable[[str, int], dict[str, int]]) -> None:
    """Two clients: one sends far too much, the other must not notice."""
    with concurrent.futures.ThreadPoolExecutor() as pool:
        greedy, modest = pool.submit(send, "greedy", 300), pool.submit(send, "modest", 20)
        first, second = greedy.result(), modest.result()

    figure(f"rate limit: one client {first}, another at the same time {second}")
    assert set(first) == {"200", "429"}
    # The burst, and what was earned again meanwhile.
    assert first["200"] >= 40
    assert second == {"200": 20}


def documented_commands(readme: Path, section: str) -> str:
    """Return the first block of shell commands below a heading."""
    text = readme.read_text()
    match = re.search(rf"^## {section}\n.*?^```(?:sh|shell|bash)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert match, f"{readme} has no commands under '## {section}'"
    return match[1]


def documented_row(readme: Path, task: str) -> str:
    """Return the commands that a table gives for a task, one after the other."""
    row = re.search(rf"^\| {task} \| (.*) \|$", readme.read_text(), re.MULTILINE)
    assert row, f"{readme} does not say how to {task}"
    return "\n".join(re.findall(r"`([^`]+)`", row[1]))


def copy_of(repository: Path, target: Path) -> Path:
    """Copy a repository as a checkout would hold it: without what is ignored or was left over."""
    ignored = shutil.ignore_patterns(".git", ".venv", ".env", "secrets", ".postgres", "__pycache__", ".*_cache", ".hypothesis", ".schemathesis")
    shutil.copytree(repository, target, ignore=ignored)
    return target

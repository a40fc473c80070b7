"""A trace from the client through the proxy to the log and to a collector."""

import json

import pytest

from support import Client, Stack, docker, wait_for

COLLECTOR = "fastwright-collector"
TRACE = "0af7651916cd43dd8448eb211c80319c"
# Prints what it is sent, in hexadecimal.
PROGRAM = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        print(self.path, self.rfile.read(int(self.headers["content-length"])).hex(), flush=True)
        self.send_response(200)
        self.end_headers()
HTTPServer(("", 4318), Collector).serve_forever()
"""


@pytest.fixture
def collector(stack: Stack, image: str):
    """A collector beside the application, which is told of it."""
    settings = stack.folder / "app.env"
    before = settings.read_text()
    if "OTEL_EXPORTER_OTLP_ENDPOINT=\n" not in before:
        pytest.skip("the repository has no tracing")
    network = f"{stack.config()['name']}_edge"
    docker("run", "--detach", "--init", "--name", COLLECTOR, f"--network={network}", image, "python", "-c", PROGRAM)
    try:
        settings.write_text(before.replace("OTEL_EXPORTER_OTLP_ENDPOINT=", f"OTEL_EXPORTER_OTLP_ENDPOINT=http://{COLLECTOR}:4318"))
        stack.compose("up", "--detach", "--no-deps", "--wait", "app")
        yield COLLECTOR
    finally:
        docker("rm", "--force", COLLECTOR)
        settings.write_text(before)
        stack.compose("up", "--detach", "--no-deps", "--wait", "app")


def test_a_trace_goes_from_the_client_to_the_log_and_the_collector(stack: Stack, client: Client, collector: str):
    answer = client.send("GET", "/nowhere", {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})

    def line() -> dict | None:
        entries = map(json.loads, docker("logs", stack.container("app")).splitlines())
        return next((entry for entry in entries if entry.get("trace_id") == TRACE), None)

    entry = wait_for(line, "a line of the log with the trace", 10)
    assert entry["request_id"] == answer.headers["x-request-id"]
    sent = wait_for(lambda: [one for one in docker("logs", collector).splitlines() if TRACE in one], "spans", 30)
    assert sent[0].startswith("/v1/traces ")
    assert entry["span_id"] in sent[0]

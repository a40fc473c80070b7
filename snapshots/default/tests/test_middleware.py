import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path
from socket import gaierror

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from httpx import AsyncClient
from prometheus_client import REGISTRY, Gauge

from shop_api import logs
from shop_api.lifecycle import resources
from shop_api.middleware import MAX_BODY
from shop_api.settings import LogSettings

ACCESS = "shop_api.access"


async def test_an_accepted_request_id_is_kept(client: AsyncClient) -> None:
    response = await client.get("/health", headers={"x-request-id": "edge-1.a_B"})

    assert response.headers["x-request-id"] == "edge-1.a_B"


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, '"},{"level":"'])
async def test_any_other_request_id_is_replaced(client: AsyncClient, given: str) -> None:
    response = await client.get("/health", headers={"x-request-id": given})

    assert re.fullmatch(r"[0-9a-f]{32}", response.headers["x-request-id"])


async def test_each_request_is_one_line_in_the_log(
    client: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await client.get("/nowhere?q=private")

    [record] = [record for record in caplog.records if record.name == ACCESS]
    fields = vars(record)["fields"]
    assert fields.pop("duration_ms") > 0
    assert fields == {"method": "GET", "path": "/nowhere", "status": 404, "client": "127.0.0.1"}


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics"])
async def test_what_machines_ask_all_the_time_is_not_logged(
    client: AsyncClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    await client.get(path)

    assert ACCESS not in {record.name for record in caplog.records}


async def test_a_body_that_is_too_large_is_refused_before_all_of_it_has_come(
    app: FastAPI, client: AsyncClient
) -> None:
    sent = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += MAX_BODY // 4
            yield b" " * (MAX_BODY // 4)

    async def take(values: list[int]) -> int:
        return len(values)

    app.add_api_route("/values", take, methods=["POST"])
    json_type = {"content-type": "application/json"}

    largest = await client.post("/values", content=b"[1]".ljust(MAX_BODY), headers=json_type)
    larger = await client.post("/values", content=parts(), headers=json_type)

    assert (largest.status_code, largest.json()) == (200, 1)
    assert (larger.status_code, larger.json()["status"]) == (413, 413)
    assert larger.headers["connection"] == "close"
    assert sent < 2 * MAX_BODY


async def test_an_answer_that_breaks_off_is_an_error(
    app: FastAPI, client: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def body() -> AsyncIterator[str]:
        yield "one"
        raise RuntimeError

    app.add_api_route("/broken", lambda: StreamingResponse(body()))

    response = await client.get("/broken")

    assert (response.status_code, response.text) == (200, "one")
    assert "the request failed" in caplog.messages


@pytest.mark.parametrize(("error", "is_told"), [(gaierror(), False), (ValueError(), True)])
def test_a_name_that_nobody_waits_for_is_not_in_the_log(
    capsys: pytest.CaptureFixture[str], error: Exception, *, is_told: bool
) -> None:
    logs.configure(LogSettings())

    context = "Future exception was never retrieved"
    logging.getLogger("asyncio").error(context, exc_info=error)

    assert (context in capsys.readouterr().out) is is_told


def test_a_json_line_tells_the_request_its_fields_and_the_exception() -> None:
    record = logging.makeLogRecord(
        {
            "name": "shop",
            "levelname": "ERROR",
            "msg": "%s is broken",
            "args": ("it",),
            "exc_info": (ValueError, ValueError("a\nb"), None),
            "fields": {"path": Path("here")},
        }
    )
    token = logs.request_id.set("id")

    line = logs.JsonFormatter().format(record)

    logs.request_id.reset(token)
    assert "\n" not in line
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "ERROR",
        "logger": "shop",
        "message": "it is broken",
        "request_id": "id",
        "path": "here",
        "exception": "ValueError: a\nb",
    }


def count(**labels: str) -> float:
    return REGISTRY.get_sample_value("http_requests_total", labels) or 0


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/things/1", {"method": "GET", "route": "/things/{thing_id}", "status": "200"}),
        ("GET", "/nowhere", {"method": "GET", "route": "unmatched", "status": "404"}),
        ("BREW", "/nowhere", {"method": "OTHER", "route": "unmatched", "status": "404"}),
    ],
)
async def test_labels_of_metrics_have_few_values(
    app: FastAPI, client: AsyncClient, method: str, path: str, labels: dict[str, str]
) -> None:
    app.add_api_route("/things/{thing_id}", lambda: None)
    before = count(**labels)

    await client.request(method, path)

    assert count(**labels) == before + 1


def test_no_gauge_keeps_the_value_of_a_worker_that_is_gone() -> None:
    metrics = REGISTRY._collector_to_names  # noqa: SLF001
    modes = {
        metric._name: metric._multiprocess_mode  # noqa: SLF001
        for metric in metrics
        if isinstance(metric, Gauge)
    }

    assert modes
    assert [name for name, mode in modes.items() if not mode.startswith("live")] == []


async def test_metrics_are_served_in_the_format_of_prometheus(client: AsyncClient) -> None:
    await client.get("/health")

    response = await client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=")
    assert 'http_request_duration_seconds_count{method="GET",route="/health"}' in response.text


async def test_metrics_are_those_of_the_shared_directory(
    app: FastAPI, client: AsyncClient, tmp_path: Path
) -> None:
    shared = resources(app)
    shared.settings = shared.settings.model_copy(update={"metrics_directory": tmp_path})

    response = await client.get("/metrics")

    assert (response.status_code, response.text) == (200, "")

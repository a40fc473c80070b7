from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from prometheus_client import REGISTRY


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


async def test_metrics_are_served_in_the_format_of_prometheus(client: AsyncClient) -> None:
    await client.get("/health")

    response = await client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=")
    assert 'http_request_duration_seconds_count{method="GET",route="/health"}' in response.text


async def test_metrics_are_those_of_the_shared_directory(
    app: FastAPI, client: AsyncClient, tmp_path: Path
) -> None:
    app.state.settings = app.state.settings.model_copy(update={"metrics_directory": tmp_path})

    response = await client.get("/metrics")

    assert (response.status_code, response.text) == (200, "")

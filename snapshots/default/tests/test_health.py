import asyncio

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from shop_api import lifecycle


async def test_health_touches_no_resource(app: FastAPI, client: AsyncClient) -> None:
    del lifecycle.resources(app).checks

    response = await client.get("/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_ready_when_every_resource_answers(client: AsyncClient) -> None:
    response = await client.get("/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_not_ready_names_each_resource_that_fails(app: FastAPI, client: AsyncClient) -> None:
    async def refuse() -> None:
        raise ConnectionRefusedError

    lifecycle.resources(app).checks |= {"cache": refuse, "queue": refuse}

    response = await client.get("/ready")

    assert response.status_code == 503
    assert response.json()["detail"] == "no answer from: cache, queue"
    assert response.headers["retry-after"] == "5"


async def test_ready_without_what_only_some_routes_need(app: FastAPI, client: AsyncClient) -> None:
    shared = lifecycle.resources(app)
    shared.checks = {}
    shared.watched = {"search": asyncio.Event().wait}
    ready = shared.settings.ready.model_copy(update={"timeout": 0.01})
    shared.settings = shared.settings.model_copy(update={"ready": ready})

    response = await client.get("/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ok", "without": ["search"]})


async def test_not_ready_when_a_resource_takes_too_long(app: FastAPI, client: AsyncClient) -> None:
    shared = lifecycle.resources(app)
    ready = shared.settings.ready.model_copy(update={"timeout": 0.01})
    shared.settings = shared.settings.model_copy(update={"ready": ready})
    shared.checks = {"queue": asyncio.Event().wait}

    response = await client.get("/ready")

    assert response.status_code == 503
    assert response.json()["detail"] == "no answer from: queue"


async def test_not_ready_while_the_server_stops(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle.stopping, "is_set", lambda: True)

    ready = await client.get("/ready")
    health = await client.get("/health")

    assert (ready.status_code, health.status_code) == (503, 200)
    assert ready.json()["detail"] == "the server is stopping"

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from httpx import AsyncClient, Response
from pydantic import BaseModel, ConfigDict, Field

from shop_api.errors import (
    MEDIA_TYPE,
    ConflictError,
    NotFoundError,
    RefusedError,
)


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("thing", min_length=1)


async def create_thing(thing: Thing) -> Thing:
    return thing


def problem(response: Response) -> dict[str, object]:
    assert response.headers["content-type"] == "application/problem+json"
    content: dict[str, object] = response.json()
    assert content.pop("type") == "about:blank"
    assert content.pop("status") == response.status_code
    assert content.pop("request_id") == response.headers["x-request-id"]
    return content


async def test_an_unknown_path(client: AsyncClient) -> None:
    response = await client.get("/nowhere")

    assert response.status_code == 404
    assert problem(response) == {"title": "Not Found", "detail": "Not Found"}


async def test_a_method_that_is_not_allowed_names_those_that_are(
    app: FastAPI, client: AsyncClient
) -> None:
    app.add_api_route("/things", Thing, methods=["GET"])
    app.add_api_route("/things", Thing, methods=["DELETE"])

    response = await client.patch("/things")

    assert response.status_code == 405
    assert problem(response)["title"] == "Method Not Allowed"
    assert response.headers["allow"] == "DELETE, GET, HEAD"


class ThingMissingError(NotFoundError):
    detail = "no such thing"


class ThingTakenError(ConflictError):
    detail = "it has another owner"


@pytest.mark.parametrize(("error", "status"), [(ThingMissingError, 404), (ThingTakenError, 409)])
async def test_what_a_service_refuses_is_answered_without_a_word_of_the_route(
    app: FastAPI, client: AsyncClient, error: type[RefusedError], status: int
) -> None:
    async def refuse() -> None:
        raise error

    app.add_api_route("/things", refuse)

    response = await client.get("/things")

    assert response.status_code == status
    assert problem(response)["detail"] == error.detail


async def test_an_invalid_request_names_each_value_without_repeating_it(
    app: FastAPI, client: AsyncClient
) -> None:
    app.add_api_route("/things", create_thing, methods=["POST"])

    response = await client.post("/things", json={"name": "", "color": "secret"})

    assert response.status_code == 422
    assert problem(response) == {
        "title": HTTPStatus(422).phrase,
        "errors": [
            {
                "location": ["body", "name"],
                "message": "String should have at least 1 character",
            },
            {
                "location": ["body", "color"],
                "message": "Extra inputs are not permitted",
            },
        ],
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 422),
        (b'{"name": "\\ud800"}', 422),
        (b'{"name": "a", "\\ud800": 1}', 422),
        (b'{"name": "\xff"}', 400),
        (b"[" * 100_000, 400),
    ],
)
async def test_a_body_that_cannot_be_read(
    app: FastAPI, client: AsyncClient, body: bytes, status: int
) -> None:
    app.add_api_route("/things", create_thing, methods=["POST"])
    headers = {"content-type": "application/json"}

    response = await client.post("/things", content=body, headers=headers)

    assert response.status_code == status
    problem(response)


async def test_an_unexpected_error_tells_nothing_but_its_request_id(
    app: FastAPI, client: AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        message = "secret"
        raise RuntimeError(message)

    app.add_api_route("/failing", fail)

    response = await client.get("/failing")

    assert response.status_code == 500
    assert problem(response) == {"title": "Internal Server Error"}
    assert "the request failed" in caplog.messages


async def test_the_document_describes_every_error_as_a_problem(app: FastAPI) -> None:
    document = app.openapi()

    problems = {"$ref": "#/components/schemas/Problem"}
    wrong = [
        f"{method.upper()} {path} {status}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for status, response in operation["responses"].items()
        if status >= "400"
        and response.get("content", {}).get(MEDIA_TYPE, {}).get("schema") != problems
    ]
    assert wrong == [], "give these errors.responses(…)"
    assert document["components"]["schemas"]["Problem"]


async def test_the_document_names_what_a_body_can_be_refused_with(app: FastAPI) -> None:
    document = app.openapi()

    wrong = [
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if "requestBody" in operation and not {"400", "422"} <= operation["responses"].keys()
    ]
    assert wrong == [], "give these errors.responses(400, 422)"


async def test_head_is_get_without_its_body(app: FastAPI, client: AsyncClient) -> None:
    async def endless() -> AsyncIterator[str]:
        while True:
            yield "on and on"
            await asyncio.sleep(0)

    app.add_api_route("/things", Thing)
    app.add_api_route("/endless", lambda: StreamingResponse(endless()))

    get = await client.get("/things")
    head = await client.head("/things")
    stream = await client.head("/endless")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert (stream.status_code, stream.content) == (200, b"")
    assert (await client.head("/nowhere")).status_code == 404


async def test_no_host_is_believed_in_a_redirect(app: FastAPI, client: AsyncClient) -> None:
    app.add_api_route("/things", Thing)

    response = await client.get("/things/", headers={"host": "forged.example"})

    assert "forged" not in str(response.headers)


async def test_a_newline_does_not_lead_around_the_proxy(client: AsyncClient) -> None:
    response = await client.get("/ready%0a")

    assert response.status_code == 404
    problem(response)

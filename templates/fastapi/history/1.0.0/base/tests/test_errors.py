from http import HTTPStatus

import pytest
from fastapi import FastAPI
from httpx import AsyncClient, Response
from pydantic import BaseModel, ConfigDict, Field


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
    assert response.headers["allow"] == "DELETE, GET"


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
        (b"{", 422),
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
    assert "x-request-id" in response.headers
    assert "the request failed" in caplog.messages


async def test_the_document_describes_every_error_as_a_problem(app: FastAPI) -> None:
    document = app.openapi()

    errors = [
        response
        for path in document["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if status >= "400"
    ]
    for error in errors:
        reference = error["content"]["application/problem+json"]["schema"]["$ref"]
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"]
    assert "HTTPValidationError" not in str(errors)
    assert errors


async def test_a_newline_does_not_lead_around_the_proxy(client: AsyncClient) -> None:
    response = await client.get("/ready%0a")

    assert response.status_code == 404
    problem(response)

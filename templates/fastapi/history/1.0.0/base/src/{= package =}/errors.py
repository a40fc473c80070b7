"""Every error is answered as a problem (RFC 9457).

Clients then need one parser: https://www.rfc-editor.org/rfc/rfc9457
"""

import json
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPMethod, HTTPStatus
from typing import Any, override

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

MEDIA_TYPE = "application/problem+json"


class InvalidValue(BaseModel):
    """One part of a request that was not accepted; the value itself is not repeated."""

    location: list[str | int]
    message: str


class Problem(BaseModel):
    """What went wrong; the title says no more than the status."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str | None = None
    errors: list[InvalidValue] | None = None


class ProblemResponse(JSONResponse):
    """Answers with a problem."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        errors: list[InvalidValue] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        problem = Problem(
            title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors
        )
        super().__init__(problem.model_dump(exclude_none=True), status, headers)

    @override
    def render(self, content: Any) -> bytes:
        # Escaped to ASCII: a key of the request may hold a lone surrogate, which UTF-8 refuses.
        return json.dumps(content).encode("ascii")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route says about these statuses in the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def document(app: FastAPI) -> None:
    """Put the schema that `responses` refers to into the OpenAPI document.

    FastAPI adds a model by itself only for the media type application/json.
    """
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = problem.pop("$defs") | {"Problem": problem}

    def openapi() -> dict[str, Any]:
        document = FastAPI.openapi(app)
        document["components"]["schemas"].update(schemas)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


async def on_http_error(request: Request, error: HTTPException) -> Response:
    """Answer what a route, a dependency or the router raised."""
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers = {"allow": ", ".join(_allowed_methods(request))}
    return ProblemResponse(error.status_code, error.detail, headers=headers)


def _allowed_methods(request: Request) -> list[str]:
    # The router names the methods of one route only, where each method has its own.
    return [
        method
        for method in HTTPMethod
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    ]


async def on_invalid_request(_: Request, error: RequestValidationError) -> Response:
    """Name every value that was not accepted."""
    errors = [
        InvalidValue(location=list(part["loc"]), message=part["msg"]) for part in error.errors()
    ]
    return ProblemResponse(422, errors=errors)


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    HTTPException: on_http_error,
    RequestValidationError: on_invalid_request,
}

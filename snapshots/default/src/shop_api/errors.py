"""Every error is answered as a problem (RFC 9457).

Clients then need one parser: https://www.rfc-editor.org/rfc/rfc9457
"""

import json
from collections.abc import Callable, Coroutine, Mapping
from http import HTTPMethod, HTTPStatus
from typing import Any, ClassVar, override

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from shop_api import logs

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
    # What every line of the log about this request bears, too.
    request_id: str | None = None


class RefusedError(Exception):
    """What a service refuses, in words for its client; what kind it is decides the status.

    A feature derives its own errors from these kinds, and its routes need not mention them.
    """

    status: ClassVar[HTTPStatus]
    detail: ClassVar[str]


class NotFoundError(RefusedError):
    """What was asked for is not there."""

    status = HTTPStatus.NOT_FOUND


class ConflictError(RefusedError):
    """What was asked for contradicts what is there."""

    status = HTTPStatus.CONFLICT


def unavailable(*, detail: str) -> HTTPException:
    """Return the error of what is away for a while; clients and proxies may ask again."""
    return HTTPException(503, detail, headers={"retry-after": "5"})


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
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            errors=errors,
            request_id=logs.request_id.get(),
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
    allowed = {
        method
        for method in HTTPMethod
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL
            for route in request.app.routes
        )
    }
    # RequestMiddleware answers it.
    return sorted(allowed | {HTTPMethod.HEAD} if HTTPMethod.GET in allowed else allowed)


async def on_refused(_: Request, error: RefusedError) -> Response:
    """Answer what a service refused."""
    return ProblemResponse(error.status, error.detail)


async def on_invalid_request(_: Request, error: RequestValidationError) -> Response:
    """Name every value that was not accepted."""
    errors = [
        InvalidValue(location=list(part["loc"]), message=part["msg"]) for part in error.errors()
    ]
    # What is no JSON at all is another mistake than JSON with wrong values.
    is_malformed = any(part["type"] == "json_invalid" for part in error.errors())
    return ProblemResponse(400 if is_malformed else 422, errors=errors)


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    HTTPException: on_http_error,
    RefusedError: on_refused,
    RequestValidationError: on_invalid_request,
}

"""What happens around every request: its id, its metrics and its line in the log.

One plain ASGI class, because each BaseHTTPMiddleware costs more than all of this:
it runs the application in a task of its own.
"""

import logging
import re
from time import perf_counter
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shop_api import logs, metrics
from shop_api.errors import ProblemResponse

logger = logging.getLogger("shop_api.access")

# Anything else could forge lines of a log or be of any length.
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")

# Any word can be sent as method; each new label value would be kept for ever.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# Asked every few seconds by machines.
UNLOGGED = frozenset({"/health", "/ready", "/metrics"})


# Bytes of a body, as in front: who comes past the proxy must not fill the memory.
MAX_BODY = 1 * 1024 * 1024


class RequestMiddleware:
    """Observes requests and answers those that fail unexpectedly."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; leave other scopes alone."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        request_id = _request_id(scope)
        is_head = scope["method"] == "HEAD"
        # Answered as GET but for the body; the server's own scope still says HEAD.
        inner = {**scope, "method": "GET"} if is_head else scope
        status = 0
        has_ended = is_cut = False
        start = perf_counter()

        async def observed_send(message: Message) -> None:
            nonlocal status, has_ended, is_cut
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id)]
            elif is_head:
                if has_ended:
                    # As if the client were gone: a stream may have no end.
                    is_cut = True
                    raise BrokenPipeError
                has_ended = True
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        token = logs.request_id.set(request_id.decode())
        metrics.IN_PROGRESS.inc()
        try:
            await self._respond(inner, _bounded(receive), observed_send)
        except Exception:
            if not is_cut:
                logger.exception("the request failed")
                if status:
                    # Too late for another answer; the server closes the connection.
                    raise
                await ProblemResponse(500)(scope, receive, observed_send)
        finally:
            metrics.IN_PROGRESS.dec()
            _record(inner, scope["method"], status or 500, perf_counter() - start)
            logs.request_id.reset(token)

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The router lets `/ready%0a` through to `/ready`, past a proxy that hides it:
        # `$` in a regular expression also matches before a final newline.
        app = ProblemResponse(404) if scope["path"].endswith("\n") else self._app
        await app(scope, receive, send)


def _bounded(receive: Receive) -> Receive:
    received = 0

    async def bounded_receive() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY:
            # What else comes is not read.
            raise HTTPException(413, headers={"connection": "close"})
        return message

    return bounded_receive


def _request_id(scope: Scope) -> bytes:
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.fullmatch(value):
            return bytes(value)
    return uuid4().hex.encode()


def _record(scope: Scope, method: str, status: int, seconds: float) -> None:
    label = method if method in METHODS else "OTHER"
    # The template, not the path: a path can have any number of values.
    route = getattr(scope.get("route"), "path", "unmatched")
    metrics.REQUESTS.labels(label, route, status).inc()
    metrics.DURATION.labels(label, route).observe(seconds)
    if scope["path"] in UNLOGGED:
        return
    fields = {
        "method": method,
        "path": scope["path"],
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "client": scope["client"][0] if scope["client"] else None,
    }
    logger.info("%(method)s %(path)s %(status)d", fields, extra={"fields": fields})

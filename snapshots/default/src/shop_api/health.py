"""Tell whether the process lives and whether it can be sent requests.

A failing `/health` restarts the process, so it touches nothing: a resource that is down
is not mended by a restart. A failing `/ready` keeps requests away, all of them, so it fails
for nothing that most of them can do without.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from shop_api import errors, lifecycle, metrics

logger = logging.getLogger(__name__)

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The answer when all is well."""

    status: Literal["ok"] = "ok"


class Readiness(Health):
    """The answer when requests may come, and what is away that only some of them need."""

    without: list[str] | None = None


@router.get("/health")
async def health() -> Health:
    """Tell that the process answers."""
    return Health()


@router.get("/ready", response_model_exclude_none=True, responses=errors.responses(503))
async def ready(request: Request) -> Readiness:
    """Tell that every resource answers and that the server is not stopping."""
    if lifecycle.stopping.is_set():
        raise errors.unavailable(detail="the server is stopping")
    resources = lifecycle.resources(request.app)
    asked = resources.checks | resources.watched
    silent = await _silent(asked, resources.settings.ready.timeout)
    for name in asked:
        metrics.UP.labels(name).set(name not in silent)
    if failed := [name for name in resources.checks if name in silent]:
        raise errors.unavailable(detail=f"no answer from: {', '.join(failed)}")
    return Readiness(without=silent or None)


async def _silent(checks: Mapping[str, lifecycle.Check], seconds: float) -> list[str]:
    """Return what does not answer in time; nobody waits for it to be given up."""
    asked = {name: asyncio.ensure_future(check()) for name, check in checks.items()}
    if not asked:
        return []
    try:
        await asyncio.wait(asked.values(), timeout=seconds)
        return [name for name, answer in asked.items() if not _is_there(name, answer)]
    finally:
        for answer in asked.values():
            answer.cancel()


def _is_there(name: str, answer: asyncio.Future[object]) -> bool:
    error = answer.exception() if answer.done() else TimeoutError("still waiting")
    if error is not None:
        logger.warning("no answer from %s: %r", name, error)
    return error is None

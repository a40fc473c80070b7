"""Tell whether the process lives and whether it can be sent requests.

A failing `/health` restarts the process, so it touches nothing: a resource that is down
is not mended by a restart. A failing `/ready` keeps requests away.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from fastapi import APIRouter, HTTPException, Request, status
from pydantic import BaseModel

from shop_api import errors, lifecycle

logger = logging.getLogger(__name__)

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The answer when all is well."""

    status: Literal["ok"] = "ok"


@router.get("/health")
async def health() -> Health:
    """Tell that the process answers."""
    return Health()


@router.get("/ready", responses=errors.responses(status.HTTP_503_SERVICE_UNAVAILABLE))
async def ready(request: Request) -> Health:
    """Tell that every resource answers and that the server is not stopping."""
    if lifecycle.stopping.is_set():
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, "the server is stopping")
    state = request.app.state
    answers = await asyncio.gather(
        *(
            _answers(name, check, state.settings.ready.timeout)
            for name, check in state.checks.items()
        )
    )
    failed = [name for name, answer in zip(state.checks, answers, strict=True) if not answer]
    if failed:
        raise HTTPException(
            status.HTTP_503_SERVICE_UNAVAILABLE, f"no answer from: {', '.join(failed)}"
        )
    return Health()


async def _answers(name: str, check: Callable[[], Awaitable[None]], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await check()
    except Exception as error:  # noqa: BLE001
        logger.warning("no answer from %s: %r", name, error)
        return False
    return True

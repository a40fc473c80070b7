"""One line per event on standard output: JSON, unless a person reads along."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from logging.config import dictConfig
from socket import gaierror
from typing import Any, override

from shop_api.settings import LogSettings

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class JsonFormatter(logging.Formatter):
    """Formats a record as a JSON object; `extra={"fields": {…}}` adds members to it."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if identifier := request_id.get():
            entry["request_id"] = identifier
        entry |= getattr(record, "fields", {})
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class AwaitedFilter(logging.Filter):
    """Leaves out that a name was not found when nobody waited for it any more.

    uvloop goes on looking after a connection was given up, and leaves what it finds to no one.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return not (isinstance(error, gaierror) and "never retrieved" in record.getMessage())


def config(settings: LogSettings) -> dict[str, Any]:
    """Return the configuration that the application and its server share."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": JsonFormatter},
            "console": {
                "format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s",
                "datefmt": "%H:%M:%S",
            },
        },
        "filters": {"awaited": {"()": AwaitedFilter}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": settings.format,
            },
        },
        "root": {"level": settings.level, "handlers": ["stdout"]},
        "loggers": {
            "asyncio": {"filters": ["awaited"]},
            "uvicorn": {"handlers": [], "propagate": True},
            # The application writes this line itself: it knows the request's id.
            "uvicorn.access": {"handlers": [], "propagate": False},
        },
    }


def configure(settings: LogSettings) -> None:
    """Send all records to standard output."""
    dictConfig(config(settings))

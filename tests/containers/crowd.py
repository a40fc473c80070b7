"""Clients that go on asking, and keep how each of their requests ended."""

import collections
import concurrent.futures
import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from support import Client


@dataclass(frozen=True)
class Asked:
    """A request that somebody sends again and again."""

    client: Client
    method: str
    path: str
    body: Callable[[], bytes] = bytes
    pause: float = 0
    """Between an answer and the next request, in seconds."""
    threads: int = 1


@dataclass(frozen=True)
class Ended:
    """How one request ended."""

    begin: float
    seconds: float
    status: int | str
    """Words, if there was no answer."""
    headers: dict[str, str] = field(default_factory=dict)


class Crowd:
    """Asks in the background, from entry to exit."""

    def __init__(self, **asked: Asked) -> None:
        self._asked = asked
        self._ended: dict[str, list[Ended]] = {name: [] for name in asked}
        self._stop = threading.Event()
        self._pool = concurrent.futures.ThreadPoolExecutor(sum(one.threads for one in asked.values()))

    def __enter__(self) -> "Crowd":
        self._running = [self._pool.submit(self._go_on, name) for name, one in self._asked.items() for _ in range(one.threads)]
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._pool.shutdown()
        for one in self._running:
            one.result()

    def ended(self, name: str, since: float = 0) -> list[Ended]:
        """Return the requests that were begun since then and have ended."""
        return [one for one in self._ended[name] if one.begin >= since]

    def statuses(self, name: str) -> dict[int | str, int]:
        return dict(collections.Counter(one.status for one in self._ended[name]))

    def longest(self, name: str) -> float:
        return max(one.seconds for one in self._ended[name])

    def _go_on(self, name: str) -> None:
        asked = self._asked[name]
        while not self._stop.is_set():
            self._ended[name].append(_ask(asked))
            self._stop.wait(asked.pause)


def _ask(asked: Asked) -> Ended:
    begin = time.monotonic()
    try:
        body = asked.body()
        headers = {"Content-Type": "application/json"} if body else {}
        answer = asked.client.send(asked.method, asked.path, headers, body)
    except (OSError, http.client.HTTPException) as error:
        return Ended(begin, time.monotonic() - begin, repr(error))
    return Ended(begin, time.monotonic() - begin, answer.status, answer.headers)


def item(post: tuple[str, dict[str, object], int]) -> bytes:
    """Return the body of an item that has a name of its own."""
    return json.dumps({**post[1], "name": secrets.token_hex(8)}).encode()

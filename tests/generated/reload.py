"""Serves the repository in the working directory as `python dev.py` does, and changes the code while a stream is open.

Run with the Python of the repository's own environment. The file that it changes is as before at the end.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

URL = "http://127.0.0.1:8000"
PATIENCE = 60
STREAM = """

async def endless():
    import asyncio
    while True:
        yield b"."
        await asyncio.sleep(0.1)


async def stream():
    from starlette.responses import StreamingResponse
    return StreamingResponse(endless())


app.add_api_route("/stream", stream)
app.add_api_route("/version", lambda: VERSION)
VERSION = {}
"""


def version() -> bytes:
    try:
        with urllib.request.urlopen(f"{URL}/version", timeout=2) as answer:
            return answer.read()
    except OSError:
        return b""


def wait_for(expected: bytes, server: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + PATIENCE
    while version() != expected:
        if server.poll() is not None or time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def main() -> None:
    [file] = Path("src").glob("*/main.py")
    before = file.read_text()
    file.write_text(before + STREAM.format(1))
    # A session of its own: reload runs the application in a child.
    server = subprocess.Popen([sys.executable, "dev.py"], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        if not wait_for(b"1", server):
            sys.exit(f"dev.py did not serve within {PATIENCE} s")
        with urllib.request.urlopen(f"{URL}/stream", timeout=PATIENCE) as stream:
            stream.read(1)
            file.write_text(before + STREAM.format(2))
            if not wait_for(b"2", server):
                sys.exit(f"dev.py did not reload within {PATIENCE} s while a stream was open")
    finally:
        file.write_text(before)
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


main()

"""Serves the repository in the working directory as `python dev.py` does, and lets schemathesis try its API.

Run with the Python of the repository's own environment.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.request

URL = "http://127.0.0.1:8000"
CASES = "50"


def ready(server: subprocess.Popen[bytes]) -> bool:
    """Tell whether the API answers; end if the server has ended."""
    if server.poll() is not None:
        sys.exit(f"dev.py ended with {server.returncode}")
    try:
        with urllib.request.urlopen(f"{URL}/ready", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def main() -> int:
    # A session of its own: reload runs the application in a child.
    server = subprocess.Popen([sys.executable, "dev.py"], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while not ready(server):
            if time.monotonic() > deadline:
                sys.exit("dev.py did not get ready in a minute")
            time.sleep(0.2)
        tool = [sys.executable, "-m", "schemathesis.cli", "run", f"{URL}/openapi.json"]
        options = ["--checks", "all", "--max-examples", CASES, "--no-color"]
        return subprocess.call(tool + options)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


if __name__ == "__main__":
    sys.exit(main())

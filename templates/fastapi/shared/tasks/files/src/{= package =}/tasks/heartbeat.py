"""Show that a worker lives, and end one that hangs.

Whoever watches the file may only look: Docker Compose starts again what has ended, nothing else.
"""

import faulthandler
from pathlib import Path

# As patient as those who watch the file.
PATIENCE = 30


def beat(path: Path) -> None:
    """Touch the file, and end the process unless it does so again in time.

    A thread that needs nothing of Python waits for that. What it leaves on standard error is no
    JSON: it tells where each thread hangs.
    """
    path.touch()
    faulthandler.dump_traceback_later(PATIENCE, exit=True)


def end() -> None:
    """Let the process take the time that it needs to stop."""
    faulthandler.cancel_dump_traceback_later()

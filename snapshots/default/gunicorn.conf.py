"""How gunicorn serves the application; read at the start and again at each HUP.

https://docs.gunicorn.org/en/stable/settings.html
"""

import os
import shutil
import signal
import sys
import tempfile
from multiprocessing import Value
from pathlib import Path
from types import FrameType

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

# A HUP must bring the code that is on the disk now, also of modules that were imported here.
for module in list(sys.modules):
    if module.partition(".")[0] == "shop_api":
        del sys.modules[module]

from shop_api import logs  # noqa: E402
from shop_api.settings import Settings  # noqa: E402

logconfig_dict = logs.config(Settings().log)
# The worker copies this logger's handlers to uvicorn's loggers.
logconfig_dict["loggers"]["gunicorn.error"] = {"handlers": ["stdout"], "propagate": False}

# Memory, on systems that have it as a directory; below, only this user can write.
memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# Here workers add up their metrics, also those of workers that a HUP replaced; the library
# looks for it when it is imported. https://prometheus.github.io/client_python/multiprocess/
if "prometheus_client" not in sys.modules:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="metrics-", dir=memory)

from prometheus_client.multiprocess import mark_process_dead  # noqa: E402

wsgi_app = "shop_api.main:app"
worker_class = "shop_api.gunicorn_worker.DrainingWorker"
bind = "0.0.0.0:8000"

# About one for each core.
workers = int(os.environ.get("WEB_CONCURRENCY", "4"))

# Longer than a proxy keeps an idle connection, so that it is the proxy that closes it.
keepalive = 75

# How long a worker may take to leave when all do: its delay, its drain and the longest request.
# Whatever stops the server has to be more patient than this.
graceful_timeout = 25

# How long a worker may be silent before it is killed.
timeout = 30

# Touching a file on a slow disk can block a worker until it is killed.
worker_tmp_dir = memory

# Would be made in $HOME, which may be read-only or absent.
control_socket_disable = True


def on_starting(server: Arbiter) -> None:
    """Make what the workers count those in that have started."""
    server.started = Value("i", 0)


def on_reload(server: Arbiter) -> None:
    """Count anew: workers leave when as many others have started."""
    server.started.value = 0


def pre_fork(server: Arbiter, worker: Worker) -> None:
    """Give it to each worker."""
    worker.started = server.started


def when_ready(server: Arbiter) -> None:
    """Tell the workers first when the whole server stops.

    TERM does not tell them: gunicorn sends it to a worker that it replaces, too.
    """

    def stop(signum: int, frame: FrameType | None) -> None:
        # After USR2 another server goes on with the same socket.
        if not server.reexec_pid:
            server.kill_workers(signal.SIGUSR2)
        server.signal(signum, frame)

    signal.signal(signal.SIGTERM, stop)


def child_exit(_: Arbiter, worker: Worker) -> None:
    """Forget the gauges of a worker that is gone; its counters stay."""
    mark_process_dead(worker.pid)


def on_exit(_: Arbiter) -> None:
    """Remove what this server wrote."""
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)

"""An image whose task takes its time, so that it can be interrupted."""

import json
import re
from pathlib import Path

from support import docker, run


def build(image: str, repository: Path, folder: Path) -> str:
    """Return the name of an image whose task takes as many milliseconds as an item `slow-500` says."""
    source = next((repository / "src").glob("*/reports/tasks.py"))
    task = source.read_text()
    sleep = "await __import__('asyncio').sleep" if "async def" in task else "__import__('time').sleep"
    begin = next(line for line in task.splitlines() if line.startswith("    return "))
    delay = f"    {sleep}(int((__import__('re').search(r'slow-([0-9]+)', repr(counts)) or [0, 0])[1]) / 1000)\n"
    (folder / "tasks.py").write_text(task.replace(begin, delay + begin))
    (folder / "Dockerfile").write_text(f"FROM {image}\nCOPY tasks.py /app/{source.relative_to(repository)}\n")
    name = re.sub(r":[^:/]+$", "", image) + ":slow"
    docker("build", "--tag", name, str(folder))
    return name


def lines(container: str) -> list[dict]:
    """Return what a container has logged, each line an object."""
    logs = run("docker", "logs", container)
    return [json.loads(line) for line in (logs.stdout + logs.stderr).splitlines()]


def done(logged: list[dict], ids: list[str]) -> list[str]:
    """Return the ids of these tasks that were done, once for each time."""
    return [line["task_id"] for line in logged if line.get("task_id") in ids and not line.get("failed", True)]

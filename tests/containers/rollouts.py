"""What tests of `rollout.sh` share."""

import contextlib
import dataclasses
import os
import re
import subprocess
from collections.abc import Iterator

from balancer import Balancer
from facts import FACTS
from support import Answers, Client, PlainClient, Stack


def recorded(stack: Stack) -> dict[str, str]:
    lines = (stack.folder / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def rollout(stack: Stack, *arguments: str, watch: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the script; how long it watches is its own business unless a number is given."""
    environment = {**os.environ, **({} if watch is None else {"WATCH_SECONDS": str(watch)})}
    return subprocess.run(["./rollout.sh", *arguments], cwd=stack.folder, env=environment, text=True, capture_output=True, timeout=900)


@contextlib.contextmanager
def without_limits(stack: Stack, client: Client, answers: Answers) -> Iterator[Client]:
    """The stack with higher limits for one client, since all of the load comes from one address. All else is as in production."""
    if answers.proxy == "none":
        with Balancer([8000, 8001]) as balancer:
            yield PlainClient("127.0.0.1", client.domain, client.ca, balancer.port)
        return
    facts = FACTS[answers.proxy]
    source, _, target = facts.limits.partition(":")
    limits = (stack.folder.parent / source).read_text()
    for before, after in facts.raised.items():
        assert before in limits
        limits = limits.replace(before, after)
    (stack.folder / "limits").write_text(limits)
    (stack.folder / "compose.load.yaml").write_text(f"services: {{proxy: {{volumes: ['./limits:{target}:ro']}}}}\n")
    environment = stack.folder / ".env"
    before = environment.read_text()
    files = recorded(stack).get("COMPOSE_FILE", "compose.yaml").removesuffix(":compose.load.yaml")
    environment.write_text(re.sub("(?m)^COMPOSE_FILE=.*\n", "", before) + f"COMPOSE_FILE={files}:compose.load.yaml\n")
    stack.compose("up", "--detach", "--no-deps", "--wait", "proxy")
    yield dataclasses.replace(client, address=stack.address("proxy", "edge"), port=8080 if answers.tls == "upstream" else 8443)

"""What the tests of a cluster share: the repository's folder for it, its script and what kubectl tells."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support import run


@dataclass(frozen=True)
class Cluster:
    folder: Path
    name: str
    """Of the application, its Deployment and its namespace."""
    digest: str
    """Of the version that the README's commands rolled out."""
    first: subprocess.CompletedProcess[str]
    """How they ended."""

    def kubectl(self, *arguments: str, **options) -> str:
        return run("kubectl", f"--namespace={self.name}", *arguments, **options).stdout.strip()

    def rollout(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script for production; how long it watches and waits is its own business unless the environment says so."""
        command = ["./rollout.sh", "production", *arguments]
        return subprocess.run(command, cwd=self.folder, env={**os.environ, **environment}, text=True, capture_output=True, timeout=600)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Run the script in the background."""
        return subprocess.Popen(["./rollout.sh", "production", *arguments], cwd=self.folder, text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)

    def state(self) -> tuple[str, str]:
        """Return the version that application and workers are to run, and the digest that is recorded."""
        images = self.kubectl("get", "deployments", "--output=jsonpath={.items[*].spec.template.spec.containers[0].image}").split()
        (image,) = set(images)
        text = (self.folder / "overlays/production/kustomization.yaml").read_text()
        return image.partition("@")[2], text.partition("digest: ")[2].split()[0]

    def pods(self) -> set[str]:
        """Return the images of the pods that are ready and are not being taken away."""
        found = json.loads(self.kubectl("get", "pods", "--selector=app.kubernetes.io/component=api", "--output=json"))["items"]
        return {
            one["spec"]["containers"][0]["image"].partition("@")[2]
            for one in found
            if "deletionTimestamp" not in one["metadata"] and all(status["ready"] for status in one["status"].get("containerStatuses", []))
        }

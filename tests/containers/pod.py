"""Plays a pod in Docker: what the manifests say, done as a kubelet does it.

A container gets the image, arguments, variables, user, mounts and limits of its manifest, and nothing that Docker or the
image would add to it: no init process, no health check of the image's own. Left out is what only a cluster has:
scheduling, network policies, services.
"""

import os
import re
import shutil
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from support import docker, inspect, read_answer, request, run

UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30}


def manifests(overlay: Path) -> dict[str, list[dict]]:
    """Return what an overlay applies, by kind."""
    tool = ["kubectl", "kustomize"] if shutil.which("kubectl") else ["kustomize", "build"]
    found: dict[str, list[dict]] = {}
    for document in yaml.safe_load_all(run(*tool, str(overlay)).stdout):
        found.setdefault(document["kind"], []).append(document)
    return found


def size(quantity: str) -> int:
    number, unit = re.fullmatch(r"(\d+)(\w*)", quantity).groups()
    return int(number) * UNITS[unit]


def cpus(quantity: str) -> float:
    return int(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


@dataclass
class Cluster:
    """What pods find around them."""

    objects: dict[str, list[dict]]
    secrets: dict[str, dict[str, str]]
    network: str
    folder: Path

    def settings(self, container: dict) -> dict[str, str]:
        """Variables of a container. A kubelet adds the address of its API server."""
        values = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
        for source in container.get("envFrom", []):
            name = source["configMapRef"]["name"]
            values |= next(one["data"] for one in self.objects["ConfigMap"] if one["metadata"]["name"] == name)
        return values | {one["name"]: one["value"] for one in container.get("env", [])}

    def secret(self, volume: dict, group: int) -> Path:
        """Lay a Secret out as a kubelet does: files in a folder with a date, and links to them."""
        source = volume["secret"]
        folder = self.folder / source["secretName"]
        if not folder.exists():
            dated = folder / "..2026_11_25_00_00_00.0000000001"
            dated.mkdir(parents=True)
            (folder / "..data").symlink_to(dated.name)
            for item in source["items"]:
                file = dated / item["path"]
                file.write_text(self.secrets[source["secretName"]][item["key"]])
                file.chmod(source["defaultMode"])
                os.chown(file, 0, group)
                (folder / item["path"]).symlink_to(f"..data/{item['path']}")
        return folder

    def run(self, pod: dict, image: str) -> str:
        """Start the only container of a pod and return its id."""
        (container,) = pod["containers"]
        context, own = pod["securityContext"], container["securityContext"]
        limits = container["resources"]["limits"]
        group = context["fsGroup"]
        options = [
            "--detach", f"--network={self.network}", "--no-healthcheck",
            f"--user={context['runAsUser']}:{context['runAsGroup']}", f"--group-add={group}",
            f"--memory={size(limits['memory'])}", f"--memory-swap={size(limits['memory'])}", f"--cpus={cpus(limits['cpu'])}",
            *(f"--cap-drop={name}" for name in own["capabilities"]["drop"]),
            *(f"--env={name}={value}" for name, value in self.settings(container).items()),
        ]
        if own["readOnlyRootFilesystem"]:
            options.append("--read-only")
        if not own["allowPrivilegeEscalation"]:
            options.append("--security-opt=no-new-privileges")
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        for mount in container["volumeMounts"]:
            volume, path = volumes[mount["name"]], mount["mountPath"]
            if "secret" in volume:
                options.append(f"--volume={self.secret(volume, group)}:{path}:ro")
            else:
                limit = size(volume["emptyDir"]["sizeLimit"])
                options.append(f"--tmpfs={path}:exec,size={limit},mode=2777,gid={group}")
        if "command" in container:
            options.append(f"--entrypoint={container['command'][0]}")
        arguments = [*container.get("command", [])[1:], *container.get("args", [])]
        return docker("run", *options, image, *arguments)


def passes(pod: dict, container: str, name: str) -> bool:
    """Tell whether a probe is content: with the status of an answer, or of a command."""
    probe = pod["containers"][0][name]
    if "exec" not in probe:
        return attempt(pod, container, name) == 200
    try:
        done = run("docker", "exec", container, *probe["exec"]["command"], check=False, timeout=probe["timeoutSeconds"])
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def attempt(pod: dict, container: str, name: str) -> int | None:
    """Do once what a probe over HTTP does; return the status, None if there was no answer in time."""
    (manifest,) = pod["containers"]
    probe = manifest[name]
    port = next(one["containerPort"] for one in manifest["ports"] if one["name"] == probe["httpGet"]["port"])
    try:
        with socket.create_connection((address(container), port), timeout=probe["timeoutSeconds"]) as connection:
            headers = {"User-Agent": "kube-probe/1.37", "Connection": "close"}
            connection.sendall(request("GET", probe["httpGet"]["path"], f"{address(container)}:{port}", headers))
            return read_answer(connection).status
    except OSError:
        return None


def address(container: str) -> str:
    networks = inspect(container)["NetworkSettings"]["Networks"]
    return next(iter(networks.values()))["IPAddress"]


def start(pod: dict, container: str) -> float:
    """Wait as the startup probe does; return how many seconds it took."""
    probe = pod["containers"][0]["startupProbe"]
    begin = time.monotonic()
    for _ in range(probe["failureThreshold"]):
        if passes(pod, container, "startupProbe"):
            return time.monotonic() - begin
        time.sleep(probe["periodSeconds"])
    raise AssertionError(f"the startup probe gives up:\n{logs(container)}")


@dataclass
class Probes:
    """Asks liveness and readiness for as long as a pod runs, each at its own pace."""

    pod: dict
    container: str
    statuses: dict[str, list[int | None]] = field(default_factory=dict)

    def __enter__(self) -> "Probes":
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=[name]) for name in ("livenessProbe", "readinessProbe")]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, name: str) -> None:
        statuses = self.statuses.setdefault(name, [])
        while not self._stop.is_set():
            statuses.append(attempt(self.pod, self.container, name))
            self._stop.wait(self.pod["containers"][0][name]["periodSeconds"])


def terminate(pod: dict, container: str) -> tuple[int, float]:
    """End a pod as a kubelet does, from preStop on; return its exit status and the seconds that were left of the grace."""
    grace = pod["terminationGracePeriodSeconds"]
    begin = time.monotonic()
    if "lifecycle" in pod["containers"][0]:
        time.sleep(pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"])
    docker("stop", f"--time={int(grace - (time.monotonic() - begin))}", container)
    return inspect(container)["State"]["ExitCode"], grace - (time.monotonic() - begin)


def logs(container: str) -> str:
    """All that a container has said, on both of its outputs."""
    command = ["docker", "logs", container]
    return subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True).stdout

#!/usr/bin/env python3
"""Has the proxy of a repository judge its own configuration: proxies.py REPOSITORY TOOLS

nginx tests it, Envoy validates it. Envoy, which reads its certificate later, and Traefik, which knows no such test, are started as
well, until they are healthy. The files lie where they will: mounted as compose.yaml says, or installed as the README says. For that
there are namespaces and a root of their own, with the host's /usr and over it that of TOOLS (see tests/machine/tools).

Whatever a proxy says but that all is well is a finding. Prints each and ends with 1 if there is one. Needs root and PyYAML.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

PROGRAMS = {"nginx": "usr/sbin/nginx", "traefik": "usr/local/bin/traefik", "envoy": "usr/bin/envoy"}
# Nobody outside the namespace sees what is mounted here.
ROOT = Path("/mnt")
LOG = ROOT / "log/proxy"
PATIENCE = 60  # seconds; ends only what would never end
# There is no network, so Traefik must complain that it does not find Let's Encrypt: that alone shows that it would obtain a
# certificate. Any other error on its way there is a finding.
ALONE = r'\{"level":"error","providerName":"acme\.acme",.* lookup acme-v02\.api\.letsencrypt\.org .*'
WELL = (
    ALONE,
    r"nginx: (the )?configuration file /etc/nginx/nginx\.conf (syntax is ok|test is successful)",
    r"configuration '/etc/envoy/envoy\.yaml' OK",
)


def main(repository, tools):
    if os.getpid() != 1:
        unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child"]
        os.execvp("unshare", [*unshare, sys.executable, __file__, repository, tools])
    [proxy] = [name for name in PROGRAMS if (Path(repository) / "deploy" / name).is_dir()]
    if not (Path(tools) / PROGRAMS[proxy]).is_file():
        sys.exit(f"there is no {PROGRAMS[proxy]} in {tools}")
    make_root(Path(tools))
    home = shutil.copytree(repository, ROOT / "repository", ignore=shutil.ignore_patterns(".git"))
    place = (Machine if (home / "deploy/systemd").is_dir() else Container)(home, proxy)
    findings = {"nginx": nginx, "traefik": traefik, "envoy": envoy}[proxy](place)
    print("\n".join(findings) or f"{proxy} is content")
    sys.exit(bool(findings))


def make_root(tools):
    run("mount", "-t", "tmpfs", "tmpfs", ROOT)
    # With what a package of nginx brings along.
    for folder in ("dev", "etc/nginx", "log", "opt", "proc", "run", "tmp", "usr", "var/lib/nginx", "var/log/nginx"):
        (ROOT / folder).mkdir(parents=True)
    for link in ("bin", "lib", "lib64", "sbin"):
        (ROOT / link).symlink_to(f"usr/{link}")
    run("mount", "-t", "overlay", "-o", f"ro,lowerdir={tools}/usr:/usr", "overlay", ROOT / "usr")
    run("mount", "--bind", tools / "opt", ROOT / "opt")
    run("mount", "--rbind", "/dev", ROOT / "dev")
    run("mount", "-t", "proc", "proc", ROOT / "proc")
    run("mount", "-t", "tmpfs", "tmpfs", LOG.parent)
    (ROOT / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nnginx:x:101:101::/:/bin/false\n")
    (ROOT / "etc/group").write_text("root:x:0:\nnginx:x:101:\n")
    run("ip", "link", "set", "lo", "up")


# Where there is no network it puts a certificate of ours where the real one keeps what it obtains.
CERTBOT = """certbot() {
    live=/etc/letsencrypt/live/$(echo " $*" | sed 's/.* --domain \\([^ ]*\\).*/\\1/')
    mkdir -p "$live"
    cp privkey.pem fullchain.pem "$live"
}"""


def follow_readme(home, folder, nothing):
    """Does what the README says under Deploy, in which the command `nothing` does nothing; what one has to bring lies in `folder`."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=proxy"]
    run("openssl", "req", "-x509", *key, "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem")
    for secret in ("app_database_url", "app_broker_url"):
        (folder / secret).write_text("secret")
    commands = re.search(r"(?ms)^## Deploy\n.*?^```sh\n(.*?)^```", (home / "README.md").read_text())[1]
    # Nothing of what the doctor asks for is here.
    commands = re.sub(r"(?m)^\./rollout\.sh --doctor\n", "", commands)
    run("chroot", ROOT, "sh", "-euc", f"{nothing}() {{ :; }}\n{CERTBOT}\ncd /repository\n{commands}")


class Container:
    """The service `proxy` of compose.yaml."""

    def __init__(self, home, proxy):
        folder = home / "deploy/compose"
        follow_readme(home, folder, nothing="docker")
        service = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["proxy"]
        settings = dict(re.findall(r"(?m)^(\w+)=(.*)$", (folder / ".env").read_text()))
        mounts = {}
        for volume in service["volumes"]:
            source, target, *mode = volume.split(":")
            mounts[target] = ["--bind", "-o", *(mode or ["rw"]), folder / source]
        for tmpfs in service["tmpfs"]:
            target, options = tmpfs.split(":")
            mounts[target] = ["-t", "tmpfs", "-o", options, "tmpfs"]
        # Outer ones first.
        for target, arguments in sorted(mounts.items()):
            place = ROOT / target.lstrip("/")
            place.mkdir(parents=True, exist_ok=True)
            run("mount", *arguments, place)
        hosts = [re.sub(r"\$\{(\w+)\}", lambda name: settings[name[1]], host) for host in service["extra_hosts"]]
        (ROOT / "etc/hosts").write_text("".join(f"{address} {name}\n" for name, address in (host.split(":") for host in hosts)))
        run("mount", "-o", "remount,bind,ro", ROOT)
        self.environment = service.get("environment", {})
        # nginx's image names its user itself.
        self.user = service.get("user", "101:101")
        # Traefik's image sets the entry point `traefik`.
        self.start = service.get("entrypoint", [proxy]) + service.get("command", [])
        self.probe = service["healthcheck"]["test"][1:]
        self.rolls = True


class Machine:
    """The unit of the proxy, or nginx's own."""

    def __init__(self, home, proxy):
        deploy = home / "deploy/systemd/deploy.sh"
        # Of all that it does only this matters to a proxy: it tells Traefik where the version listens.
        tell_proxy = re.search(r"(?ms)^tell_proxy\(\) \{.*?^\}\n", deploy.read_text())
        release = "home=/srv\nmkdir -p /srv/releases/1\necho PORT=8001 >/srv/releases/1/port.env\n"
        deploy.write_text("#!/bin/sh\nset -eu\n" + (f"{release}{tell_proxy[0]}tell_proxy 1\n" if tell_proxy else ""))
        follow_readme(home, home, nothing="systemctl")
        self.environment = {}
        # What its unit forbids is for systemd.py.
        self.user = "0:0"
        self.rolls = False
        if proxy == "nginx":
            return
        [unit] = (home / "deploy/systemd").glob("*-proxy.service")
        settings = dict(re.findall(r"(?m)^(\w+)=(.*)$", unit.read_text().replace("\\\n", " ")))
        for directive, parent in (("RuntimeDirectory", "run"), ("StateDirectory", "var/lib")):
            if directive in settings:
                (ROOT / parent / settings[directive]).mkdir()
        self.start = shlex.split(settings["ExecStart"])
        if proxy == "traefik":
            # As deploy.sh asks.
            asked = ["http://127.0.0.1:8000/1"]
        else:
            asked = ["--unix-socket", f"/run/{settings['RuntimeDirectory']}/admin.sock", "http://admin/ready"]
        self.probe = ["curl", "--fail", "--silent", *asked]


def nginx(place):
    findings = judged(place, "nginx", "-t")
    if place.rolls and not findings:
        # As rollout.sh writes while it replaces the application.
        (ROOT / "tmp/backend.conf").write_text("set $backend app-next;\n")
        findings = judged(place, "nginx", "-t")
    return findings


def envoy(place):
    validate = ["envoy", "--mode", "validate", "--config-path", "/etc/envoy/envoy.yaml", "--log-level", "warning"]
    return judged(place, *validate) or started(place, {"is healthy": lambda: succeeds(place, place.probe)})


def traefik(place):
    stages = {"is healthy": lambda: succeeds(place, place.probe)}
    if "certificatesResolvers" in (ROOT / "etc/traefik/static.yaml").read_text():
        stages["asks for a certificate"] = lambda: re.search(ALONE, LOG.read_text())
    if place.rolls:
        # As rollout.sh does and asks.
        link = ["ln", "-sf", "/etc/traefik/app-next.yaml", "/run/traefik/"]
        ask = ["traefik", "healthcheck", "--ping.entryPoint=rollout", "--entryPoints.rollout.address=127.0.0.1:8083"]
        stages["can write to /run/traefik"] = lambda: succeeds(place, link)
        stages["serves from app-next"] = lambda: succeeds(place, ask)
    return started(place, stages)


def judged(place, *command):
    """Runs a command to its end; returns what is wrong."""
    status = start(place, command).wait()
    return complaints() + ([f"{shlex.join(command)} ends with {status}"] if status else [])


def started(place, stages):
    """Starts the proxy until each stage is reached in turn; returns what is wrong."""
    process = start(place, place.start)
    end = time.monotonic() + PATIENCE
    for stage, reached in stages.items():
        while not reached():
            if complaints() or process.poll() is not None or time.monotonic() > end:
                return [*complaints(), f"{place.start[0]} never {stage}"]
            time.sleep(0.02)
    # What it has started itself ends with the namespace.
    process.kill()
    process.wait()
    return complaints()


def start(place, command):
    # A file that everybody may write: an ordinary user cannot open a pipe of ours as /dev/stdout.
    LOG.unlink(missing_ok=True)
    with LOG.open("a") as log:
        LOG.chmod(0o666)
        return subprocess.Popen(within(place, command), stdout=log, stderr=log)


def succeeds(place, command):
    return subprocess.run(within(place, command), capture_output=True).returncode == 0


def within(place, command):
    variables = [f"{key}={value}" for key, value in place.environment.items()]
    return ["env", *variables, "chroot", f"--userspec={place.user}", ROOT, *command]


def complaints():
    # Without a line that is just being written.
    lines = LOG.read_text().rpartition("\n")[0].splitlines()
    return [line for line in lines if line and not any(re.fullmatch(words, line) for words in WELL)]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(map(str, command))} fails:\n{done.stdout}{done.stderr}")


main(*sys.argv[1:])

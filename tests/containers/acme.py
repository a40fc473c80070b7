"""A certificate authority of our own that speaks ACME: Pebble, with which Let's Encrypt has clients tested."""

import json
import os
import re
import ssl
import subprocess
import urllib.request
from pathlib import Path

from support import run, wait_for


class Pebble:
    """Finds every name on this host's port 80, where it asks for its proof as Let's Encrypt does."""

    def __init__(self, folder: Path, address: str) -> None:
        self.address = address
        self.root = folder / "pebble-root.pem"
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Pebble":
        certificate, key = self._folder / "pebble.pem", self._folder / "pebble.key"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "7",
            "-subj", "/CN=pebble", "-addext", f"subjectAltName=IP:{self.address}", "-keyout", str(key), "-out", str(certificate))
        config = self._folder / "pebble.json"
        config.write_text(json.dumps({"pebble": {
            "listenAddress": "0.0.0.0:14000", "managementListenAddress": "127.0.0.1:15000", "certificate": str(certificate),
            "privateKey": str(key), "httpPort": 80, "tlsPort": 443,
        }}))
        self._start("pebble-challtestsrv", "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dns01", "127.0.0.1:8053",
                    "-http01", "", "-https01", "", "-tlsalpn01", "", "-management", "127.0.0.1:8055")
        self._start("pebble", "-config", str(config), "-dnsserver", "127.0.0.1:8053")
        wait_for(self._fetch, "Pebble answers", 20)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
            process.wait()

    def known_to(self, static: Path, installed: Path) -> None:
        """Have the proxy ask here instead of Let's Encrypt, as the README tells for trials; `installed` becomes its /etc/traefik."""
        (installed / "pebble.pem").write_bytes((self._folder / "pebble.pem").read_bytes())
        here = f"      caServer: https://{self.address}:14000/dir\n      caCertificates: [/etc/traefik/pebble.pem]\n"
        text, found = re.subn(r"(?m)^      storage: .*\n", rf"\g<0>{here}", static.read_text())
        assert found == 1
        static.write_text(text)

    def known_to_certbot(self) -> None:
        """Have certbot on this machine ask here instead of Let's Encrypt."""
        trusted = Path("/usr/local/share/ca-certificates/pebble.crt")
        trusted.write_bytes((self._folder / "pebble.pem").read_bytes())
        run("update-ca-certificates")
        with Path("/etc/letsencrypt/cli.ini").open("a") as file:
            file.write(f"server = https://{self.address}:14000/dir\n")

    def _start(self, *command: str) -> None:
        log = (self._folder / f"{command[0]}.log").open("wb")
        # At once and without refusals at random, which only try the patience of a client.
        environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        self._processes.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))

    def _fetch(self) -> bool:
        try:
            with urllib.request.urlopen("https://127.0.0.1:15000/roots/0", context=ssl._create_unverified_context()) as answer:
                self.root.write_bytes(answer.read())
        except OSError:
            return False
        return True

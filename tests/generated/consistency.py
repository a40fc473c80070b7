#!/usr/bin/env python3
"""Checks that a repository agrees with itself: what one file names exists where it must, and nothing is there unused.

    consistency.py REPOSITORY

Compares the application (settings, port, paths, metrics), its image, Kubernetes manifests as kustomize builds them, compose
files, units, nginx configuration, scripts, workflow and README with each other. Prints each finding and ends with 1 if there is
one. Needs PyYAML, and kubectl or kustomize for repositories with manifests.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

# What a cluster brings along, and the README asks for.
NAMESPACES = {"kube-system", "monitoring", "traefik", "envoy-gateway-system"}
CLASSES = {"nginx", "envoy"}
CLUSTER_METRICS = "kube_"
# Scripts that an image of the pipeline brings along.
FOREIGN = {"buildctl-daemonless.sh"}
# How each proxy says for how many seconds it keeps idle connections to the application.
IDLE = {
    "deploy/nginx/proxy.conf": r"keepalive_timeout (\d+)s;",
    "deploy/traefik/dynamic/services.yaml": r"idleConnTimeout: (\d+)s",
    "deploy/envoy/envoy.yaml": r"HttpProtocolOptions\n(?:.*\n){1,3}?.*\{idle_timeout: (\d+)s[,}]",
}
# Folders of other programs on a machine.
FOREIGN_FOLDERS = {("etc", program) for program in ("systemd", "nginx", "traefik", "envoy", "letsencrypt")}
# Variables that the servers read by themselves.
OWN = {"FORWARDED_ALLOW_IPS", "WEB_CONCURRENCY"}

findings = []


def expect(condition, place, text):
    if not condition:
        findings.append(f"{place}: {text}")
    return condition


def main(argument):
    repository = Repository(Path(argument))
    counts = [repository.count()]
    if (repository.root / "deploy/kubernetes").is_dir():
        counts.append(kubernetes(repository))
    if (repository.root / "deploy/compose").is_dir():
        counts.append(compose(repository))
    if (repository.root / "deploy/systemd").is_dir():
        counts.append(systemd(repository))
    drains(repository)
    deadlines(repository)
    paths(repository)
    for finding in findings:
        print(finding)
    print(f"{argument}: {', '.join(counts)}; {len(findings)} findings")
    sys.exit(bool(findings))


def is_component(document, name):
    return document["metadata"]["labels"]["app.kubernetes.io/component"] == name


def heartbeat(place, environment, checks):
    """What checks a worker looks at the file that the worker touches."""
    file = environment.get("APP_TASKS_HEARTBEAT")
    for check in checks:
        for path in re.findall(r"os\.stat\(['\"]([^'\"]+)['\"]\)", check):
            expect(path == file, place, f"the check looks at {path}, the worker touches {file}")
        expect("os.stat" in check or not file, place, f"nothing looks at {file}")


def outlasts(repository, place, seconds):
    """A worker is killed only after each task had its time, and after the library has given up one that does not end."""
    limit = re.search(r"(?m)^    time_limit: .* = (\d+)$", repository.python)
    if expect(limit, place, "no setting says how long a task may take"):
        end = re.search(r"(?m)^        return self\.time_limit \+ (\d+)$", repository.python)
        longest = int(limit[1]) + int(end[1] if end else 0)
        expect(seconds and int(seconds) > longest, place, f"is killed after {seconds} s, a task may take {longest}")
        told = f"#APP_TASKS_TIME_LIMIT={limit[1]}\n" in repository.read(".env.example")
        expect(told, ".env.example", f"does not say that a task may take {limit[1]} s")


class Repository:
    """What the application says about itself."""

    def __init__(self, root):
        self.root = root
        self.readme = self.read("README.md")
        self.server = self.read("gunicorn.conf.py") + self.read("serve.py")
        self.python = "\n".join(path.read_text() for path in sorted(root.glob("src/**/*.py")))
        self.dockerfile = self.read("Dockerfile")
        self.workflow = self.read(".github/workflows/ci.yml") + self.read(".gitlab-ci.yml")
        self.settings = set(re.findall(r"(?m)^#([A-Z_]+)=", self.read(".env.example")))
        self.secrets = {name.lower() for name in re.findall(r"\| `([A-Z_]+)` \| required, secret \|", self.readme)}
        self.variables = self.settings | OWN | set(re.findall(r'environ\.get\("([A-Z_]+)"', self.server))
        self.routes = set(re.findall(r'@router\.\w+\("(/[^"]*)"', self.python))
        self.metrics = set(re.findall(r'(?:Counter|Histogram|Gauge)\(\s*"(\w+)"', self.python))
        labels = re.findall(r'(?:Counter|Histogram|Gauge)\([^)]*\[([^\]]*)\]', self.python)
        self.labels = {label for names in labels for label in re.findall(r'"(\w+)"', names)}
        bind = re.search(r'(?m)^bind = "[^:]+:(\d+)"$', self.server)
        expose = re.search(r"(?m)^EXPOSE (\d+)$", self.dockerfile)
        port = expose or bind
        self.port = int(port[1]) if port else None
        expect(expose or not self.dockerfile, "Dockerfile", "no port is exposed")
        if bind:
            expect(int(bind[1]) == self.port, "gunicorn.conf.py", f"binds {bind[1]}, the image exposes {self.port}")
        user = re.search(r"(?m)^USER (\d+):(\d+)$", self.dockerfile)
        self.user = tuple(map(int, user.groups())) if user else None
        health = re.search(r"127\.0\.0\.1:(\d+)(/\w+)", self.dockerfile)
        if health:
            expect(int(health[1]) == self.port, "Dockerfile", f"HEALTHCHECK asks port {health[1]}")
            expect(health[2] in self.routes, "Dockerfile", f"HEALTHCHECK asks {health[2]}, which is no route")
        documented = set(re.findall(r"(?m)^\| `([A-Z_]+)` \|", self.readme))
        for name in self.settings ^ (documented & {name for name in documented if name.startswith(("APP_", "OTEL_"))}):
            expect(False, "README.md", f"{name} stands in .env.example or here, not in both")
        image = re.search(r"(?m)^  IMAGE: \"?([^\s\"]+)\"?$", self.workflow)
        self.image = image[1] if image else None

    def read(self, path):
        file = self.root / path
        return file.read_text() if file.is_file() else ""

    def read_one(self, name):
        """Return the application's module of that name."""
        return next(self.root.glob(f"src/*/{name}")).read_text()

    def runs(self, command):
        """Tells whether a command runs a module of the application."""
        module = "/".join(command[2].split(".")) if command[:2] == ["python", "-m"] and len(command) == 3 else None
        return bool(module) and (self.root / f"src/{module}.py").is_file()

    def count(self):
        return f"{len(self.settings)} settings, {len(self.routes)} routes"


# ---- Kubernetes


class Overlay:
    def __init__(self, folder):
        self.name = folder.name
        tool = ["kubectl", "kustomize"] if shutil.which("kubectl") else ["kustomize", "build"]
        done = subprocess.run([*tool, str(folder)], capture_output=True, text=True)
        expect(done.returncode == 0, f"overlays/{self.name}", done.stderr.strip())
        self.documents = [document for document in yaml.safe_load_all(done.stdout) if document]
        beside = folder / "namespace.yaml"
        self.namespace = yaml.safe_load(beside.read_text()) if beside.is_file() else None

    def all(self, *kinds):
        return [document for document in self.documents if document["kind"] in kinds]

    def get(self, kind, name):
        found = [one for one in self.all(kind) if one["metadata"]["name"] == name]
        return found[0] if found else None

    def place(self, document):
        return f"{self.name}: {document['kind']} {document['metadata']['name']}"

    def pods(self):
        """Yields (owner, labels, specification) of every kind of pod."""
        for owner in self.all("Deployment", "Job"):
            yield owner, owner["spec"]["template"]["metadata"]["labels"], owner["spec"]["template"]["spec"]

    def selected(self, labels):
        return [pod for pod in self.pods() if labels.items() <= pod[1].items()]

    def ports(self, pod):
        return {port["name"]: port["containerPort"] for one in pod[2]["containers"] for port in one.get("ports", [])}


def kubernetes(repository):
    root = repository.root / "deploy/kubernetes"
    overlays = [Overlay(path.parent) for path in sorted(root.glob("overlays/*/kustomization.yaml"))]
    made = created(repository.readme)
    for overlay in overlays:
        used = set()
        pods(repository, overlay, made, used)
        selectors(repository, overlay, used)
        certificates(repository, overlay, used)
        gateway(repository, overlay, made + obtained(overlay), used)
        monitoring(repository, overlay, used)
        namespace(repository, overlay)
        unused(overlay, used)
        connections(repository, overlay)
    for kind, name, _ in made:
        expect((kind, name) in NAMED, "README.md", f"makes the {kind} {name}, which no manifest names")
    files(repository, root)
    script(repository, root, overlays)
    workflow(repository, overlays)
    return f"{sum(len(overlay.documents) for overlay in overlays)} objects in {len(overlays)} overlays"


NAMED = set()
TLS = ("tls.crt", "tls.key")


def created(readme):
    """Returns the Secrets that the README makes, with their keys."""
    made = []
    for line in re.findall(r"(?m)^kubectl .*create secret .*$", readme):
        kind, name = re.search(r"create secret (generic|tls) (\S+)", line).groups()
        keys = set(re.findall(r"--from-file=(\w+)", line)) if kind == "generic" else set(TLS)
        made.append(("Secret", name, keys))
    return made


def obtained(overlay):
    """Returns the Secrets that cert-manager makes."""
    return [("Secret", one["spec"]["secretName"], set(TLS)) for one in overlay.all("Certificate")]


def certificates(repository, overlay, used):
    for certificate in overlay.all("Certificate"):
        place = overlay.place(certificate)
        expect("[cert-manager](" in repository.readme, place, "the README does not ask for cert-manager")
        issuer = certificate["spec"]["issuerRef"]
        used.add((issuer["kind"], issuer["name"]))
        expect(overlay.get(issuer["kind"], issuer["name"]), place, f"there is no {issuer['kind']} {issuer['name']}")
    for issuer in overlay.all("Issuer"):
        place = overlay.place(issuer)
        for solver in issuer["spec"]["acme"]["solvers"]:
            ingress = solver["http01"].get("ingress")
            if ingress:
                name = ingress["ingressClassName"]
                expect(f"IngressClass `{name}`" in repository.readme, place, f"README: no IngressClass {name}")
            for parent in solver["http01"].get("gatewayHTTPRoute", {}).get("parentRefs", []):
                door = overlay.get("Gateway", parent["name"])
                found = [one for one in door["spec"]["listeners"] if one["name"] == parent["sectionName"]] if door else []
                expect(found and found[0]["port"] == 80, place, "challenges do not come to a listener at port 80")


def secret(place, name, made, keys=()):
    NAMED.add(("Secret", name))
    known = [found for kind, known, found in made if known == name]
    if expect(known, place, f"names the Secret {name}, which the README does not make"):
        for key in keys:
            expect(key in known[0], place, f"names the key {key}, which the Secret {name} is not made with")


def pods(repository, overlay, made, used):
    for owner, labels, pod in overlay.pods():
        place = overlay.place(owner)
        account = pod.get("serviceAccountName")
        if account:
            used.add(("ServiceAccount", account))
            expect(overlay.get("ServiceAccount", account), place, f"there is no ServiceAccount {account}")
        volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
        mounted = {}
        for container in pod["containers"]:
            place = f"{overlay.place(owner)}, container {container['name']}"
            for mount in container.get("volumeMounts", []):
                mounted[mount["name"]] = mount["mountPath"]
                expect(mount["name"] in volumes, place, f"there is no volume {mount['name']}")
            ports = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
            for name, port in ports.items():
                expect(port == repository.port, place, f"port {name} is {port}, the image exposes {repository.port}")
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                ask = container.get(probe, {}).get("httpGet")
                if ask:
                    expect(ask["port"] in ports, place, f"{probe} asks port {ask['port']}, which is not there")
                    expect(ask["path"] in repository.routes, place, f"{probe} asks {ask['path']}, which is no route")
            values = {one["name"]: one["value"] for one in container.get("env", [])}
            for source in container.get("envFrom", []):
                name = source["configMapRef"]["name"]
                used.add(("ConfigMap", name))
                settings = overlay.get("ConfigMap", name)
                if expect(settings, place, f"there is no ConfigMap {name}"):
                    values |= settings["data"]
            for name in values:
                expect(name in repository.variables, place, f"sets {name}, which nothing reads")
            folder = values.get("APP_SECRETS_DIR")
            if folder:
                volume = next((volumes.get(name) for name, path in mounted.items() if path == folder), None)
                expect(volume and "secret" in volume, place, f"no Secret is mounted at APP_SECRETS_DIR, {folder}")
            elif repository.secrets:
                expect(False, place, "APP_SECRETS_DIR is not set, but the application needs secrets")
            image, _, digest = container["image"].partition("@")
            expect(re.fullmatch(r"sha256:[0-9a-f]{64}", digest), place, f"the image {container['image']} has no digest")
            expect(repository.image in (None, image), place, f"the image is {image}, CI pushes {repository.image}")
            command = (container.get("command") or container.get("args") or [None])[0]
            if command:
                installed = f"\n{command}==" in repository.read("requirements.txt")
                words = container.get("command") or container["args"]
                expect(installed or repository.runs(words), place, f"{command} is not installed")
            heartbeat(place, values, [" ".join(container.get(probe, {}).get("exec", {}).get("command", []))
                                      for probe in ("startupProbe", "livenessProbe", "readinessProbe")])
            if "APP_TASKS_HEARTBEAT" in values:
                outlasts(repository, place, pod.get("terminationGracePeriodSeconds"))
        for name, volume in volumes.items():
            place = overlay.place(owner)
            expect(name in mounted, place, f"nothing mounts the volume {name}")
            if "secret" in volume:
                items = {item["key"]: item["path"] for item in volume["secret"].get("items", [])}
                secret(place, volume["secret"]["secretName"], made, items)
                for path in items.values():
                    expect(path in repository.secrets, place, f"{path} is no secret that the application reads")
                for missing in repository.secrets - set(items.values()):
                    expect(False, place, f"the secret {missing} is not mounted")
        context = pod.get("securityContext", {})
        user = (context.get("runAsUser"), context.get("runAsGroup"))
        expect(user == repository.user, place, f"runs as {user}, the image as {repository.user}")
        for constraint in pod.get("topologySpreadConstraints", []):
            wanted = constraint["labelSelector"]["matchLabels"]
            expect(wanted.items() <= labels.items(), place, f"spreads pods that are not its own: {wanted}")


def selectors(repository, overlay, used):
    for owner in overlay.all("Deployment"):
        wanted = owner["spec"]["selector"]["matchLabels"]
        found = [one[0]["metadata"]["name"] for one in overlay.selected(wanted)]
        expect(found == [owner["metadata"]["name"]], overlay.place(owner), f"selects {found or 'nothing'}")
    for service in overlay.all("Service"):
        place = overlay.place(service)
        found = overlay.selected(service["spec"]["selector"])
        expect(len(found) == 1 and found[0][0]["kind"] == "Deployment", place, f"selects {len(found)} kinds of pods")
        for port in service["spec"]["ports"]:
            for pod in found:
                expect(port["targetPort"] in overlay.ports(pod), place, f"port {port['targetPort']} is not there")
    for budget in overlay.all("PodDisruptionBudget"):
        expect(overlay.selected(budget["spec"]["selector"]["matchLabels"]), overlay.place(budget), "selects nothing")
    for scaler in overlay.all("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        expect(overlay.get(target["kind"], target["name"]), overlay.place(scaler), f"there is no {target['name']}")
    for policy in overlay.all("NetworkPolicy"):
        place = overlay.place(policy)
        found = overlay.selected(policy["spec"]["podSelector"].get("matchLabels", {}))
        expect(found, place, "selects nothing")
        for rule in policy["spec"].get("ingress", []):
            for port in rule["ports"]:
                for pod in found:
                    expect(port["port"] in overlay.ports(pod), place, f"port {port['port']} is not there")
        for rule in policy["spec"].get("ingress", []) + policy["spec"].get("egress", []):
            for peer in rule.get("from", []) + rule.get("to", []):
                labels = peer.get("namespaceSelector", {}).get("matchLabels", {})
                name = labels.get("kubernetes.io/metadata.name")
                expect(name is None or name in NAMESPACES, place, f"nobody knows the namespace {name}")
                for key in set(labels) - {"kubernetes.io/metadata.name"}:
                    expect(f" {key}={labels[key]}" in repository.readme, place, f"the README does not give the label {key}")
                if name and name != "kube-system":
                    expect(f"`{name}`" in repository.readme, place, f"the README does not ask for the namespace {name}")
                labels = peer.get("podSelector", {}).get("matchLabels", {})
                for key in ("gateway.networking.k8s.io/gateway-name", "gateway.envoyproxy.io/owning-gateway-name"):
                    if key in labels:
                        expect(overlay.get("Gateway", labels[key]), place, f"there is no Gateway {labels[key]}")
    covered = {id(one[2]) for policy in overlay.all("NetworkPolicy") if "Egress" in policy["spec"]["policyTypes"]
               for one in overlay.selected(policy["spec"]["podSelector"].get("matchLabels", {}))}
    for owner, _, pod in overlay.pods():
        expect(id(pod) in covered, overlay.place(owner), "no policy limits where its pods may go")


HEALTH = {"type": "Exact", "value": "/health"}


def gateway(repository, overlay, made, used):
    taken, hosts = set(), set()

    def backend(place, name, port):
        used.add(("Service", name))
        service = overlay.get("Service", name)
        if expect(service, place, f"there is no Service {name}"):
            known = {value for one in service["spec"]["ports"] for value in (one["name"], one["port"])}
            expect(port in known, place, f"the Service {name} has no port {port}")

    def needs(place, kind, name):
        used.add((kind, name))
        expect(overlay.get(kind, name), place, f"there is no {kind} {name}")

    for door in overlay.all("Gateway"):
        place = overlay.place(door)
        expect(door["spec"]["gatewayClassName"] in CLASSES, place, "nobody knows its class")
        expect(f"GatewayClass `{door['spec']['gatewayClassName']}`" in repository.readme, place, "README: no GatewayClass")
        parameters = door["spec"].get("infrastructure", {}).get("parametersRef")
        if parameters:
            needs(place, parameters["kind"], parameters["name"])
        for listener in door["spec"]["listeners"]:
            for reference in listener.get("tls", {}).get("certificateRefs", []):
                secret(place, reference["name"], made, TLS)
    for route in overlay.all("HTTPRoute"):
        place = overlay.place(route)
        used.add(("HTTPRoute", route["metadata"]["name"]))
        for parent in route["spec"]["parentRefs"]:
            door = overlay.get("Gateway", parent["name"])
            used.add(("Gateway", parent["name"]))
            names = [listener["name"] for listener in door["spec"]["listeners"]] if door else []
            expect(parent["sectionName"] in names, place, f"there is no listener {parent['name']}/{parent['sectionName']}")
            taken.add((parent["name"], parent["sectionName"]))
            listeners = door["spec"]["listeners"] if door else []
            asked = {one.get("hostname") for one in listeners if one["name"] == parent["sectionName"]}
            answered = set(route["spec"].get("hostnames", [])) or asked
            if answered == {None}:
                paths = [match["path"] for rule in route["spec"]["rules"] for match in rule.get("matches", [{"path": "/"}])]
                expect(paths == [HEALTH], place, f"answers for every host at {paths}")
            hosts |= answered - {None}
        for rule in route["spec"]["rules"]:
            for one in rule.get("backendRefs", []):
                backend(place, one["name"], one["port"])
            for one in rule.get("filters", []):
                if one["type"] == "ExtensionRef":
                    needs(place, one["extensionRef"]["kind"], one["extensionRef"]["name"])
    for door in overlay.all("Gateway"):
        for listener in door["spec"]["listeners"]:
            expect((door["metadata"]["name"], listener["name"]) in taken, overlay.place(door),
                   f"no route is attached to the listener {listener['name']}")
    for policy in overlay.documents:
        spec = policy.get("spec", {})
        for target in spec.get("targetRefs", [spec["targetRef"]] if "targetRef" in spec else []):
            expect(overlay.get(target["kind"], target["name"]), overlay.place(policy),
                   f"there is no {target['kind']} {target['name']}")
            used.add((policy["kind"], policy["metadata"]["name"]))
    for route in overlay.all("IngressRoute"):
        place = overlay.place(route)
        used.add(("IngressRoute", route["metadata"]["name"]))
        for rule in route["spec"]["routes"]:
            named = set(re.findall(r"Host\(`([^`]+)`\)", rule["match"]))
            expect(named or rule["match"] == "Path(`/health`)", place, f"answers for every host at {rule['match']}")
            hosts |= named
            for one in rule.get("middlewares", []):
                needs(place, "Middleware", one["name"])
            for one in rule["services"]:
                if one.get("kind") != "TraefikService":
                    backend(place, one["name"], one["port"])
                if "serversTransport" in one:
                    needs(place, "ServersTransport", one["serversTransport"])
        tls = route["spec"].get("tls")
        if tls:
            secret(place, tls["secretName"], made, TLS)
            needs(place, "TLSOption", tls["options"]["name"])
        for point in route["spec"]["entryPoints"]:
            expect(f"`{point}`" in repository.readme, place, f"the README does not ask for the entry point {point}")
    place = f"{overlay.name}: the gateway"
    if not overlay.all("Gateway", "IngressRoute"):
        # The README names the Service instead, to whatever stands in front.
        for service in overlay.all("Service"):
            name = service["metadata"]["name"]
            used.add(("Service", name))
            ports = ", ".join(f"port {one['port']}" for one in service["spec"]["ports"])
            expect(f"Service `{name}`, {ports}" in repository.readme, place, f"the README does not name the Service {name}")
        return
    expect(len(hosts) == 1, place, f"answers for {sorted(hosts)}, not for one host")
    for certificate in overlay.all("Certificate"):
        names = set(certificate["spec"]["dnsNames"])
        expect(names == hosts, overlay.place(certificate), f"is for {sorted(names)}, the gateway for {sorted(hosts)}")
    for host in hosts:
        whole = re.compile(rf"(?<![\w.-]){re.escape(host)}(?![\w-])")
        expect(whole.search(repository.readme), place, f"the README does not name {host}")
        expect(not repository.workflow or whole.search(repository.workflow), place, f"CI does not observe {host}")
    # Hidden from the public: what only machines ask, and what monitoring reads.
    text = json.dumps([route["spec"] for route in overlay.all("HTTPRoute", "IngressRoute")])
    for path in repository.routes & {"/ready", "/metrics"}:
        expect(re.search(rf"[(|/]{path[1:]}[)|(]", text), place, f"{path} is not hidden")
    for path in re.findall(r"/\(([\w|]+)\)\(\[", text):
        for word in path.split("|"):
            expect(f"/{word}" in repository.routes, place, f"hides /{word}, which is no route")


def monitoring(repository, overlay, used):
    for monitor in overlay.all("ServiceMonitor"):
        place = overlay.place(monitor)
        used.add(("ServiceMonitor", monitor["metadata"]["name"]))
        wanted = monitor["spec"]["selector"]["matchLabels"].items()
        found = [one for one in overlay.all("Service") if wanted <= one["metadata"]["labels"].items()]
        expect(len(found) == 1, place, f"selects {len(found)} Services")
        for endpoint in monitor["spec"]["endpoints"]:
            expect(endpoint["path"] in repository.routes, place, f"reads {endpoint['path']}, which is no route")
            for service in found:
                used.add(("Service", service["metadata"]["name"]))
                names = [port["name"] for port in service["spec"]["ports"]]
                expect(endpoint["port"] in names, place, f"the Service has no port {endpoint['port']}")
    kinds = {"job": "Service", "deployment": "Deployment", "horizontalpodautoscaler": "HorizontalPodAutoscaler"}
    for rules in overlay.all("PrometheusRule"):
        used.add(("PrometheusRule", rules["metadata"]["name"]))
        for rule in (rule for group in rules["spec"]["groups"] for rule in group["rules"]):
            place = f"{overlay.place(rules)}, alert {rule['alert']}"
            query(repository, place, rule["expr"])
            for label, value in re.findall(r'(\w+)="([^"]+)"', rule["expr"]):
                if label in kinds:
                    expect(overlay.get(kinds[label], value), place, f"there is no {kinds[label]} {value}")
                if label == "container":
                    names = [one["name"] for pod in overlay.pods() for one in pod[2]["containers"]]
                    expect(value in names, place, f"there is no container {value}")
    for boards in overlay.all("ConfigMap"):
        if "grafana_dashboard" in boards["metadata"]["labels"]:
            used.add(("ConfigMap", boards["metadata"]["name"]))
            for name, text in boards["data"].items():
                dashboard(repository, f"{overlay.name}: {name}", text)


# Labels that Prometheus and histograms bring along.
BROUGHT = {"job", "namespace", "le"}


def query(repository, place, expression):
    """Every metric and label that a query names is one, and what it leaves out is a route."""
    for name in re.findall(r"([a-zA-Z_:][\w:]*)\{", expression):
        base = re.sub(r"_(total|bucket|count|sum)$", "", name)
        known = name == "up" or name.startswith(CLUSTER_METRICS) or {base, name} & repository.metrics
        expect(known, place, f"the application has no metric {name}")
    if CLUSTER_METRICS not in expression:
        named = re.findall(r'(\w+)(?:=|!=|=~|!~)"', expression)
        named += [label for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(", ")]
        for label in set(named) - BROUGHT - repository.labels:
            expect(False, place, f"no metric has the label {label}")
    for path in "|".join(re.findall(r'route!~"([^"]+)"', expression)).split("|"):
        expect(not path or path in repository.routes, place, f"leaves out {path}, which is no route")


def dashboard(repository, place, text):
    board = json.loads(text)
    variables = {one["name"] for one in board["templating"]["list"]}
    for name in set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval"}:
        expect(name in variables, place, f"there is no variable {name}")
    for name in variables:
        expect(re.search(rf"\$\{{?{name}\b", text), place, f"nothing uses the variable {name}")
    numbers = [panel["id"] for panel in board["panels"]]
    expect(len(numbers) == len(set(numbers)), place, "two panels have one id")
    for panel in board["panels"]:
        for target in panel["targets"]:
            query(repository, f"{place}, {panel['title']}", target["expr"])
            for label in re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")):
                expect(re.search(rf"by \([^)]*\b{label}\b", target["expr"]), place, f"the legend shows {label}, the query does not")


def namespace(repository, overlay):
    place = f"overlays/{overlay.name}"
    if not expect(overlay.namespace, place, "has no namespace.yaml"):
        return
    name = overlay.namespace["metadata"]["name"]
    found = {document["metadata"].get("namespace") for document in overlay.documents}
    expect(found == {name}, place, f"applies to {sorted(map(str, found))}, namespace.yaml makes {name}")
    expect(name in repository.readme, place, f"the README does not name the namespace {name}")
    for document in overlay.documents:
        labels = document["metadata"]["labels"]
        for key in ("name", "instance", "component", "part-of", "managed-by"):
            expect(f"app.kubernetes.io/{key}" in labels, overlay.place(document), f"has no label {key}")


# Kinds that serve no one unless another object names them.
NEEDED = {
    "ServiceAccount", "ConfigMap", "Service", "Middleware", "TLSOption", "ServersTransport", "HTTPRouteFilter",
    "NginxProxy", "EnvoyProxy", "Gateway", "SnippetsFilter", "Issuer",
}


def unused(overlay, used):
    for document in overlay.documents:
        entry = (document["kind"], document["metadata"]["name"])
        expect(entry[0] not in NEEDED or entry in used, overlay.place(document), "nothing uses it")
    names = [(document["kind"], document["metadata"]["name"]) for document in overlay.documents]
    for twice in {entry for entry in names if names.count(entry) > 1}:
        expect(False, overlay.name, f"{twice} stands twice")


# Connections that are left to people who look at the database.
OPERATORS = 10


def connections(repository, overlay):
    pool = re.search(r"\| `APP_DATABASE_POOL_SIZE` \| `(\d+)` \|", repository.readme)
    printed = re.search(r"(?m)= \*\*(\d+)\*\*", repository.readme)
    if not pool or overlay.name != "production":
        return
    deployment = next(one["spec"] for one in overlay.all("Deployment") if is_component(one, "api"))
    most = overlay.all("HorizontalPodAutoscaler")[0]["spec"]["maxReplicas"]
    surge = deployment["strategy"]["rollingUpdate"]["maxSurge"]
    settings = next(one["data"] for one in overlay.all("ConfigMap") if "WEB_CONCURRENCY" in one["data"])
    size = int(settings.get("APP_DATABASE_POOL_SIZE", pool[1]))
    total = (most + surge) * int(settings["WEB_CONCURRENCY"]) * size + 2
    expect(printed and int(printed[1]) == total, "README.md", f"{total} connections, but it says {printed and printed[1]}")
    allowed = re.search(r"allows (\d+)(?:, of which (\d+) are reserved)?|`max_connections` is (\d+)", repository.readme)
    if expect(allowed, "README.md", "it does not say how many connections the database allows"):
        left = int(allowed[1] or allowed[3]) - int(allowed[2] or 0) - OPERATORS
        expect(total <= left, overlay.name, f"{total} connections, the database allows {left} beside those of operators")
    port = re.search(r"`APP_DATABASE_URL`", repository.readme)
    open_ports = {port["port"] for policy in overlay.all("NetworkPolicy") for rule in policy["spec"].get("egress", [])
                  for port in rule["ports"]}
    example = re.search(r"#APP_DATABASE_URL=\S+@[^:/]+:(\d+)/", repository.read(".env.example"))
    if port and example:
        expect(int(example[1]) in open_ports, overlay.name, f"no policy lets anyone reach the database's port {example[1]}")


def files(repository, root):
    """Every file is part of a kustomization, or the README says what it is for."""
    named = set()
    for path in root.rglob("kustomization.yaml"):
        text = yaml.safe_load(path.read_text())
        for entry in text.get("resources", []):
            target = (path.parent / entry).resolve()
            named.add(target / "kustomization.yaml" if target.is_dir() else target)
        for entry in (file for one in text.get("configMapGenerator", []) for file in one.get("files", [])):
            named.add((path.parent / entry.partition("=")[2]).resolve())
    for path in root.rglob("*"):
        if path.is_file() and path.resolve() not in named:
            relative = path.relative_to(root)
            known = str(relative) in repository.readme or path.name in repository.readme or path.match("overlays/*/*")
            expect(known, f"deploy/kubernetes/{relative}", "nothing names it")


def script(repository, root, overlays):
    text = (root / "rollout.sh").read_text()
    for kind, name in re.findall(r"\b(deployment|job)/([a-z0-9-]+)", text + repository.readme):
        for overlay in overlays:
            expect(overlay.get(kind.capitalize(), name), "rollout.sh or README.md", f"there is no {kind} {name}")
    known = {document["metadata"]["labels"]["app.kubernetes.io/component"] for one in overlays for document in one.documents}
    for word in re.findall(r'apply "(?:not)?in \((\w+)\)"|component=(\w+)', text + repository.readme):
        expect(set(word) - {""} <= known, "rollout.sh or README.md", f"nothing has the component {word}")
    built = [document for one in overlays for document in one.documents]
    for group in {group for one in built for group in [one["apiVersion"].rpartition("/")[0]] if foreign(group)}:
        expect(re.search(rf"(?m)^        (?:[\w.]+ \| )*{re.escape(group)}(?: \| [\w.]+)*\)", text), "rollout.sh", f"the doctor does not know what brings {group}")
    keys = set(re.findall(r"(?m)^    check_secret (\w+)$", text))
    expect(keys == repository.secrets, "rollout.sh", f"the doctor looks for {sorted(keys)}, the application reads {sorted(repository.secrets)}")
    used = {secret for one in built for secret in re.findall(r"'(?:certificateRefs': \[{'name|secretName)': '([\w-]+-tls)'", str(one))}
    issued = {one["spec"]["secretName"] for one in built if one["kind"] == "Certificate"}
    checked = set(re.findall(r"of_secret ([\w-]+) tls\.crt", text))
    expect(checked == used - issued, "rollout.sh", f"the doctor looks at the certificate {sorted(checked)}, the gateway has {sorted(used - issued)}")
    for kind in set(re.findall(r'cluster delete "?(\w+)/', text)):
        expect(re.search(rf'"delete {kind}s(\.|")', text), "rollout.sh", f"the doctor does not ask whether it may delete a {kind}")
    # A pipeline may run it where BusyBox has these.
    for tool in re.findall(r"(?<![-\w])(awk|base64|grep|head|paste|sed|sort|tail)\b[^|;\n]* --[a-z]", text):
        expect(False, "rollout.sh", f"{tool} of BusyBox knows no long options")
    for overlay in re.findall(r"rollout\.sh (\w+)", repository.readme + repository.workflow):
        expect(overlay in [one.name for one in overlays] or overlay == "with", "README.md", f"there is no overlay {overlay}")


def foreign(group):
    """Whether an API group is none of Kubernetes' own."""
    return "." in group and group not in {"networking.k8s.io", "rbac.authorization.k8s.io"}


def workflow(repository, overlays):
    if not repository.workflow:
        return
    for name in set(re.findall(r"secrets\.(\w+)|vars\.(\w+)", repository.workflow)):
        name = name[0] or name[1]
        expect(name == "GITHUB_TOKEN" or f"`{name}`" in repository.readme, "ci.yml", f"the README does not name {name}")
    matrix = re.findall(r"overlay: (\w+)\n", repository.workflow)
    if matrix:
        expect(sorted(matrix) == sorted(one.name for one in overlays), "ci.yml", f"deploys {matrix}")


# ---- Compose


def compose(repository):
    root = repository.root / "deploy/compose"
    parts = [yaml.safe_load(path.read_text()) for path in sorted(root.glob("compose*.yaml"))]
    services = {}
    for part in parts:
        for name, service in part.get("services", {}).items():
            merged = services.setdefault(name, {})
            for key, value in service.items():
                # Compose takes some of these as a list or as a table; either says which names are meant.
                before = merged.get(key)
                if isinstance(value, list) and before:
                    merged[key] = [*before, *value]
                elif isinstance(value, dict) and before:
                    merged[key] = {**before, **value} if isinstance(before, dict) else [*before, *value]
                else:
                    merged[key] = value
    for section in ("networks", "volumes", "secrets"):
        defined = {name for part in parts for name in part.get(section, {})}
        taken = set()
        for service in services.values():
            for entry in service.get(section, []):
                source = entry.split(":")[0] if section == "volumes" else entry
                if section != "volumes" or not source.startswith("."):
                    taken.add(source)
        for name in defined ^ taken:
            expect(False, "compose", f"{section}: {name} is {'not used' if name in defined else 'not defined'}")
    for part in parts:
        for name, one in part.get("secrets", {}).items():
            file = Path(one["file"]).name
            expect(f"secrets/{file}" in repository.readme, "compose", f"the README does not make secrets/{file}")
            if name.startswith("app_"):
                expect(name in repository.secrets, "compose", f"{name} is no secret that the application reads")
    database = services.get("database", {})
    granted = re.search(r"max[-_]connections=(\d+)", " ".join(database.get("command", [])))
    told = re.search(r"`max_connections` is (\d+)", repository.readme)
    if expect(bool(granted) == bool(told), "compose", "README and database do not agree on whether the limit of connections is raised") and granted:
        expect(int(granted[1]) >= int(told[1]), "compose", f"the database grants {granted[1]} connections, the README asks for {told[1]}")
        expect(database["pids_limit"] > int(granted[1]), "compose", "the database may not have a process for each connection")
    settings = set(re.findall(r"(?m)^([A-Z_]+)=", (root / "app.env").read_text()))
    for name in settings - repository.variables:
        expect(False, "app.env", f"sets {name}, which nothing reads")
    workers = int(re.search(r"(?m)^WEB_CONCURRENCY=(\d+)$", (root / "app.env").read_text())[1])
    for name, service in services.items():
        place = f"compose service {name}"
        if name.startswith("app"):
            room(place, workers, mebibytes(service["mem_limit"]), service["pids_limit"])
        for other in service.get("depends_on", {}):
            expect(other in services, place, f"depends on {other}, which is not there")
        for entry in service.get("extra_hosts", []):
            expect(entry.split(":")[0] in services, place, f"gives an address to {entry}, which is not there")
        environment = service.get("environment", {})
        if service.get("image", "").startswith("${APP_IMAGE"):
            expect(service.get("env_file") == "app.env", place, "does not read app.env")
            for variable in environment:
                expect(variable not in settings, place, f"sets {variable}, whatever app.env says")
                expect(variable in repository.variables, place, f"sets {variable}, which nothing reads")
            wanted = "/run/secrets" if service.get("secrets") else None
            expect(environment.get("APP_SECRETS_DIR") == wanted, place, f"APP_SECRETS_DIR is not {wanted}")
        command = service.get("command", [])
        if service.get("image", "").startswith("${APP_IMAGE"):
            if command[:1] == ["python"]:
                expect(repository.runs(command), place, f"runs {command}, which is not there")
            heartbeat(place, environment, [" ".join(service.get("healthcheck", {}).get("test", []))])
            if "APP_TASKS_HEARTBEAT" in environment:
                outlasts(repository, place, service.get("stop_grace_period", "").removesuffix("s"))
        test = " ".join(service.get("healthcheck", {}).get("test", []))
        for port, path in re.findall(r"127\.0\.0\.1:(\d+)(/\w+)", test):
            expect(int(port) == repository.port, place, f"the check asks port {port}")
            expect(path in repository.routes, place, f"the check asks {path}, which is no route")
    text = "".join(path.read_text() for path in root.glob("compose*.yaml"))
    asked = set(re.findall(r"\$\{(\w+)", text))
    given = set(re.findall(r"(?m)^([A-Z_]+)=", (root / ".env.example").read_text()))
    rollout = (root / "rollout.sh").read_text() if (root / "rollout.sh").exists() else ""
    for name in asked - given:
        expect(False, "compose", f".env.example does not give {name}")
    for name in given - asked - {"COMPOSE_FILE"}:
        expect(name in rollout, ".env.example", f"nothing reads {name}")
    for name in re.findall(r"(?:--wait|ps --quiet|exec -T|--force|serve_from) ([a-z][a-z-]*)", rollout):
        expect(name in services, "rollout.sh", f"there is no service {name}")
    reached(services)
    nginx(repository, services)
    traefik(repository)
    envoy(repository)
    trusted(repository)
    watched(repository, services, set())
    if repository.workflow:
        workflow(repository, [])
    return f"{len(services)} services"


def reached(services):
    """Whatever runs the application's image reaches its database, and the broker unless it only migrates."""
    own = {name: one for name, one in services.items() if one.get("image", "").startswith("${APP_IMAGE")}
    for other, excepted in (("database", set()), ("broker", {"migrate"})):
        for name in own.keys() - excepted if other in services else ():
            shared = set(own[name].get("networks", [])) & set(services[other].get("networks", []))
            expect(shared, f"compose service {name}", f"is on no network of {other}")
    for name, one in own.items():
        volumes = own["app"].get("volumes")
        expect(one.get("volumes") == volumes, f"compose service {name}", f"its volumes are not the application's, {volumes}")


def watched(repository, services, listening):
    """Prometheus asks services of Compose, or an address at which something listens; alerts and dashboard are about its jobs."""
    root = repository.root / "deploy/monitoring"
    if not root.is_dir():
        return
    settings = yaml.safe_load((root / "prometheus.yaml").read_text())
    for name in settings["rule_files"]:
        expect((root / name).is_file(), "prometheus.yaml", f"there is no {name}")
    jobs = {job["job_name"] for job in settings["scrape_configs"]}
    for job in settings["scrape_configs"]:
        expect(job.get("metrics_path", "/metrics") in repository.routes, "prometheus.yaml", "asks for what is no route")
        for target in {target for found in job.get("static_configs", []) for target in found["targets"]} - listening:
            expect(False, "prometheus.yaml", f"nothing listens at {target}")
        for found in job.get("dns_sd_configs", []):
            expect(found["port"] == repository.port, "prometheus.yaml", f"asks port {found['port']}")
            for name in found["names"]:
                expect(name in services, "prometheus.yaml", f"there is no service {name}")
    for group in yaml.safe_load((root / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            place = f"alerts.yaml, {rule['alert']}"
            query(repository, place, rule["expr"])
            for name in re.findall(r'job="([^"]+)"', rule["expr"]):
                expect(name in jobs, place, f"there is no job {name}")
    text = (root / "dashboard.json").read_text()
    dashboard(repository, "dashboard.json", text)
    for name in re.findall(r'job=\\"([^"\\]+)', text):
        expect(name in jobs, "dashboard.json", f"there is no job {name}")
    for service in services.values():
        for option in service.get("command", []) if isinstance(service.get("command"), list) else []:
            if option.startswith("--config.file=/etc/prometheus/"):
                expect((root / Path(option).name).is_file(), "compose", f"{option}: there is no such file")


def nginx(repository, services):
    root = repository.root / "deploy/nginx"
    if not root.is_dir():
        return
    whole = nginx_files(repository, root)
    hosts = set(services) | {entry.split(":")[0] for one in services.values() for entry in one.get("extra_hosts", [])}
    for host, port in re.findall(r"(?m)^\s+server ([a-z-]+):(\d+)", whole):
        expect(host in hosts, "deploy/nginx", f"there is no service {host}")
        expect(int(port) == repository.port, "deploy/nginx", f"asks {host} on {port}, the image exposes {repository.port}")
    for inside in re.findall(r"listen (\d+)", whole):
        published = [entry for one in services.values() for entry in one.get("ports", []) if entry.endswith(f":{inside}")]
        expect(published, "deploy/nginx", f"nothing publishes the port {inside}")


def nginx_files(repository, root):
    """What holds wherever nginx runs; returns all of its configuration."""
    texts = {path.name: path.read_text() for path in root.glob("*.conf")}
    # What nginx is started with, later and at first.
    included = {"nginx.conf", *re.findall(r"nginx -c /etc/nginx/(\S+)", repository.readme)}
    included |= {name for text in texts.values() for name in re.findall(r"include ([\w.-]+);", text)}
    for name in included ^ set(texts):
        expect(False, f"deploy/nginx/{name}", "is not there" if name in included else "nothing includes it")
    whole = "\n".join(texts.values())
    for words in re.findall(r"\^/(?:\(\?:([\w|]+)\)|(\w+))\(", whole):
        hidden = set((words[0] or words[1]).split("|"))
        wanted = {path[1:] for path in repository.routes & {"/ready", "/metrics"}}
        expect(hidden == wanted, "deploy/nginx", f"hides {sorted(hidden)}, the application has {sorted(wanted)}")
    for zone in re.findall(r"limit_(?:req|conn) (?:zone=)?(\w+)[ ;]", whole):
        expect(re.search(rf"zone={zone}:", whole), "deploy/nginx", f"there is no zone {zone}")
    for target in re.findall(r"proxy_pass http://(\$?[\w-]+);", whole):
        defined = f"set {target} " if target.startswith("$") else f"upstream {target} {{"
        expect(defined in whole, "deploy/nginx", f"sends requests to {target}, which is not defined")
    return whole


# ---- systemd


# What a worker was measured to take, and their parent; a reload runs twice as many for a while.
WORKER, PARENT, THREADS = 82, 45, 40


def mebibytes(size):
    return int(size[:-1]) * {"m": 1, "g": 1024}[size[-1]]


def room(place, workers, memory, processes):
    """Compares what a server is given, in MiB, with what its workers take."""
    expect(memory >= 2 * WORKER * workers + PARENT, place, f"{memory} MiB are too few for {workers} workers")
    expect(processes >= 2 * THREADS * workers, place, f"{processes} processes are too few for {workers} workers")


def systemd(repository):
    root = repository.root / "deploy/systemd"
    script = (root / "deploy.sh").read_text()
    name = re.search(r"(?m)^home=/srv/(.+)$", script)[1]
    units = {path.name: path.read_text() for path in sorted(root.glob("*.service")) + sorted(root.glob("*.socket"))}
    deployed = {path.relative_to(repository.root): path.read_text() for path in (repository.root / "deploy").rglob("*") if path.is_file()}
    kinds = {"RuntimeDirectory": "run", "StateDirectory": "var/lib"}
    own = {(kinds[kind], folder) for text in units.values() for kind, folder in re.findall(r"(?m)^(RuntimeDirectory|StateDirectory)=([a-z0-9-]+)", text)}
    for place, text in {**deployed, "README.md": repository.readme}.items():
        for folder, found in re.findall(r"/(srv|run|etc|var/lib)/([a-z0-9-]+)/", text):
            known = found == name or (folder, found) in own | FOREIGN_FOLDERS
            expect(known, place, f"/{folder}/{found} is not of {name}")
        # A version, which is written in other letters, may be part of a name before its `@` as well as behind it.
        pattern = rf"\b({re.escape(name)}(?:-[a-z]+)*)(?:-[^a-z\s/*@][^\s/*@]*)?(@?)[^\s/*]*\.service"
        for unit, instance in re.findall(pattern, text):
            expect(f"{unit}{instance}.service" in units, place, f"there is no unit {unit}{instance}.service")
    installed = [word for line in re.findall(r"(?m)^(?:\[ .* \] \|\| )?install (.*)$", repository.readme) for word in line.split()]
    for unit, text in units.items():
        credentials = dict(re.findall(r"(?m)^LoadCredential=(\w+):(\S+)$", text))
        version = re.search(r"(?m)^ExecStart=/srv/[^/]+/releases/(%\w)/", text)
        if version:
            expect(set(credentials) == repository.secrets, unit, f"is given {sorted(credentials)}, the application reads {sorted(repository.secrets)}")
            expect(("APP_SECRETS_DIR=%d" in text) == bool(credentials), unit, "APP_SECRETS_DIR is not where its secrets are")
            for variable in re.findall(r"(?m)^Environment=([A-Z_]+)=", text):
                expect(variable in repository.variables or variable.startswith("PYTHON"), unit, f"sets {variable}, which nothing reads")
            folder = re.search(r"(?m)^WorkingDirectory=(\S+)$", text)
            expect(folder and folder[1] == f"/srv/{name}/releases/{version[1]}", unit, "does not run in the folder of its version")
            others = set(re.findall(r"/releases/(%\w)", text)) - {version[1]}
            expect(not others, unit, f"takes its version from {version[1]} and from {others}")
        for module in re.findall(r"/python -m (\w+)", text):
            expect(f"\n{module}==" in repository.read("requirements.txt"), unit, f"{module} is not installed")
        for file in re.findall(r"/python ([\w/]+\.py)", text):
            expect((repository.root / file).is_file(), unit, f"there is no {file}")
        for path in [*credentials.values(), *re.findall(r"(?m)^EnvironmentFile=(\S+)$", text)]:
            made = [f"{word.rstrip('/')}/{Path(path).name}" for word in installed]
            known = path in made and Path(path).name in " ".join(installed)
            written = path.startswith(f"/srv/{name}/releases/%i/") and f'>"$release/{Path(path).name}"' in script
            expect(known or written, unit, f"neither the README nor deploy.sh makes {path}")
        stop = re.search(r"(?m)^TimeoutStopSec=(\d+)$", text)
        patience = re.search(r"(?:graceful_timeout|GRACEFUL_TIMEOUT) = (\d+)", repository.server)
        if "ExecReload" in text and version and expect(patience, unit, "there is no server that says how long it takes"):
            expect(stop and int(stop[1]) > int(patience[1]), unit, f"is stopped after {stop and stop[1]} s, the server takes {patience[1]}")
        if "ExecReload" in text and version:
            limits = dict(re.findall(r"(?m)^(MemoryMax|TasksMax)=(\d+)M?$", text))
            workers = int(re.search(r"(?m)^WEB_CONCURRENCY=(\d+)$", (root / "app.env").read_text())[1])
            room(unit, workers, int(limits["MemoryMax"]), int(limits["TasksMax"]))
        if "Environment=APP_TASKS_HEARTBEAT=" in text:
            outlasts(repository, unit, stop and stop[1])
            expect("\nType=notify\n" in text and "\nWatchdogSec=" in text, unit, "nothing watches the heartbeat")
    for variable in re.findall(r"(?m)^([A-Z_]+)=", (root / "app.env").read_text()):
        expect(variable in repository.variables or f"^{variable}=" in script, "app.env", f"sets {variable}, which nothing reads")
    copied = re.search(r"(?m)^ *cp -R (.*) \"\$release\"$", script)[1].split()
    for file in copied:
        expect((repository.root / file).exists(), "deploy.sh", f"there is no {file}")
    if bound := re.search(r"/run/\S+/%i/(\S+)", units[f"{name}@.service"]):
        expect(f'"/run/{name}/$id/{bound[1]}"' in script, "deploy.sh", f"does not link {bound[1]}, which the service listens at")
    else:
        ports(repository, units[f"{name}@.service"], script)
    for place, text in deployed.items():
        for path in re.findall(rf"/srv/{re.escape(name)}/current/(\w+\.sock)", text):
            expect(f'"$release/{path}"' in script, place, f"asks {path}, which deploy.sh does not link")
    if (repository.root / "deploy/nginx").is_dir():
        nginx_files(repository, repository.root / "deploy/nginx")
    traefik(repository)
    envoy(repository)
    trusted(repository)
    doors(repository)
    certbot(repository)
    belongings(repository, name, units, deployed)
    points = yaml.safe_load(repository.read("deploy/traefik/static.yaml") or "entryPoints: {}")["entryPoints"]
    sockets = {address for text in units.values() for address in re.findall(r"(?m)^ListenStream=(\S+)$", text)}
    if "/metrics" in repository.routes and expect((repository.root / "deploy/monitoring").is_dir(), "deploy", "nothing watches the metrics"):
        watched(repository, {}, sockets | {point["address"] for point in points.values()})
    if repository.workflow:
        workflow(repository, [])
    return f"{len(units)} units"


def ports(repository, unit, script):
    """Where a path cannot be connected to: the service may bind what deploy.sh chooses from, and deploy.sh asks where the proxy listens."""
    chosen = sorted(map(int, re.findall(r"\bport=(\d+)", script)))
    allowed = re.search(r"(?m)^SocketBindAllow=ipv4:tcp:(\d+)-(\d+)$", unit)
    expect(allowed and list(range(int(allowed[1]), int(allowed[2]) + 1)) == chosen, "deploy.sh", f"chooses from {chosen}, which the service may not bind")
    expect("${PORT}" in unit and 'echo "PORT=' in script, "deploy.sh", "does not tell the service its port")
    points = yaml.safe_load(repository.read("deploy/traefik/static.yaml"))["entryPoints"]
    loopback = points["loopback"]["address"]
    expect(f'"http://{loopback}/$id"' in script, "deploy.sh", f"does not ask {loopback}, where Traefik tells what is in force")
    taken = {int(point["address"].rpartition(":")[2]) for point in points.values()}
    expect(taken.isdisjoint(chosen), "deploy.sh", f"chooses from {chosen}, of which Traefik has some: {sorted(taken)}")
    for part in re.findall(r"(?s)<<END\n(.*?)\nEND\n", script):
        for point in {point for router in yaml.safe_load(part)["http"]["routers"].values() for point in router["entryPoints"]}:
            expect(point in points, "deploy.sh", f"there is no entry point {point}")


def traefik(repository):
    text = repository.read("deploy/traefik/static.yaml")
    if not text:
        return
    static = yaml.safe_load(text)
    dynamic = [yaml.safe_load(path.read_text()) for path in (repository.root / "deploy/traefik").rglob("dynamic/*.yaml")]
    resolvers = set(static.get("certificatesResolvers", {}))
    asked = {point["http"]["tls"].get("certResolver") for point in static["entryPoints"].values() if "tls" in point.get("http", {})}
    for name in resolvers ^ (asked - {None}):
        expect(False, "deploy/traefik", f"the resolver {name} is {'not asked' if name in resolvers else 'not there'}")
    middlewares = {name for part in dynamic for name in part.get("http", {}).get("middlewares", {})}
    for point in static["entryPoints"].values():
        for name in point.get("http", {}).get("middlewares", []):
            expect(name.removesuffix("@file") in middlewares, "deploy/traefik", f"there is no middleware {name}")


def envoy(repository):
    text = repository.read("deploy/envoy/envoy.yaml")
    if not text:
        return
    resources = yaml.safe_load(text)["static_resources"]
    clusters = {cluster["name"] for cluster in resources["clusters"]}
    routes = [one["route"] for one in every(resources, "routes") for one in one if "route" in one]
    asked = {route["cluster"] for route in routes if "cluster" in route}
    asked |= {one["name"] for route in routes for one in route.get("weighted_clusters", {}).get("clusters", [])}
    for name in asked ^ clusters:
        expect(False, "envoy.yaml", f"the cluster {name} is {'not there' if name in asked else 'not asked'}")


def every(document, key):
    """Yields each value that stands under a key, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == key:
                yield value
            yield from every(value, key)
    elif isinstance(document, list):
        for value in document:
            yield from every(value, key)


def trusted(repository):
    """Where TLS ends in front: whom the proxy answers is whom it believes, and whom the README names."""
    told = set(re.findall(r"from addresses in `([^`]+)`", repository.readme))
    said = {}
    if tls := repository.read("deploy/nginx/tls.conf"):
        said["nginx/tls.conf, geo"] = set(re.findall(r"(?m)^    (\S+) 0;$", tls)) - {"127.0.0.1/32"}
        said["nginx/tls.conf, set_real_ip_from"] = set(re.findall(r"(?m)^set_real_ip_from (\S+);$", tls))
    if static := repository.read("deploy/traefik/static.yaml"):
        said["traefik/static.yaml"] = {one for ones in every(yaml.safe_load(static), "trustedIPs") for one in ones}
        tls = yaml.safe_load(repository.read("deploy/traefik/dynamic/tls.yaml"))
        said["traefik/dynamic/tls.yaml"] = {one for ones in every(tls, "sourceRange") for one in ones}
    if text := repository.read("deploy/envoy/envoy.yaml"):
        ranges = [one for ones in every(yaml.safe_load(text), "source_prefix_ranges") for one in ones]
        said["envoy/envoy.yaml"] = {f"{one['address_prefix']}/{one['prefix_len']}" for one in ranges}
    for place, networks in said.items():
        expect(networks == told, f"deploy/{place}", f"trusts {sorted(networks)}, the README says {sorted(told)}")


def doors(repository):
    """The ports at which the proxy of a machine can be reached from elsewhere are those that the README names."""
    deploy = repository.readme.partition("\n## Deploy\n")[2].partition("\n```sh\n")[0]
    told = {port for words in re.findall(r"\bports? (\d+(?: and \d+)?)", deploy) for port in words.split(" and ")}
    nginx = "".join(path.read_text() for path in (repository.root / "deploy/nginx").glob("*.conf"))
    open_ports = set(re.findall(r"(?m)^    listen (?:\[::\]:)?(\d+)", nginx))
    if static := repository.read("deploy/traefik/static.yaml"):
        addresses = [point["address"].rpartition(":") for point in yaml.safe_load(static)["entryPoints"].values()]
        open_ports |= {port for host, _, port in addresses if not host.startswith("127.")}
    if text := repository.read("deploy/envoy/envoy.yaml"):
        listeners = yaml.safe_load(text)["static_resources"]["listeners"]
        open_ports |= {str(listener["address"]["socket_address"]["port_value"]) for listener in listeners}
    expect(open_ports == told, "README.md", f"names the ports {sorted(told)}, the proxy listens at {sorted(open_ports)}")


def certbot(repository):
    """nginx serves the proof where certbot puts it, and takes the certificate from where certbot keeps it."""
    command = re.search(r"(?s)\ncertbot certonly (.*?[^\\])\n", repository.readme)
    nginx = "".join(path.read_text() for path in (repository.root / "deploy/nginx").glob("*.conf"))
    options = dict(re.findall(r"--(domain|webroot-path) (\S+)", command[1])) if command else {}
    served = set(re.findall(r"\broot (\S+);", nginx))
    expect(served == {options["webroot-path"]} if command else not served, "README.md", f"certbot does not put its proof into {served}")
    kept = set(re.findall(r"/etc/letsencrypt/live/([^/]+)/", nginx))
    expect(kept == {options["domain"]} if command else not kept, "README.md", f"certbot keeps no certificate for {kept}")
    for folder in served:
        expect(f"install -d {folder}\n" in repository.readme, "README.md", f"does not make {folder}")


def belongings(repository, name, units, deployed):
    """What the README makes on a machine for the service, files and groups, is what something there uses."""
    made = set()
    for line in re.findall(rf"(?m)^(?:\[ .* \] \|\| )?(install (?!-d).* /etc/{re.escape(name)}/.*)$", repository.readme):
        _, *files, folder = re.sub(r" -[mg] \S+", "", line).split()
        made |= {folder + Path(file).name for file in files}
    used = {path for text in deployed.values() for path in re.findall(rf"/etc/{re.escape(name)}/[\w./-]*\w", text)}
    folders = {str(Path(path).parent) for path in made}
    own = {path for text in deployed.values() for path in re.findall(r"(?m)^touch (\S+)", text)}
    for path in used - folders - made - own:
        expect(False, "README.md", f"does not make {path}")
    for path in made - used:
        expect(False, "README.md", f"makes {path}, which nothing uses")
    groups = {group for text in units.values() for group in re.findall(r"(?m)^SupplementaryGroups=(.+)$", text)}
    for group in groups ^ set(re.findall(r"(?m)^groupadd .* (\S+)$", repository.readme)):
        expect(False, "README.md", f"the group {group} is {'not made' if group in groups else 'made for nobody'}")


# ---- Everything


def drains(repository):
    """A proxy closes idle connections before a worker that is replaced does; Envoy counts the requests in flight under the name asked for."""
    drain = int(re.search(r"(?m)^#APP_SHUTDOWN_DRAIN=(\d+)$", repository.read(".env.example"))[1])
    for path, pattern in IDLE.items():
        found = re.findall(pattern, repository.read(path))
        expect(found or not repository.read(path), path, "does not say how long it keeps idle connections to the application")
        for seconds in found:
            expect(int(seconds) < drain, path, f"keeps idle connections for {seconds} s, a worker that is replaced for {drain} s")
    counted = re.findall(r"stat_prefix: (\w+)", repository.read("deploy/envoy/envoy.yaml"))
    for script in ("run.sh", "drain.sh"):
        for asked in re.findall(r"\^http\\\.(\w+)\\\.", repository.read(f"deploy/envoy/{script}")):
            expect(asked in counted, f"deploy/envoy/{script}", f"asks about {asked}, which Envoy does not count")
    envoy_ends(repository)


def envoy_ends(repository):
    """A stop waits until Envoy accepts nothing more, then for as long as a request may take; whoever kills it waits longer."""
    script = repository.read("deploy/envoy/run.sh") + repository.read("deploy/envoy/drain.sh")
    if not script:
        return
    units = "".join(path.read_text() for path in sorted(repository.root.glob("deploy/systemd/*-proxy.service")))
    drain = int(re.search(r"--drain-time-s (\d+)", script + units)[1])
    accepts = int(re.search(r"(?m)^ *sleep (\d+)$", script)[1])
    waits = int(re.search(r"(?:\{1\.\.|-ge )(\d+)", script)[1])
    longest = max(int(one) for one in re.findall(r"(?:request_timeout|stream_idle_timeout): (\d+)s", repository.read("deploy/envoy/envoy.yaml")))
    compose = yaml.safe_load(repository.read("deploy/compose/compose.yaml") or "services: {}")["services"].get("proxy")
    stop = re.search(r"(?m)^TimeoutStopSec=(\d+)$", units)
    killed = int(stop[1] if stop else compose["stop_grace_period"].removesuffix("s"))
    expect(accepts >= drain, "deploy/envoy", f"goes on after {accepts} s, and accepts for {drain} s")
    expect(accepts + waits >= longest, "deploy/envoy", f"waits {accepts + waits} s, a request may take {longest} s")
    expect(killed > accepts + waits, "deploy/envoy", f"waits {accepts + waits} s, and is killed after {killed} s")


# How each proxy says for how many seconds it waits for an answer.
WAITS = {
    "deploy/nginx/proxy.conf": r"proxy_read_timeout (\d+)s;",
    "deploy/traefik/dynamic/services.yaml": r"responseHeaderTimeout: (\d+)s",
    "deploy/envoy/envoy.yaml": r"stream_idle_timeout: (\d+)s",
    "deploy/kubernetes/base/gateway/policies.yaml": r"(?:requestTimeout|read): (\d+)s",
    "deploy/kubernetes/base/gateway/connections.yaml": r"responseHeaderTimeout: (\d+)s",
}


def deadlines(repository):
    """Each step of a request gives up before the one that waits for it, so that whoever knows the reason tells it."""
    server = re.search(r"(?:graceful_timeout|GRACEFUL_TIMEOUT) = (\d+)", repository.server)
    request = re.search(r"(?m)^    timeout: Annotated\[float, Field\(ge=(\d+)\)\] = (\d+)$", repository.python)
    proxies = [(path, int(seconds)) for path, pattern in WAITS.items() for seconds in re.findall(pattern, repository.read(path))]
    if not request:
        # Without a database nothing in the application waits.
        expect("class RequestSettings" not in repository.python, "settings.py", "does not say how long a request may take")
        return
    least, usual = map(int, request.groups())
    for path, seconds in proxies:
        expect(seconds > usual, path, f"waits {seconds} s for an answer, a request may take {usual} s")
    delay, drain = (int(value) for value in re.findall(r"(?m)^    (?:delay|drain): .* = (\d+)$", repository.python))
    expect(int(server[1]) >= delay + drain + usual, "the server", f"is stopped after {server[1]} s, with requests of {usual} s")
    # As settings.py derives them, for the usual request and for the shortest that may be set.
    source = re.search(r"(?ms)^class RequestSettings.*?(?=^class |\Z)", repository.read_one("settings.py"))[0]
    properties = re.findall(r"def (\w+)\(self\) -> float:\n(?: {8}\"{3}[^\n]*\n)? {8}return ([^\n]+)", source)
    for timeout in (least, usual):
        values = {"timeout": float(timeout)}
        for name, expression in properties:
            values[name] = eval(re.sub(r"self\.(\w+)", r"\1", expression), {}, values)  # noqa: S307
        order = [values[name] for name in ("timeout", "work", "statement", "wait")]
        expect(order == sorted(set(order), reverse=True) and order[-1] > 0, "settings.py", f"deadlines are out of order: {values}")


def paths(repository):
    """What README and workflow name as a file is one."""
    text = repository.readme + repository.workflow
    bases = [repository.root, repository.root / "src"]
    bases += [repository.root / "deploy" / name for name in ("compose", "kubernetes", "nginx", "systemd")]
    bases += [path for path in (repository.root / "src").glob("**/") if path.name != "__pycache__"]
    pattern = r"(?:`|\s|/)((?:deploy|base|overlays|migrations|tests|\.github|src)/[\w./-]*\w|[\w-]+\.(?:py|sh|conf))(?=[`\s,;:)/])"
    for name in set(re.findall(pattern, text)) - FOREIGN:
        expect(any((base / name).exists() for base in bases), "README.md or ci.yml", f"there is no {name}")


main(*sys.argv[1:])

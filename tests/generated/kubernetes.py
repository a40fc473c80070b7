#!/usr/bin/env python3
"""Judges what a repository applies to a cluster, without one.

    kubernetes.py REPOSITORY SCHEMAS    SCHEMAS holds JSON Schemas of custom resources, GROUP/KIND_VERSION.json

Every overlay of deploy/kubernetes is built by kustomize; what comes out, and the namespaces beside it, is judged by
kubernetes-validate (strict), by the schemas, by some of the rules that schemas do not hold, by checkov and, where it is
installed, by promtool. Ends with 1 if anything is found. Needs kubectl or kustomize, and the Python packages
kubernetes-validate, jsonschema and PyYAML; checkov is looked for beside the running Python and on PATH.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator

# The oldest version that the README names, and the newest that is known.
VERSIONS = ("1.30", "1.37")
SKIP = re.compile(r"checkov\.io/skip\d*")


def main(repository, schemas):
    findings = []
    root = Path(repository) / "deploy/kubernetes"
    overlays = sorted(path.parent for path in root.glob("overlays/*/kustomization.yaml"))
    if not overlays:
        sys.exit(f"{root} has no overlays")
    built = {overlay.name: build(overlay, findings) for overlay in overlays}
    report("kustomize build", f"{len(built)} overlays", findings, 0)
    if findings:
        sys.exit(1)
    for overlay in overlays:
        beside = [yaml.safe_load(path.read_text()) for path in overlay.glob("namespace.yaml")]
        built[overlay.name] = beside + built[overlay.name]
    judge("kubernetes-validate --strict", strict, built, findings, schemas)
    if Path(schemas).is_dir():
        judge("schemas of custom resources", custom, built, findings, schemas)
    else:
        print(f"LEFT OUT  schemas of custom resources: there is no folder {schemas}; GATE_SCHEMAS names it")
    judge("rules beyond schemas", rules, built, findings, schemas)
    with tempfile.TemporaryDirectory() as folder:
        for name, documents in built.items():
            (Path(folder) / f"{name}.yaml").write_text(yaml.safe_dump_all(documents))
        before = len(findings)
        report("checkov", checkov(Path(folder), built, findings), findings, before)
        before = len(findings)
        report("promtool check rules", promtool(Path(folder), built, findings), findings, before)
    judge("gateway", gateway, {name: [{"kind": "Overlay", "metadata": {"name": name}}] for name in built}, findings, built)
    before = len(findings)
    report("shutdown", shutdown(Path(repository), built, findings), findings, before)
    sys.exit(bool(findings))


def report(label, count, findings, before):
    found = findings[before:]
    print(f"{'FAIL' if found else 'ok  '}  {label:<32} {count}")
    for finding in found:
        print(f"      {finding}")
    sys.stdout.flush()


def judge(label, check, built, findings, schemas):
    before = len(findings)
    count = 0
    for overlay, documents in built.items():
        for document in documents:
            for finding in check(document, documents, schemas):
                if finding is None:
                    count += 1
                else:
                    findings.append(f"{overlay}: {document['kind']} {document['metadata']['name']}: {finding}")
    report(label, f"{count} checked", findings, before)


def build(overlay, findings):
    tool = ["kubectl", "kustomize"] if shutil.which("kubectl") else ["kustomize", "build"]
    done = subprocess.run([*tool, str(overlay)], capture_output=True, text=True)
    # A warning is a finding, too: kustomize names what it will not take much longer.
    if done.returncode or done.stderr:
        findings.append(f"{overlay.name}: {done.stderr.strip()}")
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def is_custom(document):
    group = document["apiVersion"].rpartition("/")[0]
    return "." in group and not group.endswith(".k8s.io") or group == "gateway.networking.k8s.io"


def strict(document, documents, schemas):
    """Yields None for each version the document was checked for, and findings."""
    if is_custom(document):
        return
    for version in VERSIONS:
        try:
            kubernetes_validate.validate(document, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            yield f"{version}: {'.'.join(map(str, error.path))}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError as error:
            yield f"{version}: {error}"
        yield None


def custom(document, documents, schemas):
    if not is_custom(document):
        return
    group, _, version = document["apiVersion"].rpartition("/")
    path = Path(schemas) / group / f"{document['kind'].lower()}_{version}.json"
    if not path.is_file():
        yield "no schema: this kind or version is not served"
        return
    for error in Draft202012Validator(json.loads(path.read_text())).iter_errors(document):
        yield f"{error.json_path}: {error.message[:200]}"
    yield None


# Where policies may be attached; the API server asks for it by CEL, which a schema does not hold.
TARGETS = {
    "ClientSettingsPolicy": {"Gateway", "HTTPRoute", "GRPCRoute"},
    "ProxySettingsPolicy": {"Gateway", "HTTPRoute", "GRPCRoute"},
    "RateLimitPolicy": {"Gateway", "HTTPRoute", "GRPCRoute"},
    "SnippetsPolicy": {"Gateway"},
    "UpstreamSettingsPolicy": {"Service"},
    "ClientTrafficPolicy": {"Gateway", "ListenerSet"},
    "BackendTrafficPolicy": {"Gateway", "HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"},
}
TLS_OPTIONS = {"nginx.org/ssl-protocols", "nginx.org/ssl-ciphers", "nginx.org/ssl-prefer-server-ciphers"}


def rules(document, documents, schemas):
    kind, spec = document["kind"], document.get("spec", {})
    name = document["metadata"]["name"]
    limit = 63 if kind in {"Service", "Namespace", "Job"} else 253
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name) or len(name) > limit:
        yield f"the name is not one of RFC 1123, or longer than {limit}"
    for key, value in document["metadata"].get("labels", {}).items():
        if not re.fullmatch(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?", str(value)):
            yield f"label {key}: `{value}` is no label value"
    if kind != "Namespace" and "namespace" not in document["metadata"]:
        yield "it has no namespace"
    if kind in TARGETS:
        targets = spec.get("targetRefs") or [spec["targetRef"]]
        for target in targets:
            if target["kind"] not in TARGETS[kind]:
                yield f"cannot be attached to {target['kind']}"
            expected = "core" if target["kind"] == "Service" else "gateway.networking.k8s.io"
            if target["group"] != expected:
                yield f"the group of its target is `{target['group']}`, not `{expected}`"
        if len({target["kind"] == "Gateway" for target in targets}) > 1:
            yield "Gateways and routes are mixed in its targets"
    if kind == "HTTPRoute":
        for rule in spec["rules"]:
            types = [entry["type"] for entry in rule.get("filters", [])]
            if len(set(types) - {"ExtensionRef"}) < len([one for one in types if one != "ExtensionRef"]):
                yield f"a filter stands twice: {types}"
            if "RequestRedirect" in types and rule.get("backendRefs"):
                yield "a rule redirects and has a backend"
            if not rule.get("backendRefs") and not {"RequestRedirect", "ExtensionRef"} & set(types):
                yield "a rule without a backend and an answer of its own is answered 500"
    if kind == "Gateway":
        names = [listener["name"] for listener in spec["listeners"]]
        if len(set(names)) < len(names):
            yield f"listeners have the same name: {names}"
        for listener in spec["listeners"]:
            unknown = set(listener.get("tls", {}).get("options", {})) - TLS_OPTIONS
            if unknown:
                yield f"listener {listener['name']}: unknown options {sorted(unknown)}"
    if kind == "TLSOption" and spec.get("minVersion") != "VersionTLS12":
        yield "the least version of TLS is not VersionTLS12"
    if kind == "BackendTrafficPolicy" and "requestBuffer" in spec and spec.get("httpUpgrade"):
        yield "requestBuffer and httpUpgrade exclude each other"
    if kind == "HorizontalPodAutoscaler":
        if spec["minReplicas"] > spec["maxReplicas"]:
            yield "minReplicas is more than maxReplicas"
        for other in documents:
            scaled = spec["scaleTargetRef"]["name"] == other["metadata"]["name"]
            if other["kind"] == "Deployment" and scaled and "replicas" in other["spec"]:
                yield "the Deployment states replicas as well"
    if kind == "Namespace" and document["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
        yield "restricted Pod Security is not enforced"
    if kind in {"Deployment", "Job"}:
        yield from restricted(spec["template"]["spec"])
        for container in spec["template"]["spec"]["containers"]:
            if not re.fullmatch(r"[^@]+@sha256:[0-9a-f]{64}", container["image"]):
                yield f"container {container['name']}: the image is not named by its digest"
    yield None


def restricted(pod):
    """https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    context = pod.get("securityContext", {})
    if context.get("runAsNonRoot") is not True or not context.get("runAsUser"):
        yield "runs as root, or does not say as whom"
    if context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "no seccomp profile"
    if any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")):
        yield "uses a namespace of the host"
    allowed = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
    for volume in pod.get("volumes", []):
        if not set(volume) - {"name"} <= allowed:
            yield f"volume {volume['name']} is of a kind that is not allowed"
    for container in pod["containers"] + pod.get("initContainers", []):
        own = container.get("securityContext", {})
        if own.get("allowPrivilegeEscalation") is not False:
            yield f"container {container['name']}: may get more rights"
        if own.get("capabilities", {}).get("drop") != ["ALL"] or own["capabilities"].get("add"):
            yield f"container {container['name']}: has capabilities"


REFUSED = "429"
HEADERS = {
    "Strict-Transport-Security", "Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy",
    "Permissions-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
}


def gateway(overlay, _, built):
    """Yields what the way in of an overlay leaves out of what a proxy has to do."""
    documents = built[overlay["metadata"]["name"]]

    def every(kind):
        return [one["spec"] for one in documents if one["kind"] == kind]

    doors = {one["gatewayClassName"]: one["listeners"] for one in every("Gateway")}
    encrypted = [one for listeners in doors.values() for one in listeners if one["protocol"] == "HTTPS"]
    redirects = [
        entry["requestRedirect"] for one in every("HTTPRoute") for rule in one["rules"] for entry in rule.get("filters", [])
        if entry["type"] == "RequestRedirect"
    ]
    if doors:
        wanted = [{"scheme": "https", "statusCode": 308}] if encrypted else []
        yield None if redirects == wanted else f"redirects {redirects}, not {wanted}"
    if "nginx" in doors:
        yield from nginx(every, encrypted)
    if "envoy" in doors:
        yield from envoy(every, encrypted)
    if every("IngressRoute"):
        yield from traefik(every)


def nginx(every, encrypted):
    for one in encrypted:
        yield None if one["tls"]["options"].get("nginx.org/ssl-protocols") == "TLSv1.2 TLSv1.3" else "TLS is not 1.2 and 1.3"
    (proxy,) = every("NginxProxy")
    yield from client(encrypted, proxy.get("rewriteClientIP", {}).get("trustedAddresses"))
    (limit,) = every("RateLimitPolicy")
    rules = limit["rateLimit"]["local"]["rules"]
    yield None if [one["key"] for one in rules] == ["$binary_remote_addr"] else "no limit of the rate of one client"
    yield None if limit["rateLimit"].get("rejectCode") == int(REFUSED) else "a limited client is not told 429"
    (settings,) = every("ClientSettingsPolicy")
    yield None if {"maxSize", "timeout"} <= set(settings["body"]) else "no limit for bodies"
    (timeouts,) = every("ProxySettingsPolicy")
    yield None if {"connect", "read", "send"} <= set(timeouts["timeout"]) else "no timeouts"
    (snippets,) = every("SnippetsPolicy")
    text = "".join(one["value"] for one in snippets["snippets"])
    yield None if "gzip on;" in text else "no compression"
    yield None if "limit_conn connections_per_client" in text else "no limit of the requests at a time"
    for one in every("HTTPRoute"):
        for rule in one["rules"]:
            # The balancer's checks alone need no headers.
            if rule.get("backendRefs") and rule["matches"] != [{"path": {"type": "Exact", "value": "/health"}}]:
                found = set(headers("responseHeaderModifier", rule))
                yield None if found == HEADERS else f"other headers: {sorted(found ^ HEADERS)}"
                if rule.get("name") == "api":
                    yield from forwarded(encrypted, rule)


def envoy(every, encrypted):
    (policy,) = every("ClientTrafficPolicy")
    wanted = "1.2" if encrypted else None
    yield None if policy.get("tls", {}).get("minVersion") == wanted else f"the least version of TLS is not {wanted}"
    yield from client(encrypted, policy.get("clientIPDetection", {}).get("xForwardedFor", {}).get("trustedCIDRs"))
    # An id of a client is kept where Envoy does not see the client itself; where it does, nobody speaks for another.
    removed = policy["headers"].get("earlyRequestHeaders", {}).get("remove", [])
    yield None if removed == (["X-Forwarded-For"] if encrypted else ["X-Request-Id"]) else f"removes {removed} from requests"
    found = {one["name"] for one in policy["headers"]["lateResponseHeaders"]["set"]}
    yield None if found == HEADERS else f"other headers: {sorted(found ^ HEADERS)}"
    yield None if {"requestHeadersReceivedTimeout", "requestReceivedTimeout"} <= set(policy["timeout"]["http"]) else "no timeouts"
    for one in every("HTTPRoute"):
        for rule in one["rules"]:
            if rule.get("name") == "api":
                yield from forwarded(encrypted, rule)
    (policy,) = every("BackendTrafficPolicy")
    rules = policy["rateLimit"]["local"]["rules"]
    each = [select["sourceCIDR"] for one in rules for select in one["clientSelectors"]]
    wanted = [{"type": "Distinct", "value": value} for value in ("0.0.0.0/0", "::/0")]
    yield None if each == wanted else "no limit of the rate of one client"
    yield None if policy.get("requestBuffer", {}).get("limit") == "1Mi" else "no limit for bodies"
    yield None if {"Brotli", "Gzip"} <= {one["type"] for one in policy["compressor"]} else "no compression"
    yield None if {"http", "tcp"} <= set(policy["timeout"]) else "no timeouts"


def traefik(every):
    middlewares = {kind: value for one in every("Middleware") for kind, value in one.items()}
    encrypted = [one for one in every("IngressRoute") if "tls" in one]
    yield None if bool(encrypted) == ("redirectScheme" in middlewares) else "plain HTTP is not redirected as it should be"
    yield None if bool(encrypted) == bool(every("TLSOption")) else "TLSOption without TLS, or TLS without"
    for one in every("IngressRoute"):
        for rule in one["routes"]:
            if "Host(" not in rule["match"]:
                yield None if rule.get("priority") == 1 else f"`{rule['match']}` may be somebody else's"
    points = sorted(point for one in every("IngressRoute") for point in one["entryPoints"])
    yield None if points == (["web", "websecure"] if encrypted else ["web"]) else f"comes in at {points}"
    for kind in ("rateLimit", "inFlightReq"):
        strategy = middlewares[kind]["sourceCriterion"]["ipStrategy"]
        yield None if strategy.get("depth") == (None if encrypted else 1) else f"{kind} counts by {strategy}"
    yield None if middlewares["buffering"]["maxRequestBodyBytes"] == 1048576 else "no limit for bodies"
    yield None if "gzip" in middlewares["compress"]["encodings"] else "no compression"
    wanted = {"stsSeconds", "contentSecurityPolicy", "contentTypeNosniff", "frameDeny", "referrerPolicy", "permissionsPolicy"}
    yield None if wanted <= set(middlewares["headers"]) else "headers are missing"
    (transport,) = every("ServersTransport")
    yield None if {"dialTimeout", "responseHeaderTimeout"} <= set(transport["forwardingTimeouts"]) else "no timeouts"


def client(encrypted, trusted):
    """Behind a balancer the client is who it says; otherwise nobody is believed."""
    yield None if bool(trusted) != bool(encrypted) else f"believes {trusted} of clients"


def forwarded(encrypted, rule):
    """What comes from a balancer came to it by TLS, which nobody but the gateway can tell the application."""
    sent, wanted = headers("requestHeaderModifier", rule), {} if encrypted else {"X-Forwarded-Proto": "https"}
    yield None if sent == wanted else f"sets {sent} on requests, not {wanted}"


def headers(modifier, rule):
    lists = (entry.get(modifier, {}).get("set", []) for entry in rule.get("filters", []))
    return {one["name"]: one["value"] for entries in lists for one in entries}


def find(tool):
    beside = Path(sys.executable).parent / tool
    return str(beside) if beside.exists() else shutil.which(tool)


def checkov(folder, built, findings):
    tool = find("checkov")
    if not tool:
        findings.append("checkov is not installed")
        return "missing"
    command = [tool, "--directory", folder, "--framework", "kubernetes", "--skip-download", "--compact", "--output", "json"]
    environment = os.environ | {"LOG_LEVEL": "CRITICAL"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    try:
        result = json.loads(done.stdout)
    except ValueError:
        findings.append(f"checkov said no JSON: {(done.stdout + done.stderr)[-500:]}")
        return "broken"
    results = result[0] if isinstance(result, list) else result
    for check in results["results"]["failed_checks"]:
        findings.append(f"{check['check_id']} {check['resource']}: {check['check_name']}")
    # A skip stands as an annotation, with its reason.
    for overlay, documents in built.items():
        for document in documents:
            for key, value in (document["metadata"].get("annotations") or {}).items():
                if SKIP.fullmatch(key) and not re.fullmatch(r"CKV2?_K8S_\d+=.{10,}", value):
                    findings.append(f"{overlay}: {document['metadata']['name']}: {key} gives no reason")
    summary = results["summary"]
    return f"{summary['passed']} passed, {summary['failed']} failed, {summary['skipped']} skipped"


def promtool(folder, built, findings):
    groups = {}
    for overlay, documents in built.items():
        for document in documents:
            if document["kind"] == "PrometheusRule":
                groups[overlay] = document["spec"]
    if not groups:
        return "no rules"
    tool = find("promtool") or os.environ.get("PROMTOOL")
    if not tool:
        return "not installed, left out"
    count = 0
    for overlay, spec in groups.items():
        path = folder / f"{overlay}.rules"
        path.write_text(yaml.safe_dump(spec))
        done = subprocess.run([tool, "check", "rules", path], capture_output=True, text=True)
        if done.returncode:
            findings.append(f"{overlay}: {done.stdout}{done.stderr}")
        count += sum(len(group["rules"]) for group in spec["groups"])
    return f"{count} rules"


def shutdown(repository, built, findings):
    """Checks that whoever waits for the server is more patient than the server."""
    text = (repository / "gunicorn.conf.py").read_text() if (repository / "gunicorn.conf.py").exists() else ""
    number = re.search(r"(?m)^graceful_timeout = (\d+)$", text)
    graceful = int(number[1]) if number else 0
    for overlay, documents in built.items():
        settings = next(one["data"] for one in documents if one["kind"] == "ConfigMap" and "WEB_CONCURRENCY" in one["data"])
        delay = float(settings.get("APP_SHUTDOWN_DELAY", 0))
        drain = float(settings.get("APP_SHUTDOWN_DRAIN", 10))
        pods = {
            one["metadata"]["labels"]["app.kubernetes.io/component"]: one["spec"]["template"]["spec"]
            for one in documents
            if one["kind"] == "Deployment"
        }
        if "worker" in pods:
            limit = re.search(r"(?m)^#APP_TASKS_TIME_LIMIT=(\d+)$", (repository / ".env.example").read_text())
            if int(limit[1]) + 5 >= pods["worker"]["terminationGracePeriodSeconds"]:
                findings.append(f"{overlay}: workers are killed before a task has reached its limit of {limit[1]} s")
        pod = pods["api"]
        container = pod["containers"][0]
        sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        if sleep + graceful >= pod["terminationGracePeriodSeconds"]:
            findings.append(f"{overlay}: preStop {sleep} + graceful {graceful} is not less than the grace period")
        if graceful and delay + drain >= graceful:
            findings.append(f"{overlay}: delay {delay} + drain {drain} leaves nothing of graceful {graceful}")
        ready = container["readinessProbe"]
        if ready["timeoutSeconds"] <= float(settings.get("APP_READY_TIMEOUT", 2)):
            findings.append(f"{overlay}: the readiness probe is less patient than APP_READY_TIMEOUT")
        if sleep < ready["periodSeconds"]:
            findings.append(f"{overlay}: preStop is shorter than the period of the readiness probe")
        paths = {probe: container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}
        if list(paths.values()) != ["/health", "/health", "/ready"]:
            findings.append(f"{overlay}: probes ask {paths}")
        # A worker that leaves tells its clients so for as long as its drain, and closes what was idle for all of it.
        for idle in idle_timeouts(documents):
            if idle >= drain:
                findings.append(f"{overlay}: the gateway keeps idle connections for {idle} s, a worker that leaves for {drain} s")
    return f"grace, drain, probes, idle connections in {len(built)} overlays"


def idle_timeouts(documents):
    """Yields for how many seconds the gateway keeps idle connections to the pods."""
    found = []
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] == "UpstreamSettingsPolicy":
            found.append(spec["keepAlive"]["timeout"])
        elif document["kind"] == "ServersTransport":
            found.append(spec["forwardingTimeouts"]["idleConnTimeout"])
        elif document["kind"] == "BackendTrafficPolicy":
            found.append(spec["timeout"]["http"]["connectionIdleTimeout"])
    gateway = any(document["kind"] in {"Gateway", "IngressRoute"} for document in documents)
    assert found or not gateway, "no gateway states how long it keeps idle connections"
    return [int(re.fullmatch(r"(\d+)s", one)[1]) for one in found]


main(*sys.argv[1:])

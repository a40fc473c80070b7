#!/usr/bin/env python3
"""Checks what Prometheus is told: its configuration, and that each alert fires when it should and at no other time.

    monitoring.py REPOSITORY

Reads `deploy/monitoring` or the PrometheusRule of `deploy/kubernetes/base`, and feeds the rules with series by
`promtool test rules`. Prints what promtool finds and ends with 1 then. Needs promtool and PyYAML.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import yaml


def main(repository):
    root = Path(repository)
    config = root / "deploy/monitoring/prometheus.yaml"
    clustered = root / "deploy/kubernetes/base/monitoring.yaml"
    if config.is_file():
        promtool("check", "config", config)
        rules = yaml.safe_load((config.parent / "alerts.yaml").read_text())
        labels, where = {}, ""
    elif clustered.is_file():
        documents = yaml.safe_load_all(clustered.read_text())
        [rules] = [document["spec"] for document in documents if document["kind"] == "PrometheusRule"]
        labels, where = {"namespace": "shop"}, " in shop"
    else:
        print(f"{repository}: nothing is monitored")
        return
    name = rules["groups"][0]["name"]
    alerts = {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "rules.yaml").write_text(yaml.safe_dump(rules))
        cases = tests({**labels, "job": name}, where, name, alerts)
        given = {"rule_files": ["rules.yaml"], "evaluation_interval": "30s", "tests": cases}
        (Path(folder) / "tests.yaml").write_text(yaml.safe_dump(given))
        promtool("check", "rules", Path(folder) / "rules.yaml")
        promtool("test", "rules", Path(folder) / "tests.yaml")
    covered = {test["alertname"] for case in cases for test in case["alert_rule_test"] if test["exp_alerts"]}
    if alerts != covered:
        sys.exit(f"{repository}: no test lets {sorted(alerts ^ covered)} fire")
    print(f"{repository}: {len(alerts)} alerts, {len(cases)} tests")


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"promtool {' '.join(map(str, arguments[:2]))}:\n{done.stdout}{done.stderr}")


def series(name, values, **labels):
    return {"series": name + "{" + ", ".join(f'{key}="{value}"' for key, value in labels.items()) + "}", "values": values}


def case(title, given, *expected):
    return {"name": title, "interval": "30s", "input_series": given, "alert_rule_test": list(expected)}


def fires(alert, after, severity, summary, description, **labels):
    alerts = [{"exp_labels": {"severity": severity, **labels},
               "exp_annotations": {"summary": summary, "description": description}}]
    return {"alertname": alert, "eval_time": after, "exp_alerts": alerts}


def silent(alert, after):
    return {"alertname": alert, "eval_time": after, "exp_alerts": []}


def tests(labels, where, name, alerts):
    def answers(good, bad, route="/items"):
        return [
            series("http_requests_total", f"0+{good}x120", route=route, status="200", **labels),
            series("http_requests_total", f"0+{bad}x120", route=route, status="503", **labels),
        ]

    def durations(route, quick, slow):
        return [
            series("http_request_duration_seconds_bucket", f"0+{quick}x120", route=route, le="1.0", **labels),
            series("http_request_duration_seconds_bucket", f"0+{quick + slow}x120", route=route, le="2.5", **labels),
            series("http_request_duration_seconds_bucket", f"0+{quick + slow}x120", route=route, le="+Inf", **labels),
        ]

    summary = "More than one request in a hundred fails"
    errors = fires("Errors", "12m", "critical", summary, f"2% of the answers{where} are 5xx.", **labels)
    summary = "One request in a hundred takes longer than a second"
    slow = fires("SlowRequests", "20m", "warning", summary, f"The 99th percentile{where} is 2.47s.", **labels)
    common = [
        case("two of a hundred fail", answers(98, 2), silent("Errors", "4m"), errors),
        case("one of two hundred fails", answers(199, 1), silent("Errors", "30m")),
        case("what machines ask fails", answers(50, 50, "/ready") + answers(100, 0), silent("Errors", "30m")),
        case("half is slow", durations("/items", 50, 50), silent("SlowRequests", "8m"), slow),
        case("what machines ask is slow", durations("/ready", 50, 50), silent("SlowRequests", "30m")),
        case("one of two hundred is slow", durations("/items", 199, 1), silent("SlowRequests", "30m")),
    ]
    away = series("resource_up", "0x40", resource="broker", **labels)
    words = ("warning", "A resource does not answer the application", f"What needs broker{where} is answered 503.")
    common += [
        case("a resource is away", [away], silent("ResourceAway", "4m"), fires("ResourceAway", "8m", *words, resource="broker", **labels)),
        case("a resource answers", [series("resource_up", "1x40", resource="broker", **labels)], silent("ResourceAway", "15m")),
    ]
    return common + (in_a_cluster(name, alerts) if where else on_a_host(labels))


def on_a_host(labels):
    words = ("critical", "Nothing answers Prometheus", "Either the application does not run, or it does not answer.")
    nothing = fires("NothingServes", "5m", *words, **labels)
    return [
        case("one of two answers", [series("up", "1x40", instance="1", **labels), series("up", "0x40", instance="2", **labels)],
             silent("NothingServes", "15m")),
        case("none answers", [series("up", "0x40", instance="1", **labels)], silent("NothingServes", "1m"), nothing),
        case("none is there", [series("up", "1x40", job="another")], nothing),
    ]


def in_a_cluster(name, alerts):
    autoscaler = {"namespace": "shop", "horizontalpodautoscaler": name}
    most = series("kube_horizontalpodautoscaler_spec_max_replicas", "10x120", **autoscaler)
    full = fires("NoMoreReplicas", "20m", "warning", "The autoscaler has no replica left to add",
                 "10 replicas have run in shop for a quarter of an hour.", **autoscaler)
    container = {"namespace": "shop", "container": "api", "pod": f"{name}-1"}
    nothing = fires("NothingServes", "5m", "critical", "No pod is ready", "Every request in shop fails.",
                    namespace="shop", deployment=name)
    worker = {"namespace": "shop", "deployment": f"{name}-worker"}
    workers = [
        case("a worker restarts", [series("kube_pod_container_status_restarts_total", "0x20 5x100", **{**container, "container": "worker"})],
             silent("Restarts", "9m"), fires("Restarts", "15m", "warning", "Containers restart again and again",
                                             "5 restarts in shop within half an hour.", namespace="shop")),
        case("no worker", [series("kube_deployment_status_replicas_available", "0x40", **worker)], silent("NothingWorks", "4m"),
             fires("NothingWorks", "8m", "critical", "No worker runs", "Tasks wait in shop.", **worker)),
        case("a worker", [series("kube_deployment_status_replicas_available", "1x40", **worker)], silent("NothingWorks", "15m")),
    ]
    return (workers if "NothingWorks" in alerts else []) + [
        case("all replicas run", [most, series("kube_horizontalpodautoscaler_status_current_replicas", "10x120", **autoscaler)],
             silent("NoMoreReplicas", "10m"), full),
        case("one is left", [most, series("kube_horizontalpodautoscaler_status_current_replicas", "9x120", **autoscaler)],
             silent("NoMoreReplicas", "30m")),
        case("restarts", [series("kube_pod_container_status_restarts_total", "0x20 5x100", **container)],
             silent("Restarts", "9m"), fires("Restarts", "15m", "warning", "Containers restart again and again",
                                             "5 restarts in shop within half an hour.", namespace="shop")),
        case("a restart", [series("kube_pod_container_status_restarts_total", "0x20 1x100", **container)],
             silent("Restarts", "15m")),
        case("no pod", [series("kube_deployment_status_replicas_available", "0x40", namespace="shop", deployment=name)],
             silent("NothingServes", "1m"), nothing),
        case("a pod", [series("kube_deployment_status_replicas_available", "1x40", namespace="shop", deployment=name)],
             silent("NothingServes", "15m")),
    ]


main(*sys.argv[1:])

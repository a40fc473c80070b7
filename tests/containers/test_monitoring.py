"""Prometheus on the same host, as the README has it started."""

import json
import urllib.parse
import urllib.request

import pytest

from support import Client, Stack, wait_for

PROMETHEUS = "http://127.0.0.1:9090/api/v1"


def ask(path: str, **query: str) -> dict:
    with urllib.request.urlopen(f"{PROMETHEUS}/{path}?{urllib.parse.urlencode(query)}", timeout=5) as answer:
        return json.load(answer)["data"]


@pytest.fixture(scope="module")
def prometheus(stack: Stack):
    compose = ["--profile", "monitoring"]
    if "prometheus" not in stack.compose(*compose, "config", "--services").split():
        pytest.skip("the repository has no metrics")
    stack.compose(*compose, "up", "--detach", "--wait", "prometheus")
    yield stack.inspect("prometheus")
    stack.compose(*compose, "rm", "--stop", "--force", "--volumes", "prometheus")


def test_prometheus_reads_the_application(prometheus: dict, client: Client):
    client.send("GET", "/nowhere")

    def counted() -> list:
        return ask("query", query='http_requests_total{status="404"}')["result"]

    wait_for(counted, "a request that Prometheus has counted", 90)
    [series] = ask("query", query="up")["result"]
    assert series["value"][1] == "1"


def test_prometheus_knows_the_alerts_and_none_is_on(prometheus: dict):
    [group] = ask("rules")["groups"]
    wait_for(lambda: all(rule["health"] == "ok" for rule in ask("rules")["groups"][0]["rules"]), "rules that were evaluated", 60)

    assert {rule["name"] for rule in group["rules"]} == {"Errors", "SlowRequests", "NothingServes", "ResourceAway"}
    assert not [alert for alert in ask("alerts")["alerts"] if alert["state"] == "firing"]


def test_prometheus_has_no_more_than_it_needs(prometheus: dict):
    host = prometheus["HostConfig"]

    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert host["Memory"] > 0
    assert prometheus["Config"]["User"] not in ("", "0", "root")
    assert [at["HostIp"] for at in host["PortBindings"]["9090/tcp"]] == ["127.0.0.1"]

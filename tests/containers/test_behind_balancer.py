"""The way in where TLS ends at a balancer in front: these tests are the balancer. They run on a machine with systemd as well."""

import collections
from collections.abc import Callable

import pytest

from facts import Facts
from support import Answers, Client, limited, read_answer, request


@pytest.fixture(autouse=True)
def _behind_balancer(answers: Answers, facts: Facts) -> None:
    if answers.tls != "upstream":
        pytest.skip("TLS ends at the proxy")


def test_the_rate_limit_counts_each_client_of_the_balancer_for_itself(client: Client):
    addresses = {"greedy": "198.51.100.1", "modest": "198.51.100.2"}

    def send(name: str, requests: int) -> dict[str, int]:
        count: collections.Counter[str] = collections.Counter()
        with client.connect() as connection:
            for number in range(requests):
                # What a client makes up stands before what the balancer adds.
                headers = {"X-Forwarded-For": f"6.6.6.{number % 200}, {addresses[name]}"}
                connection.sendall(client.request("GET", "/health", headers))
                count[str(read_answer(connection).status)] += 1
        return count

    limited(send)


def test_nobody_but_the_balancer_is_answered(client: Client, ask_as_strangers: Callable[..., list[int]]):
    forged = {**client.headers, "Host": client.domain}

    statuses = [ask_as_strangers(path, headers) for path in ("/health", "/items") for headers in ({}, forged)]

    assert all(statuses)
    assert {status for some in statuses for status in some} == {403}


def test_the_balancer_may_check_health_as_it_likes(client: Client):
    statuses = {}
    for host in ("10.0.0.1", client.domain):
        for path in ("/health", "/items"):
            with client.connect() as connection:
                connection.sendall(request("GET", path, host, {"Connection": "close"}))
                statuses[host, path] = read_answer(connection).status
    with client.connect() as connection:
        connection.sendall(request("GET", "/items", "other.example.org", {"Connection": "close", **client.headers}))
        other = read_answer(connection).status

    assert {host: statuses[host, "/health"] for host, _ in statuses} == {"10.0.0.1": 200, client.domain: 200}
    assert {statuses[host, "/items"] for host, _ in statuses} <= {301, 308}
    assert other == 404


@pytest.mark.parametrize("said", ["HTTPS", "wss", "https, http", "http,https"])
def test_the_balancer_may_say_in_its_own_words_that_a_client_has_come_by_tls(client: Client, said: str):
    answer = client.send("GET", "/items/1", {"X-Forwarded-Proto": said})

    assert answer.status == 404
    assert answer.headers["content-type"] == "application/problem+json"

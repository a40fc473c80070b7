"""The few facts in which the proxies differ. All else is tested alike."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Facts:
    """What is true of one proxy."""

    server: str | None
    """The header `Server`."""
    request_id: str | None
    """The form of the ids that the proxy makes; None if it makes none and the application does."""
    redirect_of_get: int
    """How plain HTTP is answered to GET; anything else is answered 308."""
    forwarded_target: str
    """What the application sees of `/a%2Fb//c?d=e`."""
    refuses_announced_body: bool
    """Whether a `Content-Length` is enough for 413; else the body has to come up to the limit."""
    in_flight: int | None
    """How many of 60 requests at a time one client is refused; None where only all clients together have a limit."""
    seconds: tuple[int, int]
    """When a client is cut that does not go on, in its headers and in its body."""
    log: dict[str, str]
    """What the log calls the request's id, the client and the status."""
    limits: str
    """The file with the limits for one client, as the container sees it."""
    raised: dict[str, str]
    """What in that file to replace so that a load from one address is not limited."""


FACTS = {
    "nginx": Facts(
        server="nginx",
        request_id="[0-9a-f]{32}",
        redirect_of_get=308,
        forwarded_target="/a%2Fb//c?d=e",
        refuses_announced_body=True,
        in_flight=10,
        seconds=(15, 15),
        log={"request_id": "request_id", "client": "client", "status": "status"},
        limits="nginx/limits.conf:/etc/nginx/limits.conf",
        raised={"rate=20r/s": "rate=10000r/s", "burst=40": "burst=1000", "connections_per_client 50": "connections_per_client 1000"},
    ),
    "traefik": Facts(
        server=None,
        request_id=None,
        redirect_of_get=301,
        forwarded_target="/a%2Fb/c?d=e",
        refuses_announced_body=True,
        in_flight=10,
        seconds=(30, 30),
        log={"request_id": "downstream_X-Request-Id", "client": "ClientHost", "status": "DownstreamStatus"},
        limits="traefik/dynamic/limits.yaml:/run/traefik/dynamic/limits.yaml",
        raised={"average: 20": "average: 10000", "burst: 40": "burst: 1000", "amount: 50": "amount: 1000"},
    ),
    "envoy": Facts(
        server="envoy",
        request_id="[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        redirect_of_get=308,
        forwarded_target="/a%2Fb/c?d=e",
        refuses_announced_body=False,
        in_flight=None,
        seconds=(15, 30),
        log={"request_id": "request_id", "client": "client", "status": "status"},
        limits="envoy/envoy.yaml:/etc/envoy/envoy.yaml",
        raised={"max_tokens: 40, tokens_per_fill: 20": "max_tokens: 10000, tokens_per_fill: 10000"},
    ),
}

"""The few facts in which the proxies and the databases differ. All else is tested alike."""

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
    problems: bool
    """Whether its own errors are problems, as those of the application are."""
    misdirected: int
    """How it answers a request for another host than the certificate was asked for."""
    seconds: tuple[int, int]
    """When a client is cut that does not go on, in its headers and in its body."""
    log: dict[str, str]
    """What the log calls the request's id, the client and the status."""
    limits: str
    """The file with the limits for one client, as the container sees it."""
    raised: dict[str, str]
    """What in that file to replace so that a load from one address is not limited."""
    trusted: dict[str, str]
    """Where TLS ends in front: what to replace in which files so that this host is the only balancer."""


@dataclass(frozen=True)
class Rows:
    """What is true of one database, and of the example that uses it."""

    port: int | None
    """Where its service listens; None if it is none."""
    migrated: bool
    """Whether there are migrations."""
    nowhere: dict[str, str]
    """Variables with which the application does not find it."""
    readiness: int
    """What `/ready` says then."""
    post: tuple[str, dict[str, object], int]
    """A request that an item can be posted with, and how it is answered."""

    @property
    def services(self) -> list[str]:
        return ["app", *(["database"] if self.port else []), *(["migrate"] if self.migrated else [])]


ITEM = ("/items", {"quantity": 1}, 201)
ROWS = {
    "postgres": Rows(5432, True, {"APP_DATABASE_URL": "postgresql://user:password@192.0.2.1/name"}, 503, ITEM),
    "mariadb": Rows(3306, True, {"APP_DATABASE_URL": "mariadb://user:password@192.0.2.1/name"}, 503, ITEM),
    "sqlite": Rows(None, True, {"APP_DATABASE_PATH": "/nowhere/database.db"}, 503, ITEM),
    "none": Rows(None, False, {}, 200, ("/items/quote", {"lines": [{"unit_price": 250}]}, 200)),
}

FACTS = {
    "nginx": Facts(
        server="nginx",
        request_id="[0-9a-f]{32}",
        redirect_of_get=308,
        forwarded_target="/a%2Fb//c?d=e",
        refuses_announced_body=True,
        in_flight=10,
        problems=True,
        misdirected=421,
        seconds=(15, 15),
        log={"request_id": "request_id", "client": "client", "status": "status"},
        limits="nginx/limits.conf:/etc/nginx/limits.conf",
        raised={"rate=20r/s": "rate=10000r/s", "burst=40": "burst=1000", "connections_per_client 50": "connections_per_client 1000"},
        trusted={
            "    10.0.0.0/8 0;": "    172.30.90.1/32 0; 172.30.91.1/32 0;",
            "set_real_ip_from 10.0.0.0/8;": "set_real_ip_from 172.30.90.1/32; set_real_ip_from 172.30.91.1/32;",
        },
    ),
    "traefik": Facts(
        server=None,
        request_id=None,
        redirect_of_get=301,
        forwarded_target="/a%2Fb/c?d=e",
        refuses_announced_body=True,
        in_flight=10,
        problems=False,
        misdirected=404,
        seconds=(30, 30),
        log={"request_id": "downstream_X-Request-Id", "client": "ClientHost", "status": "DownstreamStatus"},
        limits="traefik/dynamic/limits.yaml:/run/traefik/dynamic/limits.yaml",
        raised={"average: 20": "average: 10000", "burst: 40": "burst: 1000", "amount: 50": "amount: 1000"},
        trusted={
            "trustedIPs: [10.0.0.0/8]": "trustedIPs: [172.30.90.1/32, 172.30.91.1/32]",
            "sourceRange: [10.0.0.0/8]": "sourceRange: [172.30.90.1/32, 172.30.91.1/32]",
        },
    ),
    "envoy": Facts(
        server="envoy",
        request_id="[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        redirect_of_get=308,
        forwarded_target="/a%2Fb/c?d=e",
        refuses_announced_body=False,
        in_flight=None,
        problems=True,
        misdirected=404,
        seconds=(15, 30),
        log={"request_id": "request_id", "client": "client", "status": "status"},
        limits="envoy/envoy.yaml:/etc/envoy/envoy.yaml",
        raised={"max_tokens: 40, tokens_per_fill: 20": "max_tokens: 10000, tokens_per_fill: 10000"},
        trusted={
            "source_prefix_ranges:\n              - {address_prefix: 10.0.0.0, prefix_len: 8}":
                "source_prefix_ranges: [{address_prefix: 172.30.90.1, prefix_len: 32}, {address_prefix: 172.30.91.1, prefix_len: 32}]",
        },
    ),
}

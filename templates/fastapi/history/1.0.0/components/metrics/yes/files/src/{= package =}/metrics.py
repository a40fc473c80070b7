"""What Prometheus reads, summed over all workers of the server.

https://prometheus.github.io/client_python/multiprocess/
"""

from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter("http_requests", "Requests answered", ["method", "route", "status"])
DURATION = Histogram("http_request_duration_seconds", "Time to answer", ["method", "route"])
IN_PROGRESS = Gauge(
    "http_requests_in_progress", "Requests being answered", multiprocess_mode="livesum"
)

# Not part of the API: the proxy hides it, so the OpenAPI document does too.
router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Return all metrics."""
    registry = REGISTRY
    if directory := request.app.state.settings.metrics_directory:
        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(directory))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

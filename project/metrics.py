"""``/metrics`` for Prometheus. Every figure is read from Postgres or Redis on request.

Any web process can answer: nothing is counted twice, and a restart loses nothing.
"""

import hmac
from collections.abc import Iterator
from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

from apps.endpoints.metrics import endpoint_metrics
from apps.generation.metrics import connection_metrics, generation_metrics, worker_metrics


class Workbench(Collector):
    """Collect the metrics of all apps."""

    def collect(self) -> Iterator[Metric]:
        yield from generation_metrics()
        yield from worker_metrics()
        yield from connection_metrics()
        yield from endpoint_metrics()


registry = CollectorRegistry(auto_describe=False)
ProcessCollector(namespace="workbench_web", registry=registry)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the metrics to those who may read them, else 404."""
    if not _may_read(request):
        return HttpResponse("Not found.\n", status=404, content_type="text/plain; charset=utf-8")
    try:
        body = _exposition()
    except (DatabaseError, PoolTimeout, RedisError) as error:
        return HttpResponse(f"# not available: {type(error).__name__}\n", status=503, content_type="text/plain")
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def _exposition() -> bytes:
    own = CollectorRegistry(auto_describe=False)
    own.register(Workbench())
    return generate_latest(own) + generate_latest(registry)


def _may_read(request: HttpRequest) -> bool:
    """Allow callers with the token; without a token, direct callers from this machine."""
    if token := settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP"))
    try:
        return not forwarded and ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False

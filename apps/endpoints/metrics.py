"""Prometheus metrics about endpoints."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from apps.endpoints.models import Endpoint, Health
from apps.endpoints.slots import running_counts


def endpoint_metrics() -> Iterator[Metric]:
    """Report the stored facts of endpoints in service; no server is called."""
    labels = ["endpoint", "variant"]
    up = GaugeMetricFamily("workbench_endpoint_up", "1 unless it is down.", labels=labels)
    degraded = GaugeMetricFamily("workbench_endpoint_degraded", "1 where it is slow.", labels=labels)
    slots = GaugeMetricFamily(
        "workbench_endpoint_places", "Slots: generations that the endpoint runs at once.", labels=labels
    )
    used = GaugeMetricFamily("workbench_endpoint_places_used", "Slots of the endpoint that are taken.", labels=labels)
    endpoints = list(Endpoint.objects.in_service().preferred_first())
    running = running_counts(endpoint.pk for endpoint in endpoints)
    for endpoint in endpoints:
        label = [endpoint.name, endpoint.variant]
        up.add_metric(label, endpoint.health != Health.DOWN)
        degraded.add_metric(label, endpoint.health == Health.DEGRADED)
        slots.add_metric(label, endpoint.max_concurrency)
        used.add_metric(label, running[endpoint.pk])
    yield from (up, degraded, slots, used)

"""Figures on generations and live connections, for Prometheus."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from apps.generation.live_connections import count_live_connections
from apps.generation.models import State
from apps.generation.worker_identity import alive_workers
from apps.stores.redis import sync_client

# Seconds to the first token, as the trigger of ``GenerationTotal`` counts them.
BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
# Queued and running generations: few rows, by their own index.
ACTIVE = """
    SELECT variant, state, count(*), coalesce(extract(epoch FROM max(now() - created_at)), 0)::float,
           count(*) FILTER (WHERE lease_expires_at < now())
    FROM generation_generation WHERE state IN ('queued', 'running') GROUP BY variant, state
"""
# Sums of sixteen rows for each variant and state, whatever the number of generations.
WITHIN = ", ".join(f"sum(within[{number}])::bigint" for number in range(1, len(BUCKETS) + 1))
TOTALS = f"""
    SELECT variant, state, sum(generations)::bigint, sum(prompt_tokens)::bigint, sum(completion_tokens)::bigint,
           sum(lost_leases)::bigint, sum(first_token_seconds), sum(first_tokens)::bigint, {WITHIN}
    FROM usage_generationtotal GROUP BY variant, state
"""  # noqa: S608 - made of constants


type Rows = list[Sequence[Any]]


def generation_metrics() -> Iterator[Metric]:
    yield from _active(_rows(ACTIVE))
    yield from _totals(_rows(TOTALS))


def worker_metrics() -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "workbench_workers", "Worker processes that have reported lately.", value=alive_workers(sync_client())
    )


def connection_metrics() -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "workbench_open_streams", "Sockets and event streams that are open.", value=count_live_connections()
    )


def _rows(query: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: Rows = cursor.fetchall()
        return rows


def _active(rows: Rows) -> Iterator[Metric]:
    queued = GaugeMetricFamily("workbench_generations_queued", "Generations that wait.", labels=["variant"])
    oldest = GaugeMetricFamily(
        "workbench_queue_oldest_wait_seconds", "How long the oldest of them has waited.", labels=["variant"]
    )
    running = GaugeMetricFamily("workbench_generations_running", "Generations being written.", labels=["variant"])
    abandoned = GaugeMetricFamily(
        "workbench_leases_expired", "Running generations whose worker is silent, not yet reaped.", labels=["variant"]
    )
    for variant, state, count, seconds, expired in rows:
        label = [str(variant)]
        if state == State.QUEUED:
            queued.add_metric(label, count)
            oldest.add_metric(label, seconds)
        else:
            running.add_metric(label, count)
            abandoned.add_metric(label, expired)
    yield from (queued, oldest, running, abandoned)


def _totals(rows: Rows) -> Iterator[Metric]:
    labels = ["variant", "state"]
    generations = CounterMetricFamily("workbench_generations", "Generations that have ended.", labels=labels)
    asked = CounterMetricFamily("workbench_prompt_tokens", "Tokens read.", labels=labels)
    written = CounterMetricFamily("workbench_completion_tokens", "Tokens written.", labels=labels)
    lost = CounterMetricFamily(
        "workbench_lease_expiries", "Leases that their worker did not renew in time.", labels=labels
    )
    first = HistogramMetricFamily(
        "workbench_first_token_seconds", "From the request to the first token, waiting included.", labels=labels
    )
    for variant, state, count, prompt, completion, leases, seconds, begun, *within in rows:
        label = [str(variant), str(state)]
        generations.add_metric(label, count)
        asked.add_metric(label, prompt)
        written.add_metric(label, completion)
        lost.add_metric(label, leases)
        buckets = [*zip(map(str, BUCKETS), within, strict=True), ("+Inf", begun)]
        first.add_metric(label, buckets, seconds)
    yield from (generations, asked, written, lost, first)

"""The activity of one endpoint over an hour, a day or a week: two queries, whatever the number of observations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, DateTimeField, F, Func, Q, Value

from apps.endpoints.choices import ObservationKind
from apps.endpoints.console.chart import Chart, Series, draw_chart
from apps.endpoints.models import Endpoint, Observation
from apps.inference import errors

WHAT = {ObservationKind.PROBE: "Probe", ObservationKind.TRAFFIC: "Reply"}
FAILURES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Range:
    """A stretch of time that ends now, and how it is cut into steps."""

    key: str
    name: str
    length: timedelta
    step: timedelta
    begins: str  # the label under the left end of each chart

    @property
    def steps(self) -> int:
        return self.length // self.step


RANGES = {
    chosen.key: chosen
    for chosen in [
        Range("1h", "1 hour", timedelta(hours=1), timedelta(minutes=1), "60 minutes ago"),
        Range("24h", "24 hours", timedelta(days=1), timedelta(minutes=20), "24 hours ago"),
        Range("7d", "7 days", timedelta(days=7), timedelta(hours=3), "7 days ago"),
    ]
}


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the table: seconds to the first token and tokens per second are averages."""

    at: datetime
    replies: int
    probes: int
    failed: int
    reply_first_token: float | None
    probe_first_token: float | None
    speed: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """One observation that failed, and why in a sentence."""

    at: datetime
    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Activity:
    """Charts, rows and failures of a period. Steps without observations have no row."""

    first_token: Chart
    speed: Chart
    failed: Chart
    rows: Sequence[Row]
    failures: Sequence[Failure]


class _Step(Func):
    """SQL for the start of the step that contains a moment. Steps count from ``start``."""

    function = "date_bin"


def read_activity(endpoint: Endpoint, chosen: Range, now: datetime) -> Activity:
    """Return what was observed within the range; times without observations are gaps."""
    start = now - chosen.length
    seen = Observation.objects.since(start).filter(endpoint=endpoint)
    rows = [_row(found) for found in _steps(seen, chosen, start)]
    places = {row: (row.at - start) // chosen.step for row in rows}

    def chart(title: str, unit: str, *series: tuple[str, str, float]) -> Chart:
        drawn = [
            Series(
                name,
                {places[row]: getattr(row, figure) * times for row in rows if getattr(row, figure) is not None},
            )
            for name, figure, times in series
        ]
        return draw_chart(title=title, unit=unit, begins=chosen.begins, steps=chosen.steps, series=drawn)

    return Activity(
        first_token=chart(
            "Time to first token", "ms", ("Replies", "reply_first_token", 1000), ("Probes", "probe_first_token", 1000)
        ),
        speed=chart("Speed of replies", "tokens/s", ("Replies", "speed", 1)),
        failed=chart("Failures", "", ("Failed", "failed", 1)),
        rows=rows[::-1],
        failures=[
            Failure(found.at, WHAT[ObservationKind(found.kind)], _sentence(found.error_kind))
            for found in seen.failed().order_by("-at")[:FAILURES_SHOWN]
        ],
    )


def _steps(seen: Any, chosen: Range, start: datetime) -> Any:
    reply, probe = Q(kind=ObservationKind.TRAFFIC), Q(kind=ObservationKind.PROBE)
    return (
        seen.values(step=_Step(Value(chosen.step), F("at"), Value(start), output_field=DateTimeField()))
        .annotate(
            replies=Count("pk", filter=reply),
            probes=Count("pk", filter=probe),
            failed=Count("pk", filter=Q(ok=False)),
            reply_first_token=Avg("seconds_to_first_token", filter=reply),
            probe_first_token=Avg("seconds_to_first_token", filter=probe),
            speed=Avg("tokens_per_second", filter=reply),
        )
        .order_by("step")
    )


def _row(found: Mapping[str, Any]) -> Row:
    figures = {name: value for name, value in found.items() if name != "step"}
    return Row(at=found["step"], **figures)


def _sentence(error_kind: str) -> str:
    """Return the sentence that people read for this kind of error."""
    kind = getattr(errors, error_kind, None) if error_kind else None
    return kind.sentence if isinstance(kind, type) and issubclass(kind, errors.InferenceError) else error_kind

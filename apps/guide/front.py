"""The content of the front page: a small comparison, and the state of the servers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apps.endpoints.choices import Health
from apps.endpoints.models import Endpoint
from apps.guide.models import Cell, Variant

# The rows of the comparison that it shows.
ROWS = 4


@dataclass(frozen=True, slots=True)
class Miniature:
    """The first rows of the comparison: label, and the text for each variant."""

    variants: Sequence[Variant]
    rows: Sequence[tuple[str, Sequence[tuple[Variant, str]]]]


@dataclass(frozen=True, slots=True)
class Servers:
    """The state of the model servers in one line; ``tone`` is good, warning or danger."""

    sentence: str
    tone: str


def read_miniature() -> Miniature:
    """Return the first ``ROWS`` rows of the comparison; one query."""
    cells = Cell.objects.select_related("feature", "variant").order_by("feature__order", "variant__order")
    variants: dict[str, Variant] = {}
    rows: dict[str, dict[str, str]] = {}
    for cell in cells:
        variants.setdefault(cell.variant.slug, cell.variant)
        rows.setdefault(cell.feature.label, {})[cell.variant.slug] = cell.text
    return Miniature(
        list(variants.values()),
        [
            (label, [(variant, texts.get(slug, "")) for slug, variant in variants.items()])
            for label, texts in list(rows.items())[:ROWS]
        ],
    )


def read_servers() -> Servers:
    """Return the state of the enabled servers; one query, and no server is asked."""
    health = Counter(Endpoint.objects.enabled().values_list("health", flat=True))
    total, healthy = health.total(), health[Health.HEALTHY]
    if not total:
        return Servers("No model server is set up.", "warning")
    noun = "model server" if total == 1 else "model servers"
    if healthy == total:
        return Servers("The model server is healthy." if total == 1 else f"All {total} {noun} are healthy.", "good")
    return Servers(f"{healthy} of {total} {noun} healthy.", "warning" if healthy else "danger")

"""The capabilities of an endpoint: what its server supports and its model was trained for."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError

from apps.endpoints.choices import Capability, Variant
from apps.inference.catalogue import Task, capabilities_of
from apps.inference.errors import InvalidRequest

# Capabilities that depend on the model; the others depend on the server alone.
TASKS: tuple[Task, ...] = ("chat", "complete", "infill")
# For models outside the catalogue of twelve.
BY_VARIANT: dict[str, frozenset[str]] = {
    Variant.INSTRUCT: frozenset({"chat", "complete"}),
    Variant.BASE: frozenset({"complete", "infill"}),
    Variant.PYTHON: frozenset({"complete"}),
}


def effective_capabilities(
    *, variant: str, size: str, discovered: Collection[str] | None, overrides: Mapping[str, bool]
) -> frozenset[str]:
    """Return the capabilities that may be requested; overrides decide last.

    ``discovered`` is ``None`` until a probe has reached the server.
    """
    trained = trained_tasks(variant, size)
    found = trained if discovered is None else trained.intersection(discovered).union(set(discovered) - set(TASKS))
    added = {name for name, has in overrides.items() if has}
    return (found | added) - {name for name, has in overrides.items() if not has}


@cache
def trained_tasks(variant: str, size: str) -> frozenset[str]:
    """Return the tasks that the catalogue gives for a model of this variant and size."""
    try:
        model = capabilities_of(variant, size)
    except InvalidRequest:
        return BY_VARIANT.get(variant, frozenset())
    return frozenset(task for task in TASKS if model.ability(task).may_be_tried)


def validate_overrides(value: Any) -> None:
    """Raise ``ValidationError`` unless ``value`` maps capability names to true or false."""
    if not isinstance(value, dict) or not all(isinstance(known, bool) for known in value.values()):
        raise ValidationError('Write an object such as {"infill": false}.', code="capabilities")
    if unknown := set(value) - set(Capability.values):
        raise ValidationError(
            f"{min(unknown)!r} is no capability: they are {', '.join(Capability.values)}.", code="capabilities"
        )

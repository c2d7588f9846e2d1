"""What an endpoint can be asked for: what its server carries out, of what its model was trained for."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from django.core.exceptions import ValidationError

from apps.endpoints.choices import Capability, Variant
from apps.inference.catalogue import Task, capabilities_of
from apps.inference.errors import InvalidRequest

# What the model has a say in; the others are the server's alone.
TASKS: tuple[Task, ...] = ("chat", "complete", "infill")
# For models that are none of the twelve.
BY_VARIANT: dict[str, frozenset[str]] = {
    Variant.INSTRUCT: frozenset({"chat", "complete"}),
    Variant.BASE: frozenset({"complete", "infill"}),
    Variant.PYTHON: frozenset({"complete"}),
}


def effective_capabilities(
    *, variant: str, size: str, discovered: Collection[str] | None, overrides: Mapping[str, bool]
) -> frozenset[str]:
    """What may be asked for; ``discovered`` is ``None`` until the server was asked. Overrides have the last word."""
    trained = trained_tasks(variant, size)
    found = trained if discovered is None else trained.intersection(discovered).union(set(discovered) - set(TASKS))
    added = {name for name, has in overrides.items() if has}
    return (found | added) - {name for name, has in overrides.items() if not has}


@cache
def trained_tasks(variant: str, size: str) -> frozenset[str]:
    """The tasks that a model of this kind is for, by the catalogue."""
    try:
        model = capabilities_of(variant, size)
    except InvalidRequest:
        return BY_VARIANT.get(variant, frozenset())
    return frozenset(task for task in TASKS if model.ability(task).may_be_tried)


def validate_overrides(value: Any) -> None:
    """Django validator: capabilities by name, each true or false."""
    if not isinstance(value, dict) or not all(isinstance(known, bool) for known in value.values()):
        raise ValidationError('Write an object such as {"infill": false}.', code="capabilities")
    if unknown := set(value) - set(Capability.values):
        raise ValidationError(
            f"{min(unknown)!r} is no capability: they are {', '.join(Capability.values)}.", code="capabilities"
        )

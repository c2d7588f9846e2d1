"""What a server can be asked for when nobody has asked it yet, and what an admin may say to the contrary."""

from typing import Any

from django.core.exceptions import ValidationError

from apps.endpoints.choices import Capability, Variant

BY_VARIANT: dict[str, frozenset[str]] = {
    Variant.INSTRUCT: frozenset({Capability.CHAT, Capability.COMPLETE}),
    Variant.BASE: frozenset({Capability.COMPLETE, Capability.INFILL}),
    Variant.PYTHON: frozenset({Capability.COMPLETE}),
}


def validate_overrides(value: Any) -> None:
    """Django validator: capabilities by name, each true or false."""
    if not isinstance(value, dict) or not all(isinstance(known, bool) for known in value.values()):
        raise ValidationError('Write an object such as {"infill": false}.', code="capabilities")
    if unknown := set(value) - set(Capability.values):
        raise ValidationError(
            f"{min(unknown)!r} is no capability: they are {', '.join(Capability.values)}.", code="capabilities"
        )

"""An endpoint's default and maximum sampling parameters: validation, and how they change a request."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError

MOST_STOPS = 4
HIGHEST_TEMPERATURE = 2.0

type Check = Callable[[Any], bool]


def validate_defaults(value: Any) -> None:
    """Django validator for ``default_parameters``: temperature, top_p, max_tokens and stop, all optional."""
    _validate(value, _DEFAULTS)


def validate_maxima(value: Any) -> None:
    """Django validator for ``maximum_parameters``; ``stop`` is the largest number of stop sequences."""
    _validate(value, _MAXIMA)


def limited(asked: Mapping[str, Any], *, defaults: Mapping[str, Any], maxima: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``asked`` with gaps filled from ``defaults`` and nothing above ``maxima``."""
    chosen = {**defaults, **{name: value for name, value in asked.items() if value is not None}}
    if "max_tokens" in maxima:
        chosen.setdefault("max_tokens", maxima["max_tokens"])
    return {name: _at_most(value, maxima.get(name)) for name, value in chosen.items()}


def _at_most(value: Any, most: Any) -> Any:
    if most is None:
        return value
    return list(value)[:most] if isinstance(value, list | tuple) else min(value, most)


def _validate(value: Any, checks: Mapping[str, tuple[Check, str]]) -> None:
    if not isinstance(value, dict):
        raise ValidationError('Write an object such as {"temperature": 0.2}.', code="parameters")
    for name, given in value.items():
        if name not in checks:
            raise ValidationError(f"{name!r} is none of {', '.join(checks)}.", code="parameters")
        check, rule = checks[name]
        if not check(given):
            raise ValidationError(f"{name} must be {rule}.", code="parameters")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_length(value: Any) -> bool:
    return _is_whole(value) and value > 0


def _is_temperature(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= HIGHEST_TEMPERATURE


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 < value <= 1


def _is_stop_list(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_STOPS and all(isinstance(s, str) and s for s in value)


_NUMBERS: dict[str, tuple[Check, str]] = {
    "temperature": (_is_temperature, f"a number from 0 to {HIGHEST_TEMPERATURE:g}"),
    "top_p": (_is_share, "a number above 0 and at most 1"),
    "max_tokens": (_is_length, "a whole number above 0"),
}
_DEFAULTS = {**_NUMBERS, "stop": (_is_stop_list, f"a list of at most {MOST_STOPS} texts, none of them empty")}
_MAXIMA = {**_NUMBERS, "stop": (_is_length, "a whole number above 0")}

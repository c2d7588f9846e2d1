"""Form inputs for an endpoint's JSON fields: one for each sampling parameter and capability."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import BaseValidator, MaxLengthValidator, MaxValueValidator, MinValueValidator

from apps.endpoints.choices import Capability
from apps.endpoints.models import Endpoint
from apps.endpoints.parameters import HIGHEST_TEMPERATURE, MOST_STOPS

AS_DISCOVERED, YES, NO = "", "yes", "no"
OVERRIDES = [(AS_DISCOVERED, "As discovered"), (YES, "Yes"), (NO, "No")]
LEAST_TOP_P = 0.01
LIMITS: tuple[tuple[type[BaseValidator], str, Callable[[list[Any]], Any], str], ...] = (
    (MaxValueValidator, "max_value", min, "At most {:,}."),
    (MinValueValidator, "min_value", max, "At least {:,}."),
    (MaxLengthValidator, "max_length", min, "At most {:,} characters."),
)

type Row = tuple[forms.BoundField, forms.BoundField]


class StopsField(forms.CharField):
    r"""Stop sequences, one a line; ``\n`` and ``\t`` stand for a line break and a tab inside a sequence."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, strip=False, max_length=1000, **options)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(stop.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t") for stop in value)

    def clean(self, value: Any) -> Any:
        lines = [line for line in super().clean(value).splitlines() if line]
        if len(lines) > MOST_STOPS:
            raise ValidationError(f"At most {MOST_STOPS} stop sequences, one a line.")
        return [_unescape(line) for line in lines]


def _unescape(line: str) -> str:
    parts = line.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\t", "\t") for part in parts)


def name_limits(fields: Mapping[str, forms.Field]) -> None:
    """Give inputs error sentences that name their limits, such as “At most 1,000,000”."""
    stored = {field.name: field.validators for field in Endpoint._meta.fields}
    for name, field in fields.items():
        validators = [*field.validators, *stored.get(name, ())]
        for kind, code, strictest, sentence in LIMITS:
            limits = [validator.limit_value for validator in validators if type(validator) is kind]
            if limits:
                field.error_messages[code] = sentence.format(strictest(limits))


def _temperature() -> forms.Field:
    widget = forms.NumberInput(attrs={"step": "0.05"})
    return forms.FloatField(required=False, min_value=0, max_value=HIGHEST_TEMPERATURE, widget=widget)


def _top_p() -> forms.Field:
    widget = forms.NumberInput(attrs={"step": "0.01"})
    return forms.FloatField(required=False, min_value=LEAST_TOP_P, max_value=1, widget=widget)


def _count(most: int) -> forms.Field:
    return forms.IntegerField(required=False, min_value=1, max_value=most)


class ParameterFields(forms.Form):
    """``default_parameters`` and ``maximum_parameters``; an empty input leaves the parameter to the server."""

    default_temperature = _temperature()
    maximum_temperature = _temperature()
    default_top_p = _top_p()
    maximum_top_p = _top_p()
    default_max_tokens = _count(1_000_000)
    maximum_max_tokens = _count(1_000_000)
    default_stop = StopsField(help_text=r"One a line; \n stands for a line break in it.")
    maximum_stop = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_STOPS, help_text="How many may be asked for."
    )

    LABELS = {
        "temperature": "Temperature",
        "top_p": "Top-p",
        "max_tokens": "Tokens in a reply",
        "stop": "Stop sequences",
    }

    @property
    def parameter_rows(self) -> Iterator[Row]:
        """Return the default and maximum input of each parameter."""
        return ((self[f"default_{name}"], self[f"maximum_{name}"]) for name in self.LABELS)

    def label_parameters(self) -> None:
        """Give each input a label of its own."""
        for name, label in self.LABELS.items():
            self.fields[f"default_{name}"].label = label
            self.fields[f"maximum_{name}"].label = f"{label}, at most"

    def initial_parameters(self, endpoint: Endpoint) -> dict[str, Any]:
        return {
            f"{prefix}_{name}": value
            for prefix, stored in (
                ("default", endpoint.default_parameters),
                ("maximum", endpoint.maximum_parameters),
            )
            for name, value in stored.items()
        }

    def given_parameters(self, prefix: str) -> dict[str, Any]:
        given = {name: self.cleaned_data.get(f"{prefix}_{name}") for name in self.LABELS}
        return {name: value for name, value in given.items() if value not in (None, [])}

    def check_parameters(self) -> None:
        """Refuse a default above the maximum: it could never be sent."""
        defaults, maxima = self.given_parameters("default"), self.given_parameters("maximum")
        defaults["stop"] = len(defaults.get("stop", ()))
        for name, most in maxima.items():
            if defaults.get(name, 0) > most:
                self.add_error(f"default_{name}", f"More than the maximum, {most}.")


class OverrideFields(forms.Form):
    """``capability_overrides``: corrections of what discovery found."""

    override_chat = forms.ChoiceField(label=Capability.CHAT.label, choices=OVERRIDES, required=False)
    override_complete = forms.ChoiceField(label=Capability.COMPLETE.label, choices=OVERRIDES, required=False)
    override_infill = forms.ChoiceField(label=Capability.INFILL.label, choices=OVERRIDES, required=False)
    override_tokenize = forms.ChoiceField(label=Capability.TOKENIZE.label, choices=OVERRIDES, required=False)
    override_continue = forms.ChoiceField(label=Capability.CONTINUE.label, choices=OVERRIDES, required=False)

    @property
    def override_fields(self) -> list[forms.BoundField]:
        return [self[f"override_{name}"] for name in Capability.values]

    def initial_overrides(self, endpoint: Endpoint) -> dict[str, str]:
        return {f"override_{name}": YES if has else NO for name, has in endpoint.capability_overrides.items()}

    def given_overrides(self) -> dict[str, bool]:
        given = {name: self.cleaned_data.get(f"override_{name}") for name in Capability.values}
        return {name: answer == YES for name, answer in given.items() if answer}

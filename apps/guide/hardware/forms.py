"""The calculator's form: read from a URL. Unusable values are named and replaced by defaults, never refused."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from apps.guide.hardware.catalogue import Cards, catalogue
from apps.guide.hardware.fit import Card
from apps.guide.hardware.memory import GIB, gib
from apps.guide.hardware.question import HardwareQuestion, Known

OTHER = "other"
VARIANTS = {"base": "Base", "python": "Python", "instruct": "Instruct"}
MACHINES = {"nvidia": "NVIDIA", "apple": "Apple silicon", "cpu": "CPU"}
MOST_TOKENS = 1_000_000
MOST_SEQUENCES = 1024
MOST_CARDS = 8
MOST_GIB = 1024
USUAL_GB = 24
NOUNS = {"model": "model", "weights": "weight format", "kv": "KV cache", "gpu": "GPU"}


@dataclass(frozen=True, slots=True)
class Fault:
    """An unusable part of a URL, and the value used instead; ``field`` is empty for an unknown name."""

    reason: str
    instead: str
    field: str = ""

    def __str__(self) -> str:
        return f"{self.reason} {self.instead}"


class WholeNumber(forms.IntegerField):
    """A count, from one. The field is a text field, so that it can show any typed text."""

    def __init__(self, label: str, *, most: int, hint: str) -> None:
        super().__init__(
            label=label,
            min_value=1,
            max_value=most,
            help_text=hint,
            widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
            error_messages={
                "invalid": "Enter a whole number.",
                "min_value": "At least 1.",
                "max_value": f"At most {most:,}.",
            },
        )

    def to_python(self, value: Any) -> int | None:
        """Read thousands with separators as well, and as “16k”."""
        plain = re.sub(r"(?<=\d)[,_\s](?=\d{3})", "", str(value or ""))
        return super().to_python(re.sub(r"^(\d{1,6})k$", r"\g<1>000", plain))


class HardwareForm(forms.Form):
    """The calculator's form. Bind it with ``read``."""

    model = forms.ChoiceField()
    weights = forms.ChoiceField(label="Weights", help_text="Fewer bits take less memory.")
    context = WholeNumber("Context", most=MOST_TOKENS, hint="Tokens of one conversation, reply included.")
    sequences = WholeNumber("Sequences", most=MOST_SEQUENCES, hint="Conversations at the same time.")
    kv = forms.ChoiceField(label="KV cache")
    gpu = forms.ChoiceField(label="GPU or machine")
    memory = forms.FloatField(
        label="Memory of the other card",
        min_value=1,
        max_value=MOST_GIB,
        required=False,
        help_text="GiB of one card.",
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": "Enter a number.",
            "min_value": "At least 1 GiB.",
            "max_value": f"At most {MOST_GIB:,} GiB.",
        },
    )
    gpus = WholeNumber("Number of cards", most=MOST_CARDS, hint="In one host.")

    def __init__(self, data: dict[str, str], known: Known) -> None:
        super().__init__(data)
        self.known = known
        cards = [
            (title, [(slug, card.label) for slug, card in known.cards.items() if card.machine == machine])
            for machine, title in MACHINES.items()
        ]
        self.fields["model"].choices = [  # type: ignore[attr-defined]
            (title, [(slug, model.name) for slug, model in known.models.items() if model.variant == variant])
            for variant, title in VARIANTS.items()
        ]
        self.fields["weights"].choices = _labels(known.formats)  # type: ignore[attr-defined]
        self.fields["kv"].choices = _labels(known.precisions)  # type: ignore[attr-defined]
        self.fields["gpu"].choices = [*cards, (OTHER, "Another card")]  # type: ignore[attr-defined]
        for name, noun in NOUNS.items():
            self.fields[name].error_messages["invalid_choice"] = f"There is no {noun} “%(value)s”."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("gpu") == OTHER and "memory" not in self.errors and not cleaned.get("memory"):
            self.add_error("memory", "Enter how many GiB the other card has.")
        return cleaned


def _labels(choices: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(slug, choice.label) for slug, choice in choices.items()]


def defaults(known: Known) -> dict[str, str]:
    """Return the default values, spelled as in a URL."""
    return {
        "model": "7b-instruct" if "7b-instruct" in known.models else next(iter(known.models)),
        "weights": next(iter(known.formats)),
        "context": "8192",
        "sequences": "1",
        "kv": next(iter(known.precisions)),
        "gpu": next((slug for slug, card in known.cards.items() if card.sold_gb >= USUAL_GB), next(iter(known.cards))),
        "memory": "",
        "gpus": "1",
    }


def read(query: QueryDict, known: Known) -> tuple[HardwareQuestion, HardwareForm, list[Fault]]:
    """Return the URL's question, its form for the page, and the faults of unusable values."""
    usual = defaults(known)
    given = {name: typed for name in usual if (typed := str(query.get(name, "")).strip().lower())}
    given = {**given, **_named_card(given, known)}
    faults = [Fault(f"“{name[:40]}” means nothing here.", "It is left out.") for name in query if name not in usual]
    form = HardwareForm({**usual, **given}, known)
    if form.is_valid():
        return _question(form.cleaned_data, known), form, faults
    faults += [_fault(form, name, usual) for name in form.errors]
    repaired = HardwareForm({**usual, **given, **{name: usual[name] for name in form.errors}}, known)
    if not repaired.is_valid():  # the other card, without its memory
        repaired = HardwareForm({**repaired.data, "gpu": usual["gpu"]}, known)
        repaired.full_clean()
    return _question(repaired.cleaned_data, known), _for_page(form, repaired, faults), faults


def _named_card(given: Mapping[str, str], known: Known) -> dict[str, str]:
    """Read a card by a name that is not in the list: “2x3090”, “M2 Max 64 GB”."""
    typed = given.get("gpu", "")
    if not typed or typed == OTHER or typed in known.cards:
        return {}
    cards = catalogue(known.cards.values()).find(typed).cards
    return _as_given(cards, given, known) if cards else {}


def _as_given(cards: Cards, given: Mapping[str, str], known: Known) -> dict[str, str]:
    count = {"gpus": str(cards.count)} if cards.count > 1 or "gpus" not in given else {}
    if cards.card.is_machine:
        return {"gpu": cards.card.slug}
    listed = cards.card.slug in known.cards
    return {
        **({"gpu": cards.card.slug} if listed else {"gpu": OTHER, "memory": f"{gib(cards.card.memory):.6g}"}),
        **count,
    }


def _for_page(form: HardwareForm, repaired: HardwareForm, faults: list[Fault]) -> HardwareForm:
    """Show the default in lists, because a list cannot show an unknown value; keep numbers as they were typed."""
    lists = {name for name in form.errors if isinstance(form.fields[name], forms.ChoiceField)}
    form.data = {**form.data, **{name: repaired.data[name] for name in lists}}
    for fault in faults:
        if fault.field:
            form.errors[fault.field] = form.error_class([str(fault)], renderer=form.renderer, field_id=fault.field)
    return form


def _fault(form: HardwareForm, name: str, usual: dict[str, str]) -> Fault:
    error = form.errors.as_data()[name][0]
    field, typed = form.fields[name], form.data[name][:40]
    if isinstance(field, forms.ChoiceField):
        asks = catalogue(form.known.cards.values()).find(typed).doubt if name == "gpu" else ""
        reason = asks or f"There is no {NOUNS[name]} “{typed}”."
        return Fault(reason, f"Using {_label(form.known, name, usual[name])} instead.", name)
    instead = f"Using {int(usual[name]):,} instead." if usual[name] else "Using a card of the list instead."
    return Fault(_sentence(error), instead, name)


def _label(known: Known, name: str, slug: str) -> str:
    """Return what a list shows for one of its choices."""
    if name == "model":
        return known.models[slug].name
    if name == "gpu":
        return known.cards[slug].label
    return known.formats[slug].label if name == "weights" else known.precisions[slug].label


def _sentence(error: ValidationError) -> str:
    return str(error.messages[0])


def _question(cleaned: dict[str, Any], known: Known) -> HardwareQuestion:
    return HardwareQuestion(
        model=known.models[cleaned["model"]],
        form=known.formats[cleaned["weights"]],
        precision=known.precisions[cleaned["kv"]],
        context=cleaned["context"],
        sequences=cleaned["sequences"],
        card=_card(cleaned, known),
        count=cleaned["gpus"],
    )


def _card(cleaned: dict[str, Any], known: Known) -> Card:
    if cleaned["gpu"] != OTHER:
        return known.cards[cleaned["gpu"]]
    return Card(slug=OTHER, label=f"Other card, {cleaned['memory']:g} GiB", memory=round(cleaned["memory"] * GIB))

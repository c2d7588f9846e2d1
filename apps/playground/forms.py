"""The forms of the three pages."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from apps.endpoints.form_fields import StopsField
from apps.endpoints.parameters import HIGHEST_TEMPERATURE
from apps.generation.documents import CUT, ORDER
from apps.generation.models import Task
from apps.generation.services.start import Document
from apps.playground.colouring import LANGUAGES, LONGEST
from apps.playground.models import Kind
from apps.playground.offers import Offer, able_endpoints, offers_for

MOST_CHARACTERS = 400_000
MOST_TOKENS = 4096
HIGHEST_SEED = 2**31 - 1  # accepted by every model server
FEWEST_COLUMNS, MOST_COLUMNS = 2, 4
LF, CRLF = "lf", "crlf"
BY_RULE = "rule"
LINE_ENDS = [(LF, "LF (Unix)"), (CRLF, "CRLF (Windows)")]
ORDERS = [(BY_RULE, "By the rule"), ("psm", "PSM: prefix, suffix, middle"), ("spm", "SPM: suffix, prefix, middle")]
STANDS_IN = "No Base model is served here. The one in its place is not a Code Llama."
SAMPLING = ("max_tokens", "temperature", "top_p", "seed", "stop")
CODE = {"rows": 10, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off", "class": "pane__text"}


class CodeField(forms.CharField):
    """A text area without stripping. Browsers send CRLF for every line end; ``clean_texts`` restores the original."""

    def __init__(self, label: str, *, required: bool = True, rows: int = 10) -> None:
        widget = forms.Textarea(attrs={**CODE, "rows": rows})
        super().__init__(label=label, required=required, strip=False, max_length=MOST_CHARACTERS, widget=widget)


class DraftForm(forms.Form):
    """Code that another page sends to the playground."""

    code = CodeField("Code")

    @property
    def text(self) -> str:
        return str(self.cleaned_data["code"]).replace("\r\n", "\n")


class ColouringForm(DraftForm):
    """Code of a pane."""

    language = forms.ChoiceField(choices=LANGUAGES)

    def clean_code(self) -> str:
        code = str(self.cleaned_data["code"])
        if len(code.replace("\r\n", "\n")) > LONGEST:
            raise ValidationError("This is too long to be coloured.")
        return code


class SettingsForm(forms.Form):
    """The sampling parameters beside the text. ``task`` and the person decide which models are offered."""

    kind: Kind
    texts: tuple[str, ...]

    max_tokens = forms.IntegerField(label="Longest reply", min_value=1, max_value=MOST_TOKENS, help_text="Tokens.")
    temperature = forms.FloatField(min_value=0, max_value=HIGHEST_TEMPERATURE, help_text="0: the most likely token.")
    top_p = forms.FloatField(label="Top-p", required=False, min_value=0.01, max_value=1)
    seed = forms.IntegerField(required=False, min_value=0, max_value=HIGHEST_SEED, help_text="Fixes chance.")
    stop = StopsField(label="Stop sequences", help_text=r"One a line; \n is a line break.")
    line_ends = forms.ChoiceField(label="Line ends", choices=LINE_ENDS, required=False)
    language = forms.ChoiceField(label="Colours", choices=LANGUAGES, required=False)

    def __init__(self, *args: Any, person_id: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.person_id = person_id
        for name, value in {"temperature": "0", "line_ends": LF, "language": LANGUAGES[0][0]}.items():
            self.initial.setdefault(name, value)
        for name in ("temperature", "top_p"):
            self.fields[name].widget.attrs["step"] = "any"
        for field in self.fields.values():
            # Fields name their form by id, because other forms stand between the fields.
            field.widget.attrs["form"] = "ask"

    @property
    def sampling(self) -> dict[str, Any]:
        """Return the parameters that were set, as generations keep them."""
        return {name: self.cleaned_data[name] for name in SAMPLING if self.cleaned_data.get(name) not in (None, [])}

    @property
    def settings(self) -> dict[str, Any]:
        """Return the values of all fields but the texts, to fill the form again."""
        values = {name: _as_json(value) for name, value in self.cleaned_data.items() if name not in self.texts}
        return {**values, "stop": self.fields["stop"].prepare_value(values.get("stop", []))}

    def text(self, name: str) -> str:
        """Return a text with the line ends that were chosen."""
        text = str(self.cleaned_data[name]).replace("\r\n", "\n")
        return text.replace("\n", "\r\n") if self.cleaned_data.get("line_ends") == CRLF else text


class DocumentForm(SettingsForm):
    """A document for one model."""

    task: Task

    model = forms.ChoiceField()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.offers: list[Offer] = offers_for(self.task, self.person_id)
        field = self.fields["model"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (for mypy)
        field.choices = [(offer.value, offer.label) for offer in self.offers]
        field.error_messages["invalid_choice"] = "This model is not offered any longer. Choose another."
        field.required = bool(self.offers)
        if any(offer.stands_in for offer in self.offers):
            field.help_text = STANDS_IN

    @property
    def document(self) -> Document:
        raise NotImplementedError

    @property
    def parameters(self) -> dict[str, Any]:
        return {**self.sampling, CUT: True}


class CompleteForm(DocumentForm):
    """Code to continue."""

    kind = Kind.COMPLETE
    task = Task.COMPLETE
    texts = ("code",)

    code = CodeField("Code", rows=16)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("max_tokens", 128)

    @property
    def document(self) -> Document:
        return Document(self.text("code"))


class FillForm(DocumentForm):
    """The two sides of a gap."""

    kind = Kind.FILL
    task = Task.INFILL
    texts = ("before", "after")

    before = CodeField("Before the gap", required=False)
    after = CodeField("After the gap", rows=6)
    order = forms.ChoiceField(
        choices=ORDERS,
        required=False,
        help_text="PSM if the text before the gap ends in a word, else SPM. llama.cpp decides by itself.",
    )

    field_order = ("before", "after")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("max_tokens", 128)
        self.initial.setdefault("order", BY_RULE)
        self.fields["after"].error_messages["required"] = "Write what comes after the gap. Without it, use Complete."

    @property
    def document(self) -> Document:
        return Document(self.text("before"), self.text("after"))

    @property
    def parameters(self) -> dict[str, Any]:
        order = self.cleaned_data.get("order")
        return {**super().parameters, **({ORDER: order} if order in ("psm", "spm") else {})}


class SideBySideForm(SettingsForm):
    """One prompt for two to four endpoints."""

    kind = Kind.SIDE_BY_SIDE
    texts = ("prompt",)

    prompt = CodeField("Prompt", rows=6)
    task = forms.ChoiceField(
        label="As", choices=[(Task.CHAT, "Chat"), (Task.COMPLETE, "Completion")], widget=forms.RadioSelect
    )
    endpoints = forms.TypedMultipleChoiceField(
        label="Models", coerce=UUID, empty_value=[], widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        able = {e.pk: e for task in (Task.CHAT, Task.COMPLETE) for e in able_endpoints(task, self.person_id)}
        self.able = list(able.values())
        field = self.fields["endpoints"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101 (for mypy)
        field.choices = [(str(endpoint.pk), Offer(endpoint.variant, endpoint).label) for endpoint in self.able]
        self.initial.setdefault("max_tokens", 256)
        self.initial.setdefault("seed", 42)
        self.initial.setdefault("task", Task.CHAT)
        self.initial.setdefault("endpoints", [str(e.pk) for e in self.able][:MOST_COLUMNS])

    def clean_endpoints(self) -> list[UUID]:
        chosen: list[UUID] = self.cleaned_data["endpoints"]
        if not FEWEST_COLUMNS <= len(chosen) <= MOST_COLUMNS:
            raise ValidationError("Choose two to four models.")
        return chosen

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        able = {e.pk: e for e in self.able}
        task = cleaned.get("task")
        unable = [able[pk].name for pk in cleaned.get("endpoints", []) if task and task not in able[pk].capabilities]
        if unable:
            words = {Task.CHAT: "chat", Task.COMPLETE: "complete text"}[Task(str(task))]
            self.add_error("endpoints", f"{unable[0]} cannot {words}. Take it out, or choose the other task.")
        return cleaned


type PlaygroundForm = CompleteForm | FillForm | SideBySideForm

FORMS: dict[str, type[CompleteForm] | type[FillForm] | type[SideBySideForm]] = {
    Kind.COMPLETE: CompleteForm,
    Kind.FILL: FillForm,
    Kind.SIDE_BY_SIDE: SideBySideForm,
}


def _as_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return str(value) if isinstance(value, UUID) else value

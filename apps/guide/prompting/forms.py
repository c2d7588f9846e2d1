"""The forms of the prompt preview. Each form builds its prompt, or says why it cannot."""

from typing import Any, ClassVar, Literal, cast

from django import forms

from apps.guide.examples import open_url
from apps.guide.prompting.examples import Turn
from apps.inference.errors import InvalidRequest
from apps.inference.prompts import Order, Prompt, Template, chat_prompt, completion_prompt, infilling_prompt

LONGEST = 4000
Kind = Literal["chat", "infill", "complete"]


class TextField(forms.CharField):
    """A text area whose value stays exact, except that the CR LF of browsers becomes LF."""

    def __init__(self, *, rows: int, **options: Any) -> None:
        widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "false", "autocomplete": "off", "class": "input"})
        super().__init__(required=False, strip=False, max_length=LONGEST, widget=widget, **options)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")


class PromptForm(forms.Form):
    """The base of the forms, which build prompts."""

    example: ClassVar[dict[str, str]]

    def __init__(self, typed: Any) -> None:
        super().__init__(typed, auto_id="preview-%s")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.prompt = self.build(cleaned)
            except InvalidRequest as error:
                raise forms.ValidationError(error.sentence) from None
        return cleaned

    def build(self, cleaned: dict[str, Any]) -> Prompt:
        """Return the prompt; raises ``InvalidRequest`` with a sentence."""
        raise NotImplementedError

    @property
    def open_url(self) -> str:
        """Return the address of the playground with the typed text; empty for a chat."""
        return ""


class ChatForm(PromptForm):
    """A question, maybe with a system message and an exchange before it."""

    example = {"system": "Provide answers in JavaScript", "question": "Sum two numbers."}

    template = forms.ChoiceField(
        label="Format",
        required=False,
        choices=[
            ("llama-2", "Instruct 7B, 13B, 34B"),
            ("70b", "Instruct 70B, reference code"),
            ("70b-hub", "Instruct 70B, template on Hugging Face"),
        ],
    )
    system = TextField(rows=2, label="System message")
    empty_system = forms.BooleanField(label="Send the system message even if it is empty", required=False)
    earlier_question = TextField(rows=2, label="Earlier question", help_text="Leave both empty for none.")
    earlier_answer = TextField(rows=2, label="Earlier answer")
    question = TextField(rows=3, label="Question")

    def build(self, cleaned: dict[str, Any]) -> Prompt:
        turns = []
        if cleaned["system"] or cleaned["empty_system"]:
            turns.append(Turn("system", cleaned["system"]))
        if cleaned["earlier_question"] or cleaned["earlier_answer"]:
            turns += [Turn("user", cleaned["earlier_question"]), Turn("assistant", cleaned["earlier_answer"])]
        turns.append(Turn("user", cleaned["question"]))
        size = "7B" if cleaned["template"] in ("", "llama-2") else "70B"
        template: Template = "hub" if cleaned["template"] == "70b-hub" else "reference"
        return chat_prompt(turns, size=size, template=template)


class InfillForm(PromptForm):
    """Text before and after a gap."""

    example = {"before": 'def remove_non_ascii(s: str) -> str:\n    """ ', "after": "\n    return result\n"}

    order = forms.ChoiceField(
        label="Order",
        required=False,
        choices=[
            ("", "By the last character before the cursor"),
            ("psm", "Prefix, suffix, middle (PSM)"),
            ("spm", "Suffix, prefix, middle (SPM)"),
        ],
    )
    before = TextField(rows=4, label="Before the cursor")
    after = TextField(rows=4, label="After the cursor")

    def build(self, cleaned: dict[str, Any]) -> Prompt:
        order = cast("Order | None", cleaned["order"] or None)
        return infilling_prompt(cleaned["before"], cleaned["after"], order=order)

    @property
    def open_url(self) -> str:
        return open_url(before=self.cleaned_data["before"], after=self.cleaned_data["after"])


class CompleteForm(PromptForm):
    """Text to be continued."""

    example = {"text": "def fizzbuzz(n: int):"}

    text = TextField(rows=5, label="Text")

    def build(self, cleaned: dict[str, Any]) -> Prompt:
        return completion_prompt(cleaned["text"])

    @property
    def open_url(self) -> str:
        return open_url(before=self.cleaned_data["text"])


FORMS: dict[str, type[PromptForm]] = {"chat": ChatForm, "infill": InfillForm, "complete": CompleteForm}

"""The forms of settings, of conversations and presets."""

from collections.abc import Callable, Sequence
from typing import Any, cast, override

from django import forms

from apps.chat.conversation_settings.limits import (
    HIGHEST_SEED,
    LONGEST_REPLY_TOKENS,
    LONGEST_STOP,
    LONGEST_SYSTEM_PROMPT,
    Limits,
)
from apps.chat.conversation_settings.servers import BEST, ChatServers
from apps.chat.conversation_settings.values import NAMES, Settings, longest_reply, settings_of
from apps.chat.models import Conversation, Mode
from apps.endpoints.form_fields import StopsField
from apps.endpoints.parameters import HIGHEST_TEMPERATURE, MOST_STOPS
from apps.inference.requests import SAMPLING_PARAMETERS

CUT = ("temperature", "top_p", "max_tokens", "stop")  # to a server's own limit
STOP_HINT = f"A reply ends at any of them. One a line, at most {MOST_STOPS}; \\n stands for a new line."


def _number(  # noqa: PLR0913 (a field has that many facts)
    kind: Callable[..., forms.Field], least: float, most: float, *, label: str, rule: str, hint: str
) -> forms.Field:
    """Return a text field. In a closed panel, a browser refuses a wrong ``type=number`` without a word."""
    return kind(
        label=label,
        required=False,
        min_value=least,
        max_value=most,
        help_text=hint,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), rule),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "Server default"}),
    )


class ParametersForm(forms.Form):
    """System prompt and sampling parameters."""

    system_prompt = forms.CharField(
        label="System prompt",
        required=False,
        strip=False,
        max_length=LONGEST_SYSTEM_PROMPT,
        help_text=f"The model reads it before everything else. At most {LONGEST_SYSTEM_PROMPT:,} characters.",
        error_messages={"max_length": "It has %(show_value)d characters; at most %(limit_value)d are allowed."},
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto", "placeholder": "none"}),
    )
    temperature = _number(
        forms.FloatField,
        0,
        HIGHEST_TEMPERATURE,
        label="Temperature",
        rule=f"Write a number from 0 to {HIGHEST_TEMPERATURE:g}, such as 0.2.",
        hint="0 takes the likeliest word each time; more makes replies differ.",
    )
    top_p = _number(
        forms.FloatField,
        0,
        1,
        label="Top-p",
        rule="Write a number above 0 and at most 1, such as 0.9.",
        hint="Only the likeliest words count, up to this share. 1 counts all.",
    )
    max_tokens = _number(
        forms.IntegerField,
        1,
        LONGEST_REPLY_TOKENS,
        label="Longest reply",
        rule=f"Write a whole number from 1 to {LONGEST_REPLY_TOKENS:,}.",
        hint="In tokens: a token is about three characters of code.",
    )
    stop = StopsField(label="Stop sequences", help_text=STOP_HINT)
    seed = _number(
        forms.IntegerField,
        0,
        HIGHEST_SEED,
        label="Seed",
        rule=f"Write a whole number from 0 to {HIGHEST_SEED:,}.",
        hint="The same one makes replies repeatable, as far as a server can.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["max_tokens"].widget.attrs["placeholder"] = f"{longest_reply(Mode.CHAT):,}"
        self.fields["seed"].widget.attrs["placeholder"] = "random"

    def clean_system_prompt(self) -> str:
        text: str = self.cleaned_data["system_prompt"].replace("\r\n", "\n").strip()
        return text

    def clean_stop(self) -> list[str] | None:
        stops: list[str] = self.cleaned_data["stop"]
        if (longest := max(map(len, stops), default=0)) > LONGEST_STOP:
            raise forms.ValidationError(f"One of them has {longest} characters; at most {LONGEST_STOP} are taken.")
        return stops or None

    def clean_top_p(self) -> float | None:
        value: float | None = self.cleaned_data["top_p"]
        if value == 0:
            raise forms.ValidationError(self.fields["top_p"].error_messages["min_value"])
        return value

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the given sampling parameters."""
        return {name: self.cleaned_data[name] for name in SAMPLING_PARAMETERS if self.cleaned_data[name] is not None}


class SettingsForm(ParametersForm):
    """A conversation's settings. Hidden fields carry what the browser was shown, so that only changes are saved."""

    prefix = "settings"
    endpoint = forms.ChoiceField(
        label="Model server",
        required=False,
        help_text="If you pick a server, replies wait for it and never use another.",
        error_messages={"invalid_choice": "There is no model server “%(value)s” that answers chats."},
    )

    def __init__(
        self,
        *args: Any,
        servers: ChatServers,
        conversation: Conversation | None = None,
        mode: Mode = Mode.CHAT,
        first: Settings | None = None,
        **kw: Any,
    ) -> None:
        stored = settings_of(conversation)
        super().__init__(*args, initial={**stored, **(first or {})}, **kw)
        self._conversation = conversation
        self._servers = servers
        cast("forms.ChoiceField", self.fields["endpoint"]).choices = self._choices()
        if (conversation.mode if conversation else mode) == Mode.GUIDE:
            self.fields["max_tokens"].widget.attrs["placeholder"] = f"{longest_reply(Mode.GUIDE):,}"
            self.fields["system_prompt"].help_text += " The guide’s instructions and passages follow it."
        for name in CUT:
            if remark := Limits(servers.enabled).remark_on(name):
                self.fields[name].help_text += f" {remark}"
        self.order_fields(NAMES)
        for field in self.fields.values():
            if conversation is None:
                field.widget.attrs["form"] = "composer"  # sent with the first message
            else:
                field.show_hidden_initial = True

    def _choices(self) -> Sequence[tuple[str, str]]:
        listed = [(endpoint.name, endpoint.title) for endpoint in self._servers.enabled]
        kept = self._conversation.server_name if self._conversation else ""
        if kept and not self._servers.named(kept):
            listed.append((kept, f"{kept} (not there at the moment)"))
        return [("", BEST), *listed]

    @override
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        name = cleaned.get("endpoint", "")
        chosen = self._servers.named(name)
        limits = Limits([chosen] if chosen else [] if name else self._servers.enabled)
        for parameter in CUT:
            value = cleaned.get(parameter)
            if value is not None and (problem := limits.problem_with(parameter, value)):
                self.add_error(parameter, problem)
        return cleaned

    @property
    def chosen(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in NAMES}

    @property
    def changes(self) -> dict[str, Any]:
        """Return the settings that differ from what the browser was shown."""
        return {name: value for name, value in self.chosen.items() if name in self.changed_data}

    @property
    def sentence(self) -> str:
        """Return the errors with the fields' names: “temperature: Write a number from 0 to 2.”."""
        problems = self.errors.items()
        return " ".join(f"{self[name].label.lower()}: {' '.join(map(str, errors))}" for name, errors in problems)

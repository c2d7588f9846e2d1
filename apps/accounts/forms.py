"""Forms for accounts."""

from typing import Any

from django import forms
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import Group

from apps.accounts.keys.api_keys import KeyLimits
from apps.accounts.models import Scope, User

FOR_EVER = ""
LONGEST_MODEL_NAME = 300
NUMBERS = ("generations_at_once", "requests_per_minute", "tokens_per_day")


class KeyForm(forms.Form):
    """A new API key: its purpose, days and limits."""

    name = forms.CharField(
        label="What it is for",
        max_length=100,
        help_text="Such as “editor on the laptop”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lasts = forms.TypedChoiceField(
        label="Works for",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year"), (FOR_EVER, "No end")],
        initial="90",
    )
    scopes = forms.MultipleChoiceField(
        label="Only for",
        required=False,
        choices=Scope.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    model_names = forms.CharField(
        label="Only these models",
        required=False,
        max_length=2000,
        help_text="Names as /v1/models lists them, with commas.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    generations_at_once = forms.IntegerField(label="Replies at once", required=False, min_value=1, max_value=10_000)
    requests_per_minute = forms.IntegerField(label="Requests a minute", required=False, min_value=1, max_value=10**6)
    tokens_per_day = forms.IntegerField(label="Tokens a day", required=False, min_value=1, max_value=10**12)

    def clean_model_names(self) -> list[str]:
        given = [name.strip() for name in self.cleaned_data["model_names"].split(",")]
        names = list(dict.fromkeys(name for name in given if name))
        if any(len(name) > LONGEST_MODEL_NAME for name in names):
            raise forms.ValidationError(f"A model’s name has at most {LONGEST_MODEL_NAME} characters.")
        return names

    @property
    def limit_errors(self) -> bool:
        """Return whether a field of the limits has an error."""
        return any(name in self.errors for name in ("scopes", "model_names", *NUMBERS))

    @property
    def limits(self) -> KeyLimits:
        """Return the key's limits. Call this on a valid form."""
        given = self.cleaned_data
        return KeyLimits(**{name: given[name] for name in ("scopes", "model_names", *NUMBERS)})

    @property
    def days(self) -> int | None:
        """Return the number of days that the key works; ``None`` for ever. Call this on a valid form."""
        days: int | None = self.cleaned_data["lasts"]
        return days


class InvitationForm(forms.Form):
    """A new invitation: for whom, and how long the link works."""

    note = forms.CharField(
        label="Who is it for?",
        max_length=100,
        help_text="For your own list, such as “Dana, data team”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    days = forms.TypedChoiceField(
        label="Link works for",
        coerce=int,
        choices=[("1", "1 day"), ("7", "7 days"), ("30", "30 days")],
        initial="7",
    )
    for_admin = forms.BooleanField(label="Make them an admin", required=False)

    def __init__(self, *args: Any, may_make_admins: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_make_admins:
            del self.fields["for_admin"]


class GroupsForm(forms.Form):
    """The groups of a person."""

    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        label="Groups",
        required=False,
        help_text="Model servers, presets and limits can be those of groups.",
        widget=forms.CheckboxSelectMultiple,
    )


class JoinForm(UserCreationForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The user name and password with which an invited person joins."""

    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("username",)


class DeletionForm(forms.Form):
    """The name of the account, typed once more, before it is deleted."""

    username = forms.CharField(label="Your user name", widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = expected

    def clean_username(self) -> str:
        username = str(self.cleaned_data["username"])
        if username != self.expected:
            raise forms.ValidationError("This is not your user name.")
        return username

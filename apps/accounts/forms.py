"""Forms for accounts."""

from django import forms

FOR_EVER = ""


class KeyForm(forms.Form):
    """A new API key: its purpose and how long it works."""

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

    @property
    def days(self) -> int | None:
        """Return the number of days that the key works; ``None`` for ever. Call it on a valid form."""
        days: int | None = self.cleaned_data["lasts"]
        return days

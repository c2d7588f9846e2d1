"""The form in which an error is reported."""

from django import forms


class ReportForm(forms.Form):
    """The error, and a reader's contact if they like."""

    text = forms.CharField(
        label="What is wrong or out of date?",
        max_length=4000,
        widget=forms.Textarea({"rows": 6}),
        help_text="The sentence or figure, and what it should say. A source helps.",
    )
    contact = forms.CharField(
        label="How we can reach you",
        max_length=200,
        required=False,
        widget=forms.TextInput({"autocomplete": "email"}),
        help_text="An address or a name, seen by the administrators of this site only.",
    )

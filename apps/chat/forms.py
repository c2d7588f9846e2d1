"""What people may send."""

from typing import Any

from django import forms
from django.conf import settings


class MessageForm(forms.Form):
    """A question. ``key`` makes a repeated submission harmless."""

    message = forms.CharField(
        strip=False,
        error_messages={"required": "Write a message first."},
        widget=forms.Textarea(attrs={"rows": 1, "aria-label": "Message"}),
    )
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def clean_message(self) -> str:
        text: str = self.cleaned_data["message"]
        longest = settings.CHAT_MESSAGE_CHARACTERS
        if len(text) > longest:
            raise forms.ValidationError(
                f"This message has {len(text):,} characters; at most {longest:,} can be sent. Shorten it."
            )
        if not text.strip():
            raise forms.ValidationError("Write a message first.")
        return text.replace("\r\n", "\n").strip("\n")

    @property
    def sentence(self) -> str:
        """The first thing that is wrong."""
        errors: Any = self.errors.get_json_data()
        return next((problem["message"] for problems in errors.values() for problem in problems), "")

"""The forms of the chat."""

import json
from typing import Any
from uuid import UUID, uuid5

from django import forms
from django.conf import settings
from django.http import HttpRequest

from apps.chat.models.message import LONGEST_COMMENT
from apps.chat.selectors import MOST_SELECTED


class IdsField(forms.Field):
    """Any number of ids, from fields of the same name."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {"invalid": "An attached file is not known."}

    def to_python(self, value: Any) -> list[UUID]:
        try:
            return [UUID(str(item)) for item in value or ()]
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"]) from None


class DraftForm(forms.Form):
    """The conversation whose draft of files is meant; empty for a new conversation."""

    conversation = forms.UUIDField(required=False)


class EditForm(forms.Form):
    """The form that shows a question for editing; ``MessageForm`` reads its answer."""

    message = forms.CharField(label="Question", widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}))


class MessageForm(forms.Form):
    """A question. ``key`` makes a repeated submission harmless; ``attachments`` were uploaded before it.

    ``temporary`` begins a temporary chat. An edited question keeps the files ``keep`` if ``chooses_files``, else all.
    """

    message = forms.CharField(
        strip=False,
        error_messages={"required": "Write a message first."},
        widget=forms.Textarea(attrs={"rows": 1, "aria-label": "Message"}),
    )
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)
    attachments = IdsField(required=False)
    temporary = forms.BooleanField(required=False)
    chooses_files = forms.BooleanField(required=False)
    keep = IdsField(required=False)

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

    def key_for(self, request: HttpRequest) -> UUID | None:
        """Return the key by which this submission takes effect only once.

        A page from the back/forward cache brings back a used key. So the text, the files and the address are part of
        the returned key: if one differs, it is another message.
        """
        key: UUID | None = self.cleaned_data.get("key")
        if key is None:
            return None
        ids = [str(named) for field in ("attachments", "keep") for named in self.cleaned_data.get(field, [])]
        uploads = [[upload.name, upload.size] for upload in request.FILES.getlist("files")]
        return uuid5(key, json.dumps([request.path, self.cleaned_data.get("message"), ids, uploads]))

    @property
    def kept(self) -> list[UUID] | None:
        """The files that an edited question keeps; ``None`` for all."""
        return self.cleaned_data["keep"] if self.cleaned_data["chooses_files"] else None

    @property
    def sentence(self) -> str:
        return first_problem(self)


class CommentForm(forms.Form):
    """A comment beside a rating; without the field the comment stays."""

    comment = forms.CharField(
        required=False,
        max_length=LONGEST_COMMENT,
        error_messages={"max_length": "A comment has at most %(limit_value)d characters."},
    )

    @property
    def comment_or_none(self) -> str | None:
        """Return the comment, or ``None`` if the form was sent without its field."""
        return self.cleaned_data["comment"] if "comment" in self.data else None

    @property
    def sentence(self) -> str:
        return first_problem(self)


class SelectionForm(forms.Form):
    """Several conversations, and an action on them."""

    do = forms.ChoiceField(
        choices=[("archive", "Archive"), ("delete", "Delete")],
        error_messages={"required": "Choose what to do with them.", "invalid_choice": "That cannot be done with them."},
    )
    selected = IdsField(
        error_messages={"required": "Select a conversation first.", "invalid": "A conversation is not known."}
    )

    def clean_selected(self) -> list[UUID]:
        selected: list[UUID] = self.cleaned_data["selected"]
        if len(selected) > MOST_SELECTED:
            raise forms.ValidationError(f"At most {MOST_SELECTED} can be selected at once, not {len(selected):,}.")
        return selected

    @property
    def sentence(self) -> str:
        return first_problem(self)


def first_problem(form: forms.Form) -> str:
    """Return the errors as a sentence; empty if there are none."""
    errors: Any = form.errors.get_json_data()
    return next((problem["message"] for problems in errors.values() for problem in problems), "")

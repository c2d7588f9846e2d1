"""The form of a preset."""

from typing import Any

from django import forms

from apps.chat.conversation_settings.settings_form import ParametersForm
from apps.chat.models import Preset
from apps.chat.models.preset import CODE_MARK
from apps.chat.titles import one_line

LONGEST_OPENING = 4_000  # characters


class PresetForm(ParametersForm, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A person's own preset; in the admin, everybody's."""

    opening = forms.CharField(
        label="How the message begins",
        required=False,
        strip=False,
        max_length=LONGEST_OPENING,
        help_text=f"{CODE_MARK} marks where the code goes, and the cursor with it.",
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )

    class Meta:
        model = Preset
        fields = ["name", "description", "opening", "system_prompt"]
        help_texts = {"description": "A line that says what it is for."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in (self.instance.parameters or {}).items():
            self.initial.setdefault(name, value)

    def clean_name(self) -> str:
        """Allow one line without direction overrides: the name stands in sentences."""
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(self.fields["name"].error_messages["required"])
        return name

    def clean_opening(self) -> str:
        text: str = self.cleaned_data["opening"].replace("\r\n", "\n").strip("\n")
        if text.count(CODE_MARK) > 1:
            raise forms.ValidationError(f"{CODE_MARK} can stand in it once.")
        return text

    def _post_clean(self) -> None:
        if not self.errors:
            self.instance.parameters = self.parameters
        super()._post_clean()  # type: ignore[misc]  # of ModelForm

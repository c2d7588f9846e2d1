"""The form of a folder."""

from typing import Any

from django import forms

from apps.chat.conversation_settings.settings_form import ParametersForm
from apps.chat.models import Folder
from apps.chat.titles import one_line


class FolderForm(ParametersForm, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The name of a folder, and the settings with which conversations begin in it."""

    class Meta:
        model = Folder
        fields = ["name", "system_prompt"]

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

    def _post_clean(self) -> None:
        if not self.errors:
            self.instance.parameters = self.parameters
        super()._post_clean()  # type: ignore[misc]  # of ModelForm

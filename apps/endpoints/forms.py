"""How an admin types an endpoint in."""

from typing import Any

from django import forms

from apps.endpoints.addresses import normalise_address
from apps.endpoints.errors import AddressRefused, InvalidEndpoint
from apps.endpoints.models import Endpoint
from apps.endpoints.tokens import check_token


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The token can be written here and never read: the field is always sent empty."""

    new_token = forms.CharField(
        label="Token",
        required=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    remove_token = forms.BooleanField(label="Remove the stored token", required=False)

    class Meta:
        model = Endpoint
        fields = ["name", "url", "protocol", "variant", "size", "model_id", "max_concurrency", "priority", "state"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_token"].help_text = (
            "A token is stored. Leave this empty to keep it." if self.instance.has_token else "No token is stored."
        )

    def clean_url(self) -> str:
        try:
            return normalise_address(self.cleaned_data["url"])
        except AddressRefused as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal

    def clean_new_token(self) -> str:
        token: str = self.cleaned_data["new_token"]
        try:
            check_token(token)
        except InvalidEndpoint as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        return token

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("new_token") and cleaned.get("remove_token"):
            self.add_error("remove_token", "Either give a new token or remove the stored one.")
        return cleaned

    def save(self, commit: bool = True) -> Endpoint:  # noqa: FBT001, FBT002 (Django's signature)
        if self.cleaned_data["remove_token"]:
            self.instance.token = ""
        elif self.cleaned_data["new_token"]:
            self.instance.token = self.cleaned_data["new_token"]
        endpoint: Endpoint = super().save(commit=commit)
        return endpoint

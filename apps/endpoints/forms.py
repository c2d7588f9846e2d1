"""The endpoint form of the console and of the Django admin."""

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.views.decorators.debug import sensitive_variables

from apps.endpoints.capabilities import TASKS
from apps.endpoints.errors import AddressRefused, InvalidEndpoint
from apps.endpoints.form_fields import YES, OverrideFields, ParameterFields, name_limits
from apps.endpoints.models import Endpoint, State
from apps.endpoints.security.addresses import normalise_address
from apps.endpoints.security.tokens import check_token
from apps.inference.catalogue import capabilities_of
from apps.inference.errors import InvalidRequest

GIVEN_FOR_ANOTHER_ADDRESS = (
    "The stored token was given for another address. Give the one for this address, or remove it."
)

OF_ONES_OWN = "For a model of your own, choose the size “other”."


class EndpointForm(ParameterFields, OverrideFields, forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Create or change an endpoint. The token can be written and never read: its field is always sent empty.

    A stored token does not follow a changed address: an editor could otherwise have it sent to a server of their own.
    """

    new_token = forms.CharField(
        label="Token",
        required=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    remove_token = forms.BooleanField(label="Remove the stored token", required=False)

    class Meta:
        model = Endpoint
        fields = [
            "name",
            "url",
            "protocol",
            "variant",
            "size",
            "model_id",
            "max_concurrency",
            "priority",
            "state",
            "groups",
            "context_window_override",
        ]
        widgets = {"groups": forms.CheckboxSelectMultiple}
        labels = {
            "max_concurrency": "Replies at once",
            "groups": "Only for these groups",
            "context_window_override": "Context window, in tokens",
        }
        help_texts = {
            "name": "As it appears in the console and in messages, such as gpu-1.",
            "url": "The root of the server, without /v1, such as http://gpu-1:8080.",
            "protocol": "TGI's own, or the OpenAI style that vLLM, SGLang and llama.cpp speak too.",
            "variant": "Chats go to Instruct, Python to Python, completion and infilling to Base.",
            "size": "Other, for a model that is not one of the twelve.",
            "model_id": "The model to ask for. Leave it empty for TGI; vLLM and SGLang need it.",
            "max_concurrency": "How many the server gets at once; the others wait in the queue.",
            "priority": "Higher is asked first.",
            "groups": "Choose none to let everybody use it. Admins may always.",
            "context_window_override": "Prompt and reply together. Leave it empty to believe the server.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored_url = self.instance.url
        self.initial = {
            **self.initial_parameters(self.instance),
            **self.initial_overrides(self.instance),
            **self.initial,
        }
        self.label_parameters()
        name_limits(self.fields)
        self.fields["new_token"].help_text = (
            "A token is stored. Leave this empty to keep it." if self.instance.has_token else "No token is stored."
        )

    def clean_url(self) -> str:
        try:
            return normalise_address(self.cleaned_data["url"])
        except AddressRefused as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal

    @sensitive_variables("token")
    def clean_new_token(self) -> str:
        token: str = self.cleaned_data["new_token"]
        try:
            check_token(token)
        except InvalidEndpoint as refusal:
            raise forms.ValidationError(refusal.sentence) from None
        return token

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self._check_token_choice(cleaned)
        self._check_model(cleaned)
        self.check_parameters()
        self.instance.default_parameters = self.given_parameters("default")
        self.instance.maximum_parameters = self.given_parameters("maximum")
        self.instance.capability_overrides = self.given_overrides()
        return cleaned

    def apply_token(self) -> None:
        """Seal the token that was typed, if any, and put it onto the instance."""
        if self.cleaned_data["remove_token"]:
            self.instance.token = ""
        elif self.cleaned_data["new_token"]:
            self.instance.token = self.cleaned_data["new_token"]

    def save(self, commit: bool = True) -> Endpoint:  # noqa: FBT001, FBT002 (Django's signature)
        self.apply_token()
        endpoint: Endpoint = super().save(commit=commit)
        return endpoint

    def _check_token_choice(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("new_token") and cleaned.get("remove_token"):
            self.add_error("remove_token", "Either give a new token or remove the stored one.")
        keeps = self.instance.has_token and not cleaned.get("new_token") and not cleaned.get("remove_token")
        if keeps and "url" in cleaned and _origin(cleaned["url"]) != _origin(self._stored_url):
            self.add_error("new_token", GIVEN_FOR_ANOTHER_ADDRESS)

    def _check_model(self, cleaned: dict[str, Any]) -> None:
        """Check the variant and size against the catalogue if the model is one of the twelve."""
        if not cleaned.get("size") or "variant" not in cleaned:
            return
        try:
            model = capabilities_of(cleaned["variant"], cleaned["size"])
        except InvalidRequest as refusal:
            self.add_error("size", refusal.sentence)
            return
        for task in TASKS:
            if cleaned.get(f"override_{task}") == YES and not model.ability(task).may_be_tried:
                self.add_error(f"override_{task}", f"{model.name} was not trained for this. {OF_ONES_OWN}")
        longest, asked = model.claimed_context.value, cleaned.get("context_window_override")
        if longest and asked and asked > longest:
            self.add_error("context_window_override", f"{model.name} takes {longest:,} tokens at most. {OF_ONES_OWN}")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


class StateForm(forms.Form):
    """Enable, drain or disable. ``confirmed`` means that the admin was told of running generations."""

    state = forms.ChoiceField(choices=State)
    confirmed = forms.BooleanField(required=False)

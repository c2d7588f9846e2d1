"""Endpoints in the admin."""

from django.contrib import admin

from apps.endpoints.forms import EndpointForm
from apps.endpoints.models import Endpoint


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    form = EndpointForm
    list_display = [
        "name",
        "variant",
        "size",
        "protocol",
        "url",
        "state",
        "max_concurrency",
        "priority",
        "token_stored",
    ]
    list_filter = ["state", "variant", "protocol"]
    search_fields = ["name", "url", "model_id"]
    ordering = ["-priority", "name"]

    @admin.display(boolean=True, description="Token", ordering="sealed_token")
    def token_stored(self, endpoint: Endpoint) -> bool:
        return endpoint.has_token

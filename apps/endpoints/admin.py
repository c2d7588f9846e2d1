"""Endpoints in the admin, with a read-only history."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect

from apps.accounts.requests import user_of
from apps.audit.admin_rules import ReadOnlyAdmin
from apps.endpoints.errors import NameTaken
from apps.endpoints.forms import EndpointForm
from apps.endpoints.health.sentences import describe_health
from apps.endpoints.models import Endpoint, EndpointChange, Observation
from apps.endpoints.services import remove_endpoint, save_endpoint


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
        "health",
        "max_concurrency",
        "priority",
        "token_stored",
    ]
    list_filter = ["state", "health", "variant", "protocol"]
    search_fields = ["name", "url", "model_id"]
    ordering = ["-priority", "name"]
    readonly_fields = ["doing", "server_version", "discovered_context_window", "discovered_capabilities"]

    @admin.display(boolean=True, description="Token", ordering="sealed_token")
    def token_stored(self, endpoint: Endpoint) -> bool:
        return endpoint.has_token

    @admin.display(description="Health")
    def doing(self, endpoint: Endpoint) -> str:
        return describe_health(endpoint) if endpoint.is_stored else ""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except NameTaken as error:
            self.message_user(request, error.sentence, messages.ERROR)
            return HttpResponseRedirect(request.path)

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: Any) -> None:  # noqa: ARG002
        save_endpoint(endpoint=obj, by=user_of(request), groups=form.cleaned_data["groups"])

    def delete_model(self, request: HttpRequest, obj: Endpoint) -> None:
        remove_endpoint(endpoint=obj, by=user_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> None:
        for endpoint in queryset:
            remove_endpoint(endpoint=endpoint, by=user_of(request))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Let an admin delete an endpoint with its observations, which cannot be deleted by hand."""
        listed, counts, _, protected = super().get_deleted_objects(objs, request)
        return listed, counts, set(), protected


@admin.register(Observation)
class ObservationAdmin(ReadOnlyAdmin):
    list_display = ["at", "endpoint", "kind", "ok", "error_kind", "seconds_to_first_token", "tokens_per_second"]
    list_filter = ["kind", "ok", "endpoint"]
    list_select_related = ["endpoint"]
    ordering = ["-at"]
    show_full_result_count = False


@admin.register(EndpointChange)
class EndpointChangeAdmin(ReadOnlyAdmin):
    list_display = ["at", "endpoint_name", "by_name", "summary"]
    list_filter = ["endpoint_name"]
    ordering = ["-at"]

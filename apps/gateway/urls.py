"""URLs under /v1/."""

from django.urls import path

from apps.gateway import converters  # noqa: F401 (registers itself)
from apps.gateway.views import completions, generations, models, unknown, usage

app_name = "gateway"

urlpatterns = [
    path("models", models.list_models, name="models"),
    path("models/<model:model>", models.show_model, name="model"),
    path("chat/completions", completions.chat_completions, name="chat_completions"),
    path("completions", completions.completions, name="completions"),
    path("generations/<uuid:generation_id>", generations.show_generation, name="generation"),
    path("generations/<uuid:generation_id>/events", generations.generation_events, name="generation_events"),
    path("generations/<uuid:generation_id>/cancel", generations.cancel, name="cancel_generation"),
    path("usage", usage.show_usage, name="usage"),
    path("", unknown.unknown, name="root"),
    path("<path:path>", unknown.unknown, name="unknown"),
]

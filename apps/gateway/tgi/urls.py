"""The URLs of TGI's own API."""

from django.urls import path

from apps.gateway import converters  # noqa: F401 (registers itself)
from apps.gateway.tgi import views

app_name = "tgi"

urlpatterns = [
    path("generate", views.generate, name="generate"),
    path("generate_stream", views.generate_stream, name="generate_stream"),
    path("tgi", views.generate_either, name="root"),
    path("tgi/<model:model>/generate", views.generate, name="model_generate"),
    path("tgi/<model:model>/generate_stream", views.generate_stream, name="model_generate_stream"),
    path("tgi/<model:model>", views.generate_either, name="model_root"),
]

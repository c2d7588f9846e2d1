"""The URLs of llama.cpp's own API."""

from django.urls import path

from apps.gateway import converters  # noqa: F401 (registers itself)
from apps.gateway.llama_cpp import views

app_name = "llama_cpp"

urlpatterns = [
    path("infill", views.infill, name="infill"),
    path("llama.cpp/<model:model>/infill", views.infill, name="model_infill"),
]

"""URLs of the calculator."""

from django.urls import path

from apps.guide.hardware import views

urlpatterns = [
    path("guide/hardware/", views.show_hardware, name="hardware"),
    path("guide/hardware.json", views.hardware_json, name="hardware_json"),
]

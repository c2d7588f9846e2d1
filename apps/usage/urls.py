"""URLs under /usage/."""

from django.urls import path

from apps.usage import views

app_name = "usage"

urlpatterns = [
    path("", views.own, name="own"),
    path("everybody/", views.everybody, name="everybody"),
    path("everybody.csv", views.everybody_csv, name="everybody_csv"),
    path("everybody.json", views.everybody_json, name="everybody_json"),
]

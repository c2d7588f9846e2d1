"""URLs of the comparison."""

from django.urls import path

from apps.guide.comparing import views

urlpatterns = [
    path("guide/compare/", views.show_compare, name="compare"),
    path("guide/compare.csv", views.compare_csv, name="compare_csv"),
    path("guide/compare.json", views.compare_json, name="compare_json"),
]

"""URL of the benchmarks' page."""

from django.urls import path

from apps.guide.benchmarks import views

urlpatterns = [
    path("guide/benchmarks/", views.show_benchmarks, name="benchmarks"),
]

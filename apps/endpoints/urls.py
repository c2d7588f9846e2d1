"""URLs under /endpoints/."""

from django.urls import path

from apps.endpoints import views

app_name = "endpoints"

urlpatterns = [
    path("", views.list_endpoints, name="list"),
]

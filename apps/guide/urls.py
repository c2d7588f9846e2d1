"""URLs of the public guide and the front page."""

from django.urls import path

from apps.guide import views

app_name = "guide"

urlpatterns = [
    path("", views.front, name="front"),
    path("guide/", views.home, name="home"),
]

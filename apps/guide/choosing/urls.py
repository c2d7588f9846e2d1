"""URLs of the chooser."""

from django.urls import path

from apps.guide.choosing import views

urlpatterns = [
    path("guide/choose/", views.show_choose, name="choose"),
    path("guide/choose.json", views.choose_json, name="choose_json"),
]

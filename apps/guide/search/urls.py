"""URLs of the search."""

from django.urls import path

from apps.guide.search import views

urlpatterns = [path("guide/search/", views.show_search, name="search")]

"""URLs under /endpoints/."""

from django.urls import path

from apps.endpoints.views import cards, connection_tests, editing, states

app_name = "endpoints"

urlpatterns = [
    path("", cards.show_cards, name="list"),
    path("add/", editing.add, name="add"),
    path("test/", connection_tests.start, name="test_new"),
    path("tests/<str:test_id>/", connection_tests.show, name="connection_test"),
    path("<uuid:endpoint_id>/", editing.change, name="change"),
    path("<uuid:endpoint_id>/state/", states.change_state, name="state"),
    path("<uuid:endpoint_id>/test/", connection_tests.start, name="test"),
]

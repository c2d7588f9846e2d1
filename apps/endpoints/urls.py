"""URLs under /endpoints/."""

from django.urls import path

from apps.endpoints.views import activity, cards, connection_tests, editing, states

app_name = "endpoints"

urlpatterns = [
    path("", cards.show_cards, name="list"),
    path("add/", editing.add, name="add"),
    path("test/", connection_tests.start, name="test_new"),
    path("look/", connection_tests.look, name="look"),
    path("tests/<str:test_id>/", connection_tests.show, name="connection_test"),
    path("<uuid:endpoint_id>/", editing.change, name="change"),
    path("<uuid:endpoint_id>/activity/", activity.show_activity, name="activity"),
    path("<uuid:endpoint_id>/delete/", editing.delete, name="delete"),
    path("<uuid:endpoint_id>/state/", states.change_state, name="state"),
    path("<uuid:endpoint_id>/test/", connection_tests.start, name="test"),
]

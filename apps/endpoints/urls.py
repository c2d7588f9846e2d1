"""URLs under /endpoints/."""

from django.urls import path

from apps.endpoints.views import cards, editing, states, trials

app_name = "endpoints"

urlpatterns = [
    path("", cards.show_cards, name="list"),
    path("add/", editing.add, name="add"),
    path("test/", trials.start, name="test_new"),
    path("tests/<str:trial_id>/", trials.show, name="trial"),
    path("<uuid:endpoint_id>/", editing.change, name="change"),
    path("<uuid:endpoint_id>/state/", states.change_state, name="state"),
    path("<uuid:endpoint_id>/test/", trials.start, name="test"),
]

"""The playground's URLs."""

from django.urls import path

from apps.playground.models import Kind
from apps.playground.views import colours, editors, live, runs, sharing

app_name = "playground"

urlpatterns = [
    path("", runs.runs, name="runs"),
    path("complete/", editors.editor, {"kind": Kind.COMPLETE}, name="complete"),
    path("fill/", editors.editor, {"kind": Kind.FILL}, name="fill"),
    path("side-by-side/", editors.editor, {"kind": Kind.SIDE_BY_SIDE}, name="side-by-side"),
    path("colours/", colours.show_colours, name="colours"),
    path("open/", editors.open_code, name="open"),
    path("shared/<slug:token>/", sharing.shared, name="shared"),
    path("<uuid:run_id>/", runs.run, name="run"),
    path("<uuid:run_id>/events/", live.events, name="events"),
    path("<uuid:run_id>/stop/", runs.stop, name="stop"),
    path("<uuid:run_id>/again/", runs.again, name="again"),
    path("<uuid:run_id>/share/", runs.share, name="share"),
    path("<uuid:run_id>/share/revoke/", runs.revoke, name="revoke"),
    path("<uuid:run_id>/delete/", runs.delete, name="delete"),
    path("<uuid:run_id>/<uuid:generation_id>/accept/", runs.accept, name="accept"),
    path("<uuid:run_id>/<uuid:generation_id>/dismiss/", runs.dismiss, name="dismiss"),
    path("<uuid:run_id>/<uuid:generation_id>/undo/", runs.undo, name="undo"),
    path("<uuid:run_id>/<uuid:generation_id>/continue/", runs.go_on, name="continue"),
    path("<uuid:run_id>/<uuid:generation_id>/sent/", runs.sent, name="sent"),
    path("<uuid:run_id>/<uuid:generation_id>/text/", runs.text, name="text"),
]

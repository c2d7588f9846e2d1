"""The chat's URLs."""

from django.urls import path

from apps.chat import live_views, views
from apps.chat.views import attachments, conversations, gaps, gauge, info, search, settings, shares, sidebar, transfer
from apps.chat.views.search_everything import search_everything

app_name = "chat"

urlpatterns = [
    path("", views.home, name="home"),
    path("ask/", views.ask, name="ask"),
    path("sidebar/", sidebar.sidebar, name="sidebar"),
    path("search/", search.search, name="search"),
    path("search/everything/", search_everything, name="search_everything"),
    path("import/", transfer.import_file, name="import"),
    path("shares/", shares.shares, name="shares"),
    path("shares/<int:share_id>/revoke/", shares.revoke, name="revoke_share"),
    path("shared/<slug:token>/", shares.shared, name="shared"),
    path("shared/<slug:token>/files/<int:number>/", shares.shared_file, name="shared_file"),
    path("shared/<slug:token>/files/<int:number>/text/", shares.shared_file_text, name="shared_file_text"),
    path("attachments/", attachments.attach, name="attach"),
    path("attachments/<uuid:attachment_id>/", attachments.attachment, name="attachment"),
    path("attachments/<uuid:attachment_id>/text/", attachments.download, name="attachment_text"),
    path("attachments/<uuid:attachment_id>/remove/", attachments.remove, name="remove_attachment"),
    path("gauge/", gauge.gauge, name="gauge"),
    path("archive/", conversations.archived, name="archived"),
    path("<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("<uuid:conversation_id>/manage/", conversations.manage, name="manage"),
    path("<uuid:conversation_id>/settings/", settings.settings, name="settings"),
    path("<uuid:conversation_id>/settings/any/", settings.use_any, name="use_any"),
    path("<uuid:conversation_id>/rename/", conversations.rename, name="rename"),
    path("<uuid:conversation_id>/pin/", conversations.pin, name="pin"),
    path("<uuid:conversation_id>/archive/", conversations.archive, name="archive"),
    path("<uuid:conversation_id>/share/", shares.share, name="share"),
    path("<uuid:conversation_id>/export.json", transfer.export_json, name="export_json"),
    path("<uuid:conversation_id>/export.md", transfer.export_markdown, name="export_markdown"),
    path("<uuid:conversation_id>/delete/", conversations.delete, name="delete"),
    path("<uuid:conversation_id>/restore/", conversations.restore, name="restore"),
    path("<uuid:conversation_id>/events/", live_views.events, name="events"),
    path("<uuid:conversation_id>/changes/", live_views.changes, name="changes"),
    path("<uuid:conversation_id>/stop/", views.stop, name="stop"),
    path("<uuid:conversation_id>/<uuid:message_id>/", search.place, name="place"),
    path("<uuid:conversation_id>/<uuid:message_id>/gap/", gaps.gap, name="gap"),
    path("<uuid:conversation_id>/<uuid:message_id>/continue/", views.go_on, name="continue"),
    path("<uuid:conversation_id>/<uuid:message_id>/retry/", views.retry, name="retry"),
    path("<uuid:conversation_id>/<uuid:message_id>/fork/", views.fork, name="fork"),
    path("<uuid:conversation_id>/<uuid:message_id>/info/", info.info, name="info"),
    path("<uuid:conversation_id>/<uuid:message_id>/request.json", info.request_body, name="request_body"),
    path("<uuid:conversation_id>/<uuid:message_id>/text/", views.text, name="text"),
    path("<uuid:conversation_id>/<uuid:message_id>/edit/", views.edit, name="edit"),
    path("<uuid:conversation_id>/<uuid:message_id>/versions/<int:version>/", views.show, name="version"),
]

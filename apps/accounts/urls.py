"""URLs under /accounts/."""

from django.urls import path

from apps.accounts.views import account, join, keys, leaving, people, sign_in, sign_in_link

app_name = "accounts"

urlpatterns = [
    path("", account.account, name="account"),
    path("model-titles/", account.switch_model_titles, name="model_titles"),
    path("sessions/<int:session_id>/end/", account.end_one_session, name="end_session"),
    path("sessions/end-others/", account.end_other_sessions, name="end_other_sessions"),
    path("export/", leaving.export, name="export"),
    path("delete/", leaving.delete_account, name="delete_account"),
    path("join/", join.join, name="join"),
    path("people/", people.list_people, name="people"),
    path("people/<int:person_id>/", people.show_person, name="person"),
    path("people/<int:person_id>/link/", people.make_link, name="make_link"),
    path("people/<int:person_id>/groups/", people.change_groups, name="change_groups"),
    path("people/<int:person_id>/<slug:action>/", people.change_person, name="change_person"),
    path("people/invitations/<int:invitation_id>/withdraw/", people.withdraw, name="withdraw"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/link/", sign_in_link.sign_in_link, name="sign_in_link"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:key_id>/revoke/", keys.revoke_key, name="revoke_key"),
]

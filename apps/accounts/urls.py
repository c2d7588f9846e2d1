"""URLs under /accounts/."""

from django.urls import path

from apps.accounts.views import account, keys, sign_in, sign_in_link

app_name = "accounts"

urlpatterns = [
    path("", account.account, name="account"),
    path("sessions/<int:session_id>/end/", account.end_one_session, name="end_session"),
    path("sessions/end-others/", account.end_other_sessions, name="end_other_sessions"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/link/", sign_in_link.sign_in_link, name="sign_in_link"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:key_id>/revoke/", keys.revoke_key, name="revoke_key"),
]

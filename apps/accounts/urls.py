"""URLs under /accounts/."""

from django.urls import path

from apps.accounts.views import keys, sign_in, sign_in_link

app_name = "accounts"

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/link/", sign_in_link.sign_in_link, name="sign_in_link"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:key_id>/revoke/", keys.revoke_key, name="revoke_key"),
]

"""The pages of django-allauth that the site uses, under /accounts/. Its names stay: its views look them up."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as passkeys
from allauth.socialaccount import views as social
from django.contrib.auth.decorators import login_not_required
from django.urls import path
from django.views.generic import RedirectView

from apps.accounts.views import provider, sign_in
from apps.accounts.views.confirm import with_a_way

to_the_account = RedirectView.as_view(pattern_name="accounts:account")

urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="account_login"),
    path("sign-out/", sign_in.sign_out, name="account_logout"),
    path("switched-off/", account.account_inactive, name="account_inactive"),
    path("confirm/", with_a_way(account.reauthenticate), name="account_reauthenticate"),
    path("confirm/code/", with_a_way(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("confirm/passkey/", with_a_way(passkeys.reauthenticate_webauthn), name="mfa_reauthenticate_webauthn"),
    path("password/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path("factors/", to_the_account, name="mfa_index"),
    path("sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", login_not_required(passkeys.login_webauthn), name="mfa_login_webauthn"),
    path("app/add/", totp.activate_totp, name="mfa_activate_totp"),
    path("app/remove/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("codes/make/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("codes/download/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("passkeys/", to_the_account, name="mfa_list_webauthn"),
    path("passkeys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("passkeys/<int:pk>/rename/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
    path("providers/", social.connections, name="socialaccount_connections"),
    path("providers/cancelled/", login_not_required(social.login_cancelled), name="socialaccount_login_cancelled"),
    path("providers/error/", login_not_required(social.login_error), name="socialaccount_login_error"),
    path("providers/new/", login_not_required(social.signup), name="socialaccount_signup"),
    path("oidc/<provider_id>/login/", provider.to_provider, name="openid_connect_login"),
    path("oidc/<provider_id>/login/callback/", provider.from_provider, name="openid_connect_callback"),
]

"""Settings of people: sign-in, sessions, second factors and providers. ``project.settings`` takes all of them."""

from typing import Any

from project.configuration import env

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "sesame.backends.ModelBackend",
]
SESAME_ONE_TIME = True
SESAME_MAX_AGE = env.read_int("SIGN_IN_LINK_SECONDS", 24 * 3600)
# Hours from the sign-in to the end of the session.
SESSION_COOKIE_AGE = round(env.read_float("SESSION_HOURS", 336.0) * 3600)
ACCOUNT_ADAPTER = "apps.accounts.sign_in.adapters.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_METHODS = ["password", "link", "invitation", "mfa"]
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_ADAPTER = "apps.accounts.sign_in.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["recovery_codes", "totp", "webauthn"]
MFA_FORMS = {"add_webauthn": "apps.accounts.sign_in.passkey_forms.AddPasskeyForm"}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Code Llama Workbench"
MFA_TOTP_TOLERANCE = 1  # tolerated error of a phone's clock, in steps of 30 seconds
# Signing in with an account of an OpenID Connect provider; off without an issuer.
OIDC_ISSUER = env.read_text("OIDC_ISSUER", "")
OIDC_NAME = env.read_text("OIDC_NAME", "single sign-on")
OIDC_SIGN_UP = env.read_bool("OIDC_SIGN_UP", default=False)
SOCIALACCOUNT_ADAPTER = "apps.accounts.sign_in.adapters.SocialAdapter"
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "provider_class": "apps.accounts.sign_in.provider.Provider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": OIDC_NAME,
                "client_id": env.read_text("OIDC_CLIENT_ID", ""),
                "secret": env.read_text("OIDC_CLIENT_SECRET", ""),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "/chat/"
LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

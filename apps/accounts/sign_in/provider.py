"""Add the checks and error handling to OpenID Connect that django-allauth leaves out.

docs/decisions/0039-openid-connect-checks.md gives the reasons.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, override

import jwt
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from requests import RequestException

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
CLOCKS_APART_SECONDS = 60  # tolerated difference between the provider's clock and ours
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")


class ProviderBroken(OAuth2Error):  # type: ignore[misc]  # untyped
    """The provider's answer does not have the form that OpenID Connect requires."""


class ProviderAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # untyped
    """Trust an ID token only with signature, nonce and times; refuse answers of any other shape.

    Raises ``OAuth2Error`` for a token that is wrong, ``ProviderBroken`` for an answer of another shape, and
    ``RequestException`` for a provider that does not answer. The views turn each into a page.
    """

    nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        with _in_its_form("the discovery document"):
            config: dict[str, Any] = super().openid_config
            if missing := [name for name in NEEDED if not isinstance(config.get(name), str)]:
                raise ValueError(f"no {', '.join(missing)}")
            if not config["authorization_endpoint"].startswith(("https://", "http://")):
                raise ValueError("no web address to send people to")
        return config

    @override
    def get_access_token_data(
        self, request: HttpRequest, app: Any, client: Any, pkce_code_verifier: str | None = None
    ) -> Any:
        self.nonce = nonce_of(pkce_code_verifier or "")
        try:
            with _in_its_form("the token"):
                return super().get_access_token_data(request, app, client, pkce_code_verifier=pkce_code_verifier)
        except ProviderBroken:
            raise
        except OAuth2Error:  # its text holds the answer, which may hold secrets
            raise OAuth2Error("No token: check the client's id, its secret and the redirect address") from None

    @override
    def parse_token(self, data: Any) -> Any:
        with _in_its_form("the token"):
            return super().parse_token(data)

    @override
    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        with _in_its_form("the account"):
            id_token = self._decode_id_token(app, kwargs["response"]["id_token"])
            userinfo = self._fetch_user_info(token.token)
            # Another person's userinfo beside a good token would sign in that person.
            if userinfo["sub"] != id_token["sub"]:
                raise OAuth2Error("The userinfo is of another person than the ID token")
            data = {"userinfo": userinfo, "id_token": id_token}
            return self.get_provider().sociallogin_from_response(request, data)

    @override
    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        config = self.openid_config
        try:
            algorithm, key = jwtkit.fetch_key(id_token, config["jwks_uri"], jwtkit.lookup_kid_jwk)
            if algorithm not in ALGORITHMS:  # "none", or HMAC with the public key as its secret
                raise OAuth2Error(f"Signed with {algorithm}")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key=key,
                algorithms=[algorithm],
                issuer=config["issuer"],
                audience=app.client_id,
                leeway=CLOCKS_APART_SECONDS,
                options={"require": ["iss", "sub", "aud", "exp", "iat"]},
            )
        except jwt.PyJWTError as error:
            raise OAuth2Error(f"Invalid ID token: {error}") from error
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("The ID token is for another site")
        if claims.get("nonce") != self.nonce:
            raise OAuth2Error("The ID token is of another sign-in")
        jwtkit.verify_jti(claims)
        return claims


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # untyped
    """Send a nonce with each sign-in; ignore parameters from links to the sign-in page."""

    oauth2_adapter_class = ProviderAdapter

    @override
    def get_pkce_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_pkce_params()
        return params | {"nonce": nonce_of(params["code_verifier"])}

    @override
    def get_auth_params_from_request(self, request: HttpRequest, action: str) -> dict[str, Any]:
        """Ignore ``?auth_params=``: it could replace the redirect address and the state."""
        return dict(self.get_auth_params())

    @override
    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return list(self.get_scope())


def nonce_of(code_verifier: str) -> str:
    """Return the nonce of a sign-in. Its PKCE verifier stays in the session, so only that session can know it."""
    return hashlib.sha256(f"nonce:{code_verifier}".encode()).hexdigest()


@contextmanager
def _in_its_form(what: str) -> Iterator[None]:
    """Turn every exception that an answer of another shape causes in the library into ``ProviderBroken``."""
    try:
        yield
    except RequestException:
        raise
    except (ArithmeticError, AttributeError, ImproperlyConfigured, LookupError, TypeError, ValueError) as error:
        raise ProviderBroken(f"The provider sent {what} in another form: {error!r}") from error

"""Answers of an OpenID Connect provider that sign nobody in: forged, stale, meant for others, or no answer."""

import json
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.test import Client

from tests.accounts.test_openid_connect import CALLBACK, LOGIN, come_back, dana, is_signed_in, sign_in
from tests.support.openid_provider import (
    CLIENT_SECRET,
    DISCOVERY,
    FOREIGN_KEY,
    RSA_KEY,
    Answer,
    Claims,
    OpenIdProvider,
    json_answer,
)

__all__ = ["dana"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("dana")]

NOT_SIGNED_IN = "The other site did not sign you in."
AWAY = "Team sign-in does not answer."
RUBBISH = (200, "text/html", b"<h1>Maintenance</h1>")


def is_refused(answer: Any, client: Client, *, away: bool = False) -> None:
    status, sentence = (503, AWAY) if away else (401, NOT_SIGNED_IN)
    assert (answer.status_code, sentence in answer.text) == (status, True)
    assert not is_signed_in(client)


def without(name: str) -> Callable[[Claims], Claims]:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


BENT: dict[str, Callable[[Claims], Claims]] = {
    "another nonce": lambda claims: claims | {"nonce": "f" * 64},
    "no nonce": without("nonce"),
    "another audience": lambda claims: claims | {"aud": "another-site"},
    "an audience of others": lambda claims: claims | {"aud": ["another-site", "a-third"]},
    "given to another site": lambda claims: claims | {"aud": ["workbench", "another"], "azp": "another"},
    "another issuer": lambda claims: claims | {"iss": "http://127.0.0.1:1"},
    "expired": lambda claims: claims | {"iat": int(time.time()) - 7200, "exp": int(time.time()) - 3600},
    "without an end": without("exp"),
    "of tomorrow": lambda claims: claims | {"iat": int(time.time()) + 86400, "exp": int(time.time()) + 90000},
    "another subject than userinfo": lambda claims: claims | {"sub": "somebody-else"},
    "no subject": without("sub"),
}


@pytest.mark.parametrize("bend", BENT.values(), ids=BENT.keys())
def test_wrong_claims(client: Client, provider: OpenIdProvider, bend: Callable[[Claims], Claims]) -> None:
    provider.bend = bend
    is_refused(sign_in(client), client)
    provider.bend = lambda claims: claims
    sign_in(client)
    assert is_signed_in(client)


def _public_pem() -> bytes:
    return RSA_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _with_the_public_key_as_secret(claims: Claims) -> str:
    header = {"alg": "HS256", "typ": "JWT", "kid": "one"}
    parts = [jwt.utils.base64url_encode(json.dumps(part).encode()) for part in (header, claims)]
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(b".".join(parts), _public_pem())
    return b".".join([*parts, jwt.utils.base64url_encode(signature)]).decode()


SIGNED: dict[str, Callable[[Claims], str]] = {
    "by another key": lambda claims: jwt.encode(claims, FOREIGN_KEY, algorithm="RS256", headers={"kid": "one"}),
    "by an unknown key": lambda claims: jwt.encode(claims, FOREIGN_KEY, algorithm="RS256", headers={"kid": "two"}),
    "by nobody": lambda claims: jwt.encode(claims, "", algorithm="none", headers={"kid": "one"}),
    "with the client's secret": lambda claims: jwt.encode(
        claims, CLIENT_SECRET.ljust(32, "x"), algorithm="HS256", headers={"kid": "one"}
    ),
    "with the public key": _with_the_public_key_as_secret,
}


@pytest.mark.parametrize("sign", SIGNED.values(), ids=SIGNED.keys())
def test_wrong_signature(client: Client, provider: OpenIdProvider, sign: Callable[[Claims], str]) -> None:
    provider.sign = sign
    is_refused(sign_in(client), client)


def test_a_clock_that_is_a_little_ahead_is_no_fault(client: Client, provider: OpenIdProvider) -> None:
    provider.bend = lambda claims: claims | {"iat": claims["iat"] + 20}
    sign_in(client)
    assert is_signed_in(client)


def test_token_is_good_for_one_sign_in(client: Client, provider: OpenIdProvider) -> None:
    """A token of an earlier sign-in has another nonce."""
    tokens: list[str] = []

    def keep_the_first(claims: Claims) -> str:
        tokens.append(provider.id_token(claims))
        return tokens[0]

    provider.sign = keep_the_first
    sign_in(client)
    assert is_signed_in(client)
    other = Client()
    is_refused(sign_in(other), other)


@pytest.mark.parametrize("query", ["?code=code-1", "?code=code-1&state=guessed", "?state=", "?error=server_error"])
def test_wrong_state(client: Client, provider: OpenIdProvider, query: str) -> None:
    come_back(client)
    is_refused(client.get(CALLBACK + query), client)


def test_answer_for_another_browser(client: Client, provider: OpenIdProvider) -> None:
    """Otherwise a link signs its reader in as the attacker."""
    other = Client()
    is_refused(other.get(come_back(client)), other)
    assert not is_signed_in(client)


def test_answer_counts_once(client: Client, provider: OpenIdProvider) -> None:
    back = come_back(client)
    client.get(back)
    assert is_signed_in(client)
    client.post("/accounts/sign-out/")
    is_refused(client.get(back), client)


def test_code_of_another_sign_in(client: Client, provider: OpenIdProvider) -> None:
    """PKCE: a stolen code is worth nothing in another browser."""
    come_back(thief := Client())
    is_refused(client.get(come_back(client).replace("code-2", "code-1")), client)
    assert not is_signed_in(thief)
    assert "code-1" not in provider.codes


def test_person_who_cancels_there(client: Client, provider: OpenIdProvider) -> None:
    back = come_back(client).split("&state=")[1]
    answer = client.get(f"{CALLBACK}?error=access_denied&state={back}", follow=True)
    assert answer.status_code == HTTPStatus.OK
    assert "You were not signed in" in answer.text


ODD: dict[str, tuple[str, Answer]] = {
    "token: a page": ("/token", RUBBISH),
    "token: a list": ("/token", json_answer(["access_token"])),
    "token: broken JSON": ("/token", (200, "application/json", b'{"access_token"')),
    "token: no ID token": ("/token", json_answer({"access_token": "access"})),
    "token: another thing as ID token": ("/token", json_answer({"access_token": "access", "id_token": 7})),
    "token: no token at all": ("/token", json_answer({"access_token": "access", "id_token": "a.b.c"})),
    "token: odd times": ("/token", json_answer({"access_token": "access", "expires_in": "soon"})),
    "token: fault": ("/token", (500, "text/plain", b"")),
    "keys: a page": ("/jwks", RUBBISH),
    "keys: none": ("/jwks", json_answer({})),
    "keys: without a name": ("/jwks", json_answer({"keys": [{"kty": "RSA"}]})),
    "keys: of odd content": ("/jwks", json_answer({"keys": [{"kid": "one", "alg": "RS256", "kty": "RSA", "n": 7}]})),
    "userinfo: a page": ("/userinfo", RUBBISH),
    "userinfo: a list": ("/userinfo", json_answer([])),
    "userinfo: no subject": ("/userinfo", json_answer({"name": "Dana"})),
    "userinfo: fault": ("/userinfo", (502, "text/plain", b"")),
}


@pytest.mark.parametrize(("path", "answer"), ODD.values(), ids=ODD.keys())
def test_rubbish_on_the_way_back(client: Client, provider: OpenIdProvider, path: str, answer: Answer) -> None:
    provider.answers[path] = answer
    refusal = sign_in(client)
    is_refused(refusal, client, away=refusal.status_code == HTTPStatus.SERVICE_UNAVAILABLE)


DISCOVERIES: dict[str, Answer] = {
    "a page": RUBBISH,
    "a list": json_answer([]),
    "nothing in it": json_answer({}),
    "odd addresses": json_answer(
        {"issuer": 1, "authorization_endpoint": None, "token_endpoint": [], "jwks_uri": {}, "userinfo_endpoint": 2}
    ),
    "a script as address": json_answer(
        {
            "issuer": "x",
            "authorization_endpoint": "javascript:alert(1)",
            "token_endpoint": "x",
            "jwks_uri": "x",
            "userinfo_endpoint": "x",
        }
    ),
    "not found": json_answer({}, 404),
    "fault": (500, "text/plain", b"no"),
}


@pytest.mark.parametrize("answer", DISCOVERIES.values(), ids=DISCOVERIES.keys())
def test_rubbish_on_the_way_there(client: Client, provider: OpenIdProvider, answer: Answer) -> None:
    provider.answers[DISCOVERY] = answer
    is_refused(client.post(LOGIN), client, away=True)
    del provider.answers[DISCOVERY]
    back = come_back(client)
    provider.answers[DISCOVERY] = answer
    is_refused(client.get(back), client, away=True)


def test_provider_that_is_down(client: Client, provider: OpenIdProvider) -> None:
    back = come_back(client)
    provider.stop()
    is_refused(client.post(LOGIN), client, away=True)
    is_refused(client.get(back), client, away=True)
    assert client.post(LOGIN)["Retry-After"] == "60"
    assert client.get("/accounts/sign-in/").status_code == HTTPStatus.OK


def test_reason_is_in_the_log_and_no_secret(
    client: Client, provider: OpenIdProvider, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    provider.answers["/token"] = json_answer({"error": "invalid_client", "hint": CLIENT_SECRET}, 401)
    is_refused(sign_in(client), client)
    written = "".join([*capsys.readouterr(), caplog.text])
    assert "No token: check the client's id" in written
    assert CLIENT_SECRET not in written

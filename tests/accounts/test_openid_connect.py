"""Signing in with an account of an OpenID Connect provider, spoken to over real HTTP."""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.test import Client
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from apps.accounts.models import User
from tests.support.openid_provider import CLIENT_SECRET, OpenIdProvider

LOGIN, CALLBACK = "/accounts/oidc/oidc/login/", "/accounts/oidc/oidc/login/callback/"
PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(db: None) -> User:
    """A person whose account is connected to the one at the provider."""
    person = User.objects.create_user("dana", password=PASSWORD)
    SocialAccount.objects.create(user=person, provider="oidc", uid="dana-1")
    return person


def way_to_provider(client: Client, *, query: str = "") -> str:
    """Return the address that the page leads to, at once and by a link."""
    page = client.post(LOGIN + query)
    assert page.status_code == HTTPStatus.OK
    tree = HTMLParser(page.text)
    link = tree.css_first("main a.button")
    at_once = tree.css_first("meta[http-equiv=refresh]")
    assert link is not None
    assert at_once is not None
    address = link.attributes["href"] or ""
    assert at_once.attributes["content"] == f"0; url={address}"
    return address


def come_back(client: Client, *, query: str = "") -> str:
    """Go to the provider, which sends the browser back. Return the address that it is sent to."""
    # The provider speaks no TLS: reading the certificates would take longer than the request.
    back = httpx2.get(way_to_provider(client, query=query), follow_redirects=False, verify=False)
    assert back.status_code == HTTPStatus.FOUND
    address = back.headers["Location"]
    assert urlsplit(address).path == CALLBACK
    return f"{CALLBACK}?{urlsplit(address).query}"


def sign_in(client: Client, *, query: str = "") -> Any:
    return client.get(come_back(client, query=query))


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_connected_person_signs_in(client: Client, provider: OpenIdProvider, dana: User, algorithm: str) -> None:
    provider.algorithm = algorithm
    assert sign_in(client)["Location"] == "/chat/"
    assert client.session["_auth_user_id"] == str(dana.pk)


def test_what_is_sent_to_the_provider(client: Client, provider: OpenIdProvider, dana: User) -> None:
    sign_in(client)
    sign_in(Client())
    first, second = provider.asked
    assert set(first["scope"].split()) == {"openid", "profile", "email"}
    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert first["redirect_uri"] == f"http://testserver{CALLBACK}"
    for fresh in ("state", "nonce", "code_challenge"):
        assert len(first[fresh]) >= 16
        assert first[fresh] != second[fresh]
    assert CLIENT_SECRET not in str(provider.asked)


def test_nothing_of_the_provider_is_kept_but_claims(client: Client, provider: OpenIdProvider, dana: User) -> None:
    sign_in(client)
    assert not SocialToken.objects.exists()
    kept = SocialAccount.objects.get().extra_data
    assert kept["userinfo"]["preferred_username"] == "dana"
    assert "access" not in kept


def test_second_factor_is_asked_for_still(client: Client, provider: OpenIdProvider, dana: User) -> None:
    TOTP.activate(dana, generate_totp_secret())
    assert sign_in(client)["Location"].startswith("/accounts/sign-in/code/")
    assert not is_signed_in(client)


def test_switched_off_person_stays_out(client: Client, provider: OpenIdProvider, dana: User) -> None:
    dana.is_active = False
    dana.save()
    answer = sign_in(client)
    assert answer["Location"] == "/accounts/switched-off/"
    assert "This account is switched off" in client.get(answer["Location"]).text
    assert not is_signed_in(client)


def test_stranger_is_told_that_accounts_are_by_invitation(client: Client, provider: OpenIdProvider) -> None:
    answer = sign_in(client)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "No account here is connected to this Team sign-in account." in answer.text
    assert not User.objects.exists()
    assert client.get("/accounts/providers/new/").status_code == HTTPStatus.FOUND
    assert client.post("/accounts/providers/new/", {"username": "dana"}).status_code == HTTPStatus.FOUND
    assert not User.objects.exists()


def test_stranger_gets_an_account_if_the_setting_says_so(
    client: Client, provider: OpenIdProvider, settings: Any
) -> None:
    settings.OIDC_SIGN_UP = True
    provider.person |= {"email": "dana@example.org", "name": "Dana Doe"}
    assert sign_in(client)["Location"] == "/chat/"
    person = User.objects.get()
    assert (person.username, person.email, person.get_full_name()) == ("dana", "dana@example.org", "Dana Doe")
    assert not any([person.is_staff, person.is_superuser, person.has_usable_password()])
    assert client.session["_auth_user_id"] == str(person.pk)
    sign_in(again := Client())
    assert again.session["_auth_user_id"] == str(person.pk)


def test_name_that_is_taken_becomes_another(client: Client, provider: OpenIdProvider, settings: Any) -> None:
    settings.OIDC_SIGN_UP = True
    admin = User.objects.create_superuser("dana")
    sign_in(client)
    assert client.session["_auth_user_id"] != str(admin.pk)
    assert User.objects.exclude(pk=admin.pk).get().username != "dana"


@pytest.mark.parametrize("verified_there", [False, True])
@pytest.mark.parametrize("verified_here", [False, True])
def test_an_address_takes_over_no_account(
    client: Client, provider: OpenIdProvider, settings: Any, *, verified_there: bool, verified_here: bool
) -> None:
    """A provider says of itself which addresses it verified: an admin's address would be enough to be admin."""
    admin = User.objects.create_superuser("root", email="dana@example.org")
    EmailAddress.objects.create(user=admin, email="dana@example.org", verified=verified_here, primary=True)
    provider.person |= {"email": "Dana@Example.org", "email_verified": verified_there}
    assert sign_in(client).status_code == HTTPStatus.FORBIDDEN
    settings.OIDC_SIGN_UP = True
    to_choose = sign_in(client)["Location"]
    form = client.post(to_choose, {"username": "dana", "email": "dana@example.org"})
    assert "already exists with this email address. Please sign in to that account first" in form.text
    assert client.session.get("_auth_user_id") is None
    assert not SocialAccount.objects.exists()


def test_signed_in_person_connects_an_account(client: Client, provider: OpenIdProvider) -> None:
    alice = User.objects.create_user("alice", password=PASSWORD)
    client.post("/accounts/sign-in/", {"username": "alice", "password": PASSWORD})
    answer = sign_in(client, query="?process=connect")
    assert answer["Location"] == "/accounts/providers/"
    assert SocialAccount.objects.get().user == alice
    assert "Disconnect" in client.get("/accounts/providers/").text
    sign_in(other := Client())
    assert other.session["_auth_user_id"] == str(alice.pk)


def test_account_of_somebody_else_is_not_connected_anew(client: Client, provider: OpenIdProvider, dana: User) -> None:
    User.objects.create_user("alice", password=PASSWORD)
    client.post("/accounts/sign-in/", {"username": "alice", "password": PASSWORD})
    answer = sign_in(client, query="?process=connect")
    assert "already connected to a different account" in client.get(answer["Location"]).text
    assert SocialAccount.objects.get().user == dana


def test_nobody_connects_without_being_signed_in(client: Client, provider: OpenIdProvider) -> None:
    assert sign_in(client, query="?process=connect")["Location"] == "/accounts/providers/"
    assert not SocialAccount.objects.exists()
    assert not is_signed_in(client)


def test_one_click_is_asked_for(client: Client, provider: OpenIdProvider, dana: User) -> None:
    """A link or a picture of another site must not start a sign-in."""
    assert "Continue with Team sign-in" in client.get(LOGIN).text
    assert Client(enforce_csrf_checks=True).post(LOGIN).status_code == HTTPStatus.FORBIDDEN
    assert provider.asked == []


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/endpoints/?a=1", "/endpoints/?a=1"),
        ("http://testserver/guide/", "http://testserver/guide/"),
        ("https://evil.example/", "/chat/"),
        ("//evil.example/", "/chat/"),
        ("/\\evil.example/", "/chat/"),
        ("http:///evil.example/", "/chat/"),
        ("javascript:alert(1)", "/chat/"),
        ("http://testserver@evil.example/", "/chat/"),
        ("\t//evil.example/", "/chat/"),
    ],
)
def test_next_stays_on_the_site(
    client: Client, provider: OpenIdProvider, dana: User, wanted: str, goes_to: str
) -> None:
    answer = sign_in(client, query=f"?{urlencode({'next': wanted})}")
    assert answer["Location"] == goes_to
    assert is_signed_in(client)


def test_a_link_does_not_change_what_is_asked(client: Client, provider: OpenIdProvider) -> None:
    bent = {"auth_params": "redirect_uri=https://evil.example/&state=x&nonce=x&prompt=none", "scope": "admin"}
    asked = parse_qs(urlsplit(way_to_provider(client, query=f"?{urlencode(bent)}")).query)
    assert asked["redirect_uri"] == [f"http://testserver{CALLBACK}"]
    assert asked["state"] != ["x"] != asked["nonce"]
    assert "prompt" not in asked
    assert "admin" not in asked["scope"][0]


def test_page_has_the_button(client: Client, provider: OpenIdProvider) -> None:
    assert "Sign in with Team sign-in" in client.get("/accounts/sign-in/").text


@pytest.mark.parametrize("address", [LOGIN, CALLBACK, "/accounts/oidc/another/login/"])
def test_without_a_provider_there_is_no_such_page(client: Client, address: str) -> None:
    assert client.get(address).status_code == HTTPStatus.NOT_FOUND

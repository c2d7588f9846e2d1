"""The sign-in page, signing out, and what a signed-out person may see."""

import pytest
from django.test import Client

from apps.accounts.models import User

PASSWORD = "correct horse battery"


@pytest.fixture
def dana(db: None) -> User:
    return User.objects.create_user("dana", password=PASSWORD)


def test_page_says_how_to_get_a_link(client: Client, db: None) -> None:
    response = client.get("/accounts/sign-in/")
    assert response.status_code == 200
    assert "Open the sign-in link that you were sent." in response.text


def test_password_signs_in_and_goes_where_the_person_wanted(client: Client, dana: User) -> None:
    response = client.post("/accounts/sign-in/", {"username": "dana", "password": PASSWORD, "next": "/endpoints/"})
    assert response["Location"] == "/endpoints/"
    assert client.session["_auth_user_id"] == str(dana.pk)


def test_password_does_not_lead_off_the_site(client: Client, dana: User) -> None:
    form = {"username": "dana", "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post("/accounts/sign-in/", form)["Location"] == "/chat/"


@pytest.mark.parametrize("username", ["dana", "nobody"])
def test_wrong_password_says_the_same_for_everybody(client: Client, dana: User, username: str) -> None:
    response = client.post("/accounts/sign-in/", {"username": username, "password": "wrong"})
    assert response.status_code == 200
    assert "Please enter a correct username and password" in response.text
    assert "_auth_user_id" not in client.session


def test_person_without_password_cannot_use_an_empty_one(client: Client, alice: User) -> None:
    client.post("/accounts/sign-in/", {"username": "alice", "password": ""})
    assert "_auth_user_id" not in client.session


def test_sign_out_needs_post(client: Client, dana: User) -> None:
    client.force_login(dana)
    assert client.get("/accounts/sign-out/").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/sign-out/")["Location"] == "/"
    assert "_auth_user_id" not in client.session


def test_sign_out_of_a_signed_out_person_is_no_error(client: Client, db: None) -> None:
    assert client.post("/accounts/sign-out/")["Location"] == "/"


def test_posts_need_the_csrf_token(dana: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    form = {"username": "dana", "password": PASSWORD}
    assert strict.post("/accounts/sign-in/", form).status_code == 403


def test_users_are_in_the_admin_for_staff_only(client: Client, dana: User, admin_user: User) -> None:
    client.force_login(dana)
    assert client.get("/admin/accounts/user/").status_code == 302
    client.force_login(admin_user)
    assert "dana" in client.get("/admin/accounts/user/").text


@pytest.mark.django_db
def test_request_of_htmx_is_refused_where_a_page_leads_to_the_sign_in(client: Client) -> None:
    """Otherwise the text would count as sent, and be lost."""
    assert client.post("/chat/", {"message": "one"})["Location"] == "/accounts/sign-in/?next=/chat/"
    assert client.post("/chat/", {"message": "one"}, headers={"HX-Request": "true"}).status_code == 403


@pytest.mark.parametrize("address", ["/accounts/sign-in/", "/accounts/sign-in/link/?token=x"])
def test_the_pages_speak_to_people_without_a_shell(client: Client, db: None, address: str) -> None:
    page = client.get(address).text
    assert "who runs this workbench" in page
    assert "manage.py" not in page
    assert "<code>" not in page

"""Two who take the same name at the same moment: one has it, and the other reads so."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.test import Client, RequestFactory

from apps.accounts.invitations import accept_invitation, invite
from apps.accounts.models import Invitation, User
from apps.accounts.services import create_user
from apps.accounts.sign_in.adapters import SocialAdapter
from apps.chat.models import Folder, Preset
from apps.chat.services.folders import save_folder
from apps.chat.services.presets import save_preset
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from tests.support.racing import second_of_two

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery"
TAKEN = "A user with that username already exists."


@pytest.fixture
def admin(transactional_db: None) -> User:
    return create_user(username="admin", staff=True)[0]


def browser_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def token_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["token"][0]


def test_two_invited_people_who_choose_one_name(admin: User) -> None:
    one, two = (token_of(invite(by=admin, note=note, for_admin=False, days=1)) for note in ("one", "two"))

    def join() -> Any:
        form = {"token": two, "username": "dana", "password1": PASSWORD, "password2": PASSWORD}
        return Client().post("/accounts/join/", form)

    answer = second_of_two(lambda: accept_invitation(token=one, username="dana", password=PASSWORD), join)
    assert (answer.status_code, TAKEN in answer.text) == (422, True)
    assert User.objects.filter(username="dana").count() == 1
    assert Invitation.objects.open().get().note == "two", "it can be used with another name"
    again = {"token": two, "username": "dora", "password1": PASSWORD, "password2": PASSWORD}
    assert Client().post("/accounts/join/", again).status_code == 302


def test_two_commands_that_make_one_person(transactional_db: None) -> None:
    made = second_of_two(lambda: create_user(username="dana"), lambda: create_user(username="dana"))
    assert made == (User.objects.get(username="dana"), False)


def test_two_admins_who_add_one_person(admin: User) -> None:
    form = {"username": "dana", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    answer = second_of_two(
        lambda: create_user(username="dana"),
        lambda: browser_of(admin).post("/admin/accounts/user/add/", form, follow=True),
    )
    assert (answer.status_code, "somebody else saved one of that name" in answer.text) == (200, True)


def test_two_admins_who_add_one_group(admin: User) -> None:
    answer = second_of_two(
        lambda: Group.objects.create(name="GPU team"),
        lambda: browser_of(admin).post("/admin/auth/group/add/", {"name": "GPU team"}, follow=True),
    )
    assert (answer.status_code, "somebody else saved one of that name" in answer.text) == (200, True)


SERVER: dict[str, Any] = {"url": "http://gpu-1:8080", "protocol": "tgi", "variant": "instruct"}


@pytest.mark.parametrize("address", ["/endpoints/add/", "/admin/endpoints/endpoint/add/"])
def test_two_admins_who_add_one_server(admin: User, address: str) -> None:
    form = {**SERVER, "name": "gpu-1", "max_concurrency": "4", "priority": "0", "state": "enabled"}
    answer = second_of_two(
        lambda: add_endpoint(name="gpu-1", **SERVER), lambda: browser_of(admin).post(address, form, follow=True)
    )
    assert answer.status_code == (422 if address.startswith("/endpoints/") else 200)
    assert "Endpoint with this Name already exists." in answer.text
    assert Endpoint.objects.count() == 1


def test_two_commands_that_add_one_server(transactional_db: None) -> None:
    arguments = ["add_endpoint", "gpu-1", "http://gpu-1:8080", "--protocol", "tgi", "--variant", "instruct"]
    second_of_two(lambda: call_command(*arguments), lambda: call_command(*arguments))
    assert Endpoint.objects.get().name == "gpu-1"


def test_two_tabs_that_name_one_folder(alice: User) -> None:
    answer = second_of_two(
        lambda: save_folder(owner=alice, folder=Folder(name="Work")),
        lambda: browser_of(alice).post("/chat/folders/add/", {"name": "Work"}),
    )
    assert (answer.status_code, "You have a folder of this name." in answer.text) == (409, True)


def test_two_tabs_that_name_one_preset(alice: User) -> None:
    answer = second_of_two(
        lambda: save_preset(owner=alice, preset=Preset(name="Mine")),
        lambda: browser_of(alice).post("/chat/presets/add/", {"name": "Mine"}),
    )
    assert (answer.status_code, "You have a preset of this name." in answer.text) == (409, True)


def test_two_tabs_that_sign_up_one_person_at_the_provider(transactional_db: None) -> None:
    def sign_up() -> None:
        request = RequestFactory().get("/")
        request.session = SessionStore()
        login = SocialLogin(user=User(username="dana"), account=SocialAccount(provider="oidc", uid="dana@idp"))
        SocialAdapter(request).save_user(request, login)

    def second() -> str:
        try:
            sign_up()
        except ImmediateHttpResponse as answer:
            return str(answer.response["Location"])
        return "signed up twice"

    assert second_of_two(sign_up, second) == "/accounts/sign-in/"
    assert User.objects.count() == SocialAccount.objects.count() == 1

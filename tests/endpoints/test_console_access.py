"""The console is for staff: to everybody else its pages do not exist."""

from uuid import uuid4

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.endpoints.connection_test.record import Candidate, open_record
from apps.endpoints.models import Endpoint
from tests.endpoints.conftest import Add

PAGES = [
    ("get", "/endpoints/"),
    ("get", "/endpoints/add/"),
    ("post", "/endpoints/add/"),
    ("get", "/endpoints/{id}/"),
    ("post", "/endpoints/{id}/"),
    ("post", "/endpoints/{id}/state/"),
    ("post", "/endpoints/{id}/test/"),
    ("post", "/endpoints/test/"),
    ("get", "/endpoints/tests/{connection_test}/"),
]
CANDIDATE = Candidate("http://gpu-1:8080", "openai", "instruct", "7B", "")


@pytest.fixture
def erin(staff_client: Client) -> User:
    """A member of staff, signed in."""
    return User.objects.get(username="erin")


def address(path: str, endpoint: Endpoint, owner: User) -> str:
    connection_test = open_record(CANDIDATE, owner_id=owner.pk) if "{connection_test}" in path else ""
    return path.format(id=endpoint.pk, connection_test=connection_test)


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_staff_are_let_in(add: Add, staff_client: Client, erin: User, method: str, path: str) -> None:
    response = getattr(staff_client, method)(address(path, add(), erin))
    assert response.status_code in {200, 302, 400, 422}
    assert not response.headers.get("Location", "").startswith("/accounts/")


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_who_is_not_staff_gets_404(add: Add, client: Client, charlie: User, method: str, path: str) -> None:
    endpoint = add()
    client.force_login(charlie)
    response = getattr(client, method)(address(path, endpoint, charlie), {"state": "disabled", "confirmed": "on"})
    assert response.status_code == 404
    assert "gpu-1" not in response.text
    assert Endpoint.objects.get().state == "enabled"


@pytest.mark.parametrize(("method", "path"), PAGES)
def test_who_is_signed_out_is_asked_to_sign_in(add: Add, client: Client, charlie: User, method: str, path: str) -> None:
    asked = address(path, add(), charlie)
    response = getattr(client, method)(asked)
    assert (response.status_code, response["Location"]) == (302, f"/accounts/sign-in/?next={asked}")


@pytest.mark.parametrize("path", ["/endpoints/{id}/state/", "/endpoints/{id}/test/", "/endpoints/test/"])
def test_what_changes_something_is_not_done_by_a_link(add: Add, staff_client: Client, path: str) -> None:
    assert staff_client.get(path.format(id=add().pk)).status_code == 405


@pytest.mark.parametrize("path", ["/endpoints/{id}/", "/endpoints/{id}/state/", "/endpoints/{id}/test/"])
def test_an_endpoint_that_is_not_there_is_404(staff_client: Client, path: str) -> None:
    assert staff_client.post(path.format(id=uuid4()), {"state": "enabled"}).status_code == 404


def test_a_test_is_seen_by_who_started_it(staff_client: Client, erin: User, charlie: User) -> None:
    own, foreign = (open_record(CANDIDATE, owner_id=owner.pk) for owner in (erin, charlie))
    assert staff_client.get(f"/endpoints/tests/{own}/").status_code == 200
    assert staff_client.get(f"/endpoints/tests/{foreign}/").status_code == 404
    assert staff_client.get("/endpoints/tests/none-of-that-name/").status_code == 404


def test_posts_need_the_csrf_token(add: Add) -> None:
    endpoint = add()
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("erin"))
    for path in ["/endpoints/add/", f"/endpoints/{endpoint.pk}/state/", "/endpoints/test/"]:
        assert client.post(path, {"state": "disabled"}).status_code == 403
    assert Endpoint.objects.get().state == "enabled"

"""``/endpoints/``: for staff."""

import pytest
from django.test import Client

from apps.accounts.models import User
from tests.endpoints.conftest import Add


def test_staff_sees_every_endpoint(add: Add, staff_client: Client) -> None:
    add("gpu-2", variant="python", size="34B", model_id="a/b", max_concurrency=12)
    add("gpu-1", priority=5)
    page = staff_client.get("/endpoints/").text
    assert page.index("gpu-1") < page.index("gpu-2"), "in the order in which they are asked"
    for fact in ["Python", "34B", "a/b", "12", "Enabled", "Text Generation Inference", "http://gpu-1:8080"]:
        assert fact in page


def test_empty_page_says_how_to_add_the_first(staff_client: Client) -> None:
    page = staff_client.get("/endpoints/").text
    assert "uv run manage.py add_endpoint gpu-1 http://gpu-1:8080 --protocol tgi --variant instruct" in page


def test_text_of_an_endpoint_is_escaped(add: Add, staff_client: Client) -> None:
    add("<script>alert(1)</script>")
    page = staff_client.get("/endpoints/").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_who_is_not_staff_gets_404(add: Add, client: Client, charlie: User) -> None:
    add()
    client.force_login(charlie)
    response = client.get("/endpoints/")
    assert response.status_code == 404
    assert "gpu-1" not in response.text


def test_signed_out_person_is_asked_to_sign_in(client: Client, db: None) -> None:
    assert client.get("/endpoints/")["Location"] == "/accounts/sign-in/?next=/endpoints/"


def test_page_takes_no_posts(staff_client: Client) -> None:
    assert staff_client.post("/endpoints/").status_code == 405


def test_queries_do_not_grow_with_the_endpoints(
    add: Add, staff_client: Client, django_assert_num_queries: object
) -> None:
    for number in range(5):
        add(f"gpu-{number}")
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert "gpu-4" in staff_client.get("/endpoints/").text


@pytest.mark.parametrize("path", ["", "add/"])
def test_admin_is_closed_to_who_is_not_staff(client: Client, charlie: User, path: str) -> None:
    client.force_login(charlie)
    assert client.get(f"/admin/endpoints/endpoint/{path}").status_code == 302


def test_admin_stores_the_address_in_one_spelling(staff_client: Client, add: Add) -> None:
    form = {"name": "a", "url": "http://GPU-1:80/v1/", "protocol": "tgi", "variant": "base", "size": ""}
    form |= {"max_concurrency": "4", "priority": "0", "state": "enabled"}
    response = staff_client.post("/admin/endpoints/endpoint/add/", form)
    assert response.status_code == 302, response.text
    assert "http://gpu-1:80<" in staff_client.get("/endpoints/").text

"""The guide in the admin: everything is there, and edited rows are marked."""

from http import HTTPStatus

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.guide.models import Variant


@pytest.fixture
def admin(client: Client, alice: User) -> Client:
    """A superuser's browser."""
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client.force_login(alice)
    return client


@pytest.mark.parametrize("model", ["source", "variant", "feature", "cell", "citation", "page", "section"])
def test_every_list_opens_and_finds(guide: None, admin: Client, model: str) -> None:
    response = admin.get(f"/admin/guide/{model}/")
    assert response.status_code == HTTPStatus.OK
    assert "result_list" in response.text


def test_edited_rows_are_marked(guide: None, admin: Client) -> None:
    assert admin.get("/admin/guide/variant/").text.count('alt="True"') == 0
    Variant.objects.filter(slug="base").update(summary="Edited here.")
    assert admin.get("/admin/guide/variant/").text.count('alt="True"') == 1

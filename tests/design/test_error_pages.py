"""The error pages: missing, refused or broken."""

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.views.defaults import permission_denied, server_error

pytestmark = pytest.mark.django_db


def test_missing_page_says_so_and_leads_on(client: Client) -> None:
    answer = client.get("/nothing-here/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text
    assert 'href="/guide/"' in answer.text


def test_form_without_its_token_is_explained() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/sign-in/", {"username": "alice", "password": "x"})
    assert answer.status_code == 403
    assert "This form is out of date" in answer.text


def test_refusal_says_who_can_help(rf: RequestFactory) -> None:
    answer = permission_denied(rf.get("/endpoints/"), PermissionError())
    assert answer.status_code == 403
    assert "staff account" in answer.content.decode()


def test_failure_page_needs_nothing_that_may_have_failed() -> None:
    answer = server_error(HttpRequest())
    assert answer.status_code == 500
    assert "The server failed at this page" in answer.content.decode()

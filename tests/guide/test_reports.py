"""Readers report errors from every page; administrators find what they say."""

from http import HTTPStatus

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.guide.models import ErrorReport
from apps.guide.reporting.report import MOST_AN_HOUR
from tests.guide.reading import ReadPage

URL = "/guide/report/?page=/guide/context/"


@pytest.mark.django_db
def test_a_report_is_kept_and_thanked_for(client: Client) -> None:
    assert "Context windows" in client.get(URL).text
    sent = client.post(URL, {"text": "It says 100.", "contact": "me@example.org"}, follow=True)
    assert "Thank you" in sent.text
    (report,) = ErrorReport.objects.all()
    assert (report.page, report.text, report.contact) == ("/guide/context/", "It says 100.", "me@example.org")
    assert (report.made_by, report.is_settled) == (None, False)


def test_who_is_signed_in_is_named(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post(URL, {"text": "Wrong."})
    assert ErrorReport.objects.get().made_by == alice


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["", "https://example.org/", "//example.org", "/guide/nowhere/", "<script>", "\0"])
def test_a_page_that_is_none_counts_as_the_overview(client: Client, page: str) -> None:
    response = client.post("/guide/report/", {"text": "Wrong."}, query_params={"page": page}, follow=True)
    assert response.status_code == HTTPStatus.OK
    assert ErrorReport.objects.get().page == "/guide/"
    assert [link for link in ReadPage(response.text).root.all("a") if "example.org" in link.attributes["href"]] == []


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["", "  ", "x" * 4001, "a\0b"])
def test_a_report_that_says_nothing_is_not_kept(client: Client, text: str) -> None:
    response = client.post(URL, {"text": text})
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert ReadPage(response.text).root.all("ul", "errorlist")
    assert not ErrorReport.objects.exists()


def test_strangers_cannot_fill_the_list(client: Client, alice: User) -> None:
    ErrorReport.objects.bulk_create(ErrorReport(page="/guide/", text="Wrong.") for _ in range(MOST_AN_HOUR - 1))
    assert client.post(URL, {"text": "Wrong."}).status_code == HTTPStatus.FOUND
    refused = client.post(URL, {"text": "Wrong, too."})
    assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert "try again later" in refused.text
    assert "Wrong, too." in refused.text, "what was typed is not lost"
    client.force_login(alice)
    assert client.post(URL, {"text": "Wrong."}).status_code == HTTPStatus.FOUND


@pytest.mark.django_db
def test_administrators_settle_them(client: Client) -> None:
    report = ErrorReport.objects.create(page="/guide/context/", text="<b>Wrong</b>")
    client.force_login(User.objects.create_superuser("staff"))
    listed = ReadPage(client.get("/admin/guide/errorreport/").text)
    assert "<b>Wrong</b>" in listed.root.text
    form = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(report.pk), "form-0-is_settled": "on"}
    client.post("/admin/guide/errorreport/", {**form, "_save": "Save"})
    report.refresh_from_db()
    assert report.is_settled

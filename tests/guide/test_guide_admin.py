"""The guide in the admin: everything is there, edited rows are marked, edits can be previewed, compared and undone."""

from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.guide.models import Fact, Feature, FromFile, Revision, Section, Term, Variant
from apps.guide.services.load import load_guide
from apps.guide.services.tables import TABLES
from tests.guide.reading import Element, ReadPage

MODELS = [*(table.model._meta.model_name for table in TABLES), "citation"]


@pytest.fixture
def admin(client: Client, alice: User) -> Client:
    """A superuser's browser."""
    alice.is_staff = alice.is_superuser = True
    alice.save()
    client.force_login(alice)
    return client


def url(row: FromFile, page: str) -> str:
    return reverse(f"admin:guide_{row._meta.model_name}_{page}", args=[row.pk])


def filled_in(admin: Client, row: FromFile, **changes: str) -> dict[str, str]:
    """The row's form as a browser would send it, with some fields changed."""
    form = next(
        form
        for form in ReadPage(admin.get(url(row, "change")).text).root.all("form")
        if form.attributes.get("id") == f"{row._meta.model_name}_form"
    )
    values = {field: value for element in form.all("input") for field, value in sent(element)}
    values |= {
        area.attributes["name"]: area.raw.removeprefix("\n").replace("\n", "\r\n") for area in form.all("textarea")
    }
    for select in form.all("select"):
        chosen = [option for option in select.all("option") if "selected" in option.attributes]
        values[select.attributes["name"]] = chosen[0].attributes["value"] if chosen else ""
    values = {name: value for name, value in values.items() if "__prefix__" not in name}
    assert changes.keys() <= values.keys(), "only what is in the form can be changed"
    return values | changes


def sent(element: Element) -> list[tuple[str, str]]:
    attributes = element.attributes
    if attributes.get("type") in {"submit", "checkbox"} and "checked" not in attributes:
        return []
    return [(attributes["name"], attributes.get("value", ""))] if attributes.get("name") else []


def edit(admin: Client, row: FromFile, **changes: str) -> None:
    response = admin.post(url(row, "change"), filled_in(admin, row, **changes))
    assert response.status_code == HTTPStatus.FOUND, ReadPage(response.text).root.text


@pytest.mark.parametrize("model", MODELS)
def test_every_list_opens_and_finds(guide: None, admin: Client, model: str) -> None:
    response = admin.get(f"/admin/guide/{model}/")
    assert response.status_code == HTTPStatus.OK
    assert "result_list" in response.text


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_row_opens_and_can_be_saved_and_previewed(guide: None, admin: Client, table: Any) -> None:
    row = table.model.rows()[0]
    before = row.content()
    assert admin.post(url(row, "preview"), filled_in(admin, row)).status_code == HTTPStatus.OK
    edit(admin, row)
    saved = table.model.rows().get(pk=row.pk)
    assert saved.content() == before
    assert not saved.is_edited
    assert not Revision.objects.exists()


def test_edited_rows_are_marked(guide: None, admin: Client) -> None:
    assert admin.get("/admin/guide/variant/").text.count('alt="True"') == 0
    Variant.objects.filter(slug="base").update(summary="Edited here.")
    assert admin.get("/admin/guide/variant/").text.count('alt="True"') == 1


def test_what_came_from_a_file_keeps_its_name_and_is_not_deleted(guide: None, admin: Client) -> None:
    row, own = Term.objects.get(slug="bos"), Term.objects.create(slug="own", term="Own", definition="Ours.")
    assert 'name="slug"' in admin.get(url(own, "change")).text
    assert 'name="slug"' not in admin.get(url(row, "change")).text
    assert admin.post(url(own, "delete"), {"post": "yes"}).status_code == HTTPStatus.FOUND
    assert admin.post(url(row, "delete"), {"post": "yes"}).status_code == HTTPStatus.FORBIDDEN
    assert list(Term.objects.filter(slug__in=["bos", "own"])) == [row]


def test_a_preview_shows_prose_as_the_page_will_and_saves_nothing(guide: None, admin: Client) -> None:
    section = Section.objects.get(page__slug="licence", slug="output")
    assert "Preview" in admin.get(url(section, "change")).text
    sent = filled_in(admin, section, body="Edited **boldly** [@paper T2].", title="Sizes now")
    response = admin.post(url(section, "preview"), sent)
    assert response.status_code == HTTPStatus.OK
    shown = ReadPage(response.text)
    (article,) = shown.root.all("article")
    assert [strong.text for strong in article.all("strong")] == ["boldly"]
    assert [link.text for link in article.all("a", "cite")] == ["Source 1, T2"]
    assert "Sizes now" in article.all("h2")[0].text
    section.refresh_from_db()
    assert section.title != "Sizes now"
    assert not Revision.objects.exists()


def test_a_preview_of_a_fact_shows_its_new_citation_and_reading(guide: None, admin: Client) -> None:
    fact = Fact.objects.get(attribute__slug="max-positions", model__slug="13b-instruct")
    response = admin.post(url(fact, "preview"), filled_in(admin, fact, **{"text": "8,192", "readings-0-text": "32k"}))
    (article,) = ReadPage(response.text).root.all("article")
    assert "8,192 tokens" in article.text
    assert "Another source says: 32k" in article.text
    fact.refresh_from_db()
    assert fact.text == "16,384"
    assert fact.readings.get().text == "2,048"


def test_a_form_with_mistakes_has_no_preview(guide: None, admin: Client) -> None:
    section = Section.objects.get(page__slug="licence", slug="output")
    response = admin.post(url(section, "preview"), filled_in(admin, section, title=""))
    assert response.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "This field is required" in response.text


def test_a_reading_must_name_a_source_that_is_there(guide: None, admin: Client) -> None:
    fact = Fact.objects.get(attribute__slug="max-positions", model__slug="13b-instruct")
    wrong = filled_in(admin, fact, **{"readings-0-sources": "gossip §1"})
    assert "There is no source “gossip”." in admin.post(url(fact, "change"), wrong).text
    edit(admin, fact, **{"readings-0-sources": "litgpt; card §2"})
    assert [citation.spelling for citation in fact.readings.get().citations.all()] == ["litgpt", "card §2"]


def test_the_history_shows_what_went_and_what_came(guide: None, admin: Client) -> None:
    variant = Variant.objects.get(slug="base")
    assert "has not been changed" in admin.get(url(variant, "history")).text
    edit(admin, variant, summary="Completes code and mends gaps in it.")
    page = ReadPage(admin.get(url(variant, "history")).text)
    assert [gone.text for gone in page.root.all("del")] == ["removed: fills"]
    assert [came.text for came in page.root.all("ins")] == ["added: mends"]
    assert [heading.text.split(",")[0] for heading in page.root.all("section")[0].all("h2")] == [
        "Edited in the admin by alice"
    ]
    assert [revision.cause for revision in Revision.objects.order_by("pk")] == ["before", "edited"]


def test_the_history_of_a_fact_has_its_citations(guide: None, admin: Client) -> None:
    fact = Fact.objects.get(attribute__slug="max-positions", model__slug="13b-instruct")
    edit(admin, fact, **{"citations-0-locator": "§9"})
    page = ReadPage(admin.get(url(fact, "history")).text)
    assert ([gone.text for gone in page.root.all("del")], [came.text for came in page.root.all("ins")]) == (
        [],
        ["added: §9"],
    )


def test_going_back_restores_row_citations_and_readings(guide: None, admin: Client) -> None:
    fact = Fact.objects.get(attribute__slug="max-positions", model__slug="13b-instruct")
    before = fact.content()
    edit(admin, fact, **{"text": "8,192", "readings-0-text": "32k", "citations-0-locator": "§9"})
    assert fact.pk in {row.pk for row in Fact.rows() if row.is_edited}
    first = Revision.objects.order_by("pk")[0]
    admin.post(reverse("admin:guide_fact_revert", args=[fact.pk, first.pk]))
    fact = Fact.rows().get(pk=fact.pk)
    assert fact.content() == before
    assert not fact.is_edited, "it says what was loaded again"
    assert [revision.cause for revision in Revision.objects.order_by("pk")] == ["before", "edited", "reverted"]
    assert load_guide().kept == []


def test_what_names_a_source_that_is_gone_is_not_restored(guide: None, admin: Client) -> None:
    fact = Fact.objects.get(attribute__slug="max-positions", model__slug="13b-instruct")
    edit(admin, fact, text="8,192")
    first = Revision.objects.order_by("pk")[0]
    first.content["sources"] = ["papyrus §1"]
    first.save()
    response = admin.post(reverse("admin:guide_fact_revert", args=[fact.pk, first.pk]), follow=True)
    assert "not there any more" in response.text
    assert Fact.rows().get(pk=fact.pk).content()["text"] == "8,192"
    assert Fact.rows().get(pk=fact.pk).content()["sources"] != []


def test_a_load_that_changes_a_row_is_in_its_history(guide: None, admin: Client, folder: Any) -> None:
    file = folder / "comparison.toml"
    file.write_text(file.read_text().replace("Completes code and fills gaps in it.", "Completes code."))
    load_guide(folder=folder)
    assert [revision.cause for revision in Revision.objects.order_by("pk")] == ["before", "loaded"]
    assert "Loaded from the content files" in admin.get(url(Variant.objects.get(slug="base"), "history")).text


def test_staff_may_only_do_what_they_are_permitted(guide: None, client: Client, bob: User) -> None:
    bob.is_staff = True
    bob.save()
    client.force_login(bob)
    variant = Variant.objects.get(slug="base")
    revision = Revision.objects.create(
        table="variant", identity="base", content={**variant.content(), "summary": "Older."}, cause="edited"
    )
    revert = reverse("admin:guide_variant_revert", args=[variant.pk, revision.pk])
    assert client.get(url(variant, "history")).status_code == HTTPStatus.FORBIDDEN
    bob.user_permissions.add(Permission.objects.get(codename="view_variant"))
    assert client.get(url(variant, "history")).status_code == HTTPStatus.OK
    assert client.post(revert).status_code == HTTPStatus.FORBIDDEN
    assert client.post(url(variant, "preview"), {}).status_code == HTTPStatus.FORBIDDEN
    bob.user_permissions.add(Permission.objects.get(codename="change_variant"))
    assert client.post(revert).status_code == HTTPStatus.FOUND
    variant.refresh_from_db()
    assert variant.summary == "Older."


def test_going_back_needs_a_post(guide: None, admin: Client) -> None:
    variant = Variant.objects.get(slug="base")
    edit(admin, variant, summary="Edited.")
    revert = reverse("admin:guide_variant_revert", args=[variant.pk, Revision.objects.order_by("pk")[0].pk])
    assert admin.get(revert).status_code == HTTPStatus.METHOD_NOT_ALLOWED
    variant.refresh_from_db()
    assert variant.summary == "Edited."


def test_a_row_made_here_comes_last(guide: None, admin: Client) -> None:
    values = {"slug": "own", "label": "Own row", "note": ""}
    assert admin.post(reverse("admin:guide_feature_add"), values).status_code == HTTPStatus.FOUND
    assert [feature.slug for feature in Feature.objects.all()][-1] == "own"

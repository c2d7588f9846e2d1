"""``/accounts/keys/``: people make and revoke their own keys."""

import json
import re
from datetime import timedelta

import pytest
import yaml
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.keys.api_keys import issue_api_key, use_api_key
from apps.accounts.models import ApiKey, User

PAGE = "/accounts/keys/"


@pytest.fixture
def page(client: Client, alice: User) -> Client:
    """Alice, signed in."""
    client.force_login(alice)
    return client


def key_in(page: str) -> str:
    """The key that a page shows."""
    found = re.search(r"clw_[\w-]{30,}", page)
    assert found
    return found[0]


def test_a_key_is_made_shown_once_and_works(page: Client, alice: User) -> None:
    response = page.post(PAGE, {"name": "editor", "lasts": "30"})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    key = key_in(response.text)
    found = use_api_key(key)
    assert found is not None
    assert (found.owner, found.name) == (alice, "editor")
    assert found.expires_at is not None
    assert timedelta(days=29) < found.expires_at - timezone.now() <= timedelta(days=30)
    again = page.get(PAGE).text
    assert found.prefix in again
    assert key not in again


def test_examples_hold_the_address_and_the_new_key(page: Client, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://workbench.example.org"
    made = page.post(PAGE, {"name": "editor", "lasts": "30"})
    key = key_in(made.text)
    codes = {example.title: example.code for example in made.context["examples"]}
    assert len(codes) >= 8
    assert all(settings.PUBLIC_URL in code for code in codes.values())
    assert [title for title, code in codes.items() if key not in code] == ["Zed"]


def test_examples_of_every_program_can_be_read(page: Client) -> None:
    codes = {example.title: example.code for example in page.get(PAGE).context["examples"]}
    for title in ("Python", "Hugging Face’s client"):
        compile(codes[title], title, "exec")
    for title in ("Zed", "llama.vscode"):
        assert json.loads(codes[title])
    models = yaml.safe_load(codes["Continue"])["models"]
    assert [model["model"] for model in models] == ["code-llama-instruct", "code-llama-base"]
    assert models[1]["promptTemplates"]["autocomplete"] == "<PRE> {{{prefix}}} <SUF>{{{suffix}}} <MID>"
    assert '"YOUR_KEY"' in codes["Python"]


def test_examples_name_the_key_whose_beginning_they_show(page: Client, alice: User) -> None:
    issue_api_key(owner=alice, name="the <old> laptop")
    shown = page.get(PAGE)
    prefix = ApiKey.objects.get().prefix
    assert f'api_key="{prefix}…"' in {example.title: example.code for example in shown.context["examples"]}["Python"]
    assert "the whole key for <bdi>the &lt;old&gt; laptop</bdi>" in shown.text


def test_a_key_without_end(page: Client) -> None:
    page.post(PAGE, {"name": "server", "lasts": ""})
    assert ApiKey.objects.get().expires_at is None
    assert "without end" in page.get(PAGE).text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "lasts": "30"}, "This field is required."),
        ({"name": "x" * 101, "lasts": "30"}, "at most 100 characters"),
        ({"name": "editor", "lasts": "31"}, "Select a valid choice"),
        ({"name": "a\0b", "lasts": "30"}, "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_is_said_beside_it(page: Client, form: dict[str, str], sentence: str) -> None:
    response = page.post(PAGE, form)
    assert response.status_code == 422
    assert sentence in response.text
    assert not ApiKey.objects.exists()


def test_there_is_a_most(page: Client, alice: User) -> None:
    ApiKey.objects.bulk_create(ApiKey(owner=alice, prefix="clw_x", digest=str(number)) for number in range(100))
    response = page.post(PAGE, {"name": "one more", "lasts": "30"})
    assert response.status_code == 422
    assert "You have 100 active keys" in response.text
    ApiKey.objects.filter(digest="7").update(revoked_at=timezone.now())
    assert page.post(PAGE, {"name": "one more", "lasts": "30"}).status_code == 200


def test_revoking_asks_first(page: Client, alice: User) -> None:
    key = issue_api_key(owner=alice, name="editor")
    address = f"{PAGE}{ApiKey.objects.get().pk}/revoke/"
    assert address in page.get(PAGE).text
    assert "Revoke editor?" in page.get(address).text
    assert use_api_key(key) is not None
    assert page.post(address)["Location"] == PAGE
    assert use_api_key(key) is None
    shown = page.get(PAGE).text
    assert "Revoked" in shown
    assert address not in shown


def test_expired_keys_say_so(page: Client, alice: User) -> None:
    issue_api_key(owner=alice, name="old", days=1)
    ApiKey.objects.update(expires_at=timezone.now())
    assert "Expired" in page.get(PAGE).text


def test_what_is_somebody_elses_is_not_there(client: Client, alice: User, bob: User) -> None:
    key = issue_api_key(owner=alice, name="the secret project")
    address = f"{PAGE}{ApiKey.objects.get().pk}/revoke/"
    client.force_login(alice)
    assert "the secret project" in client.get(PAGE).text
    client.force_login(bob)
    assert "the secret project" not in client.get(PAGE).text
    assert client.get(address).status_code == client.post(address).status_code == 404
    client.force_login(User.objects.create_superuser("staff"))
    assert client.post(address).status_code == 404
    client.logout()
    for response in [client.get(PAGE), client.post(PAGE, {"name": "x"}), client.get(address), client.post(address)]:
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/sign-in/")
    assert use_api_key(key) is not None
    assert ApiKey.objects.count() == 1


def test_a_name_is_no_markup(page: Client) -> None:
    page.post(PAGE, {"name": "<b>bold</b>", "lasts": "30"})
    assert "&lt;b&gt;bold&lt;/b&gt;" in page.get(PAGE).text


def test_forms_need_the_csrf_token(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    assert strict.post(PAGE, {"name": "editor", "lasts": "30"}).status_code == 403


def test_the_page_is_linked_from_every_page_of_who_is_signed_in(page: Client) -> None:
    assert f'href="{PAGE}"' in page.get("/").text
    page.logout()
    assert f'href="{PAGE}"' not in page.get("/").text


def test_a_key_can_be_limited(page: Client) -> None:
    form = {
        "name": "editor",
        "lasts": "30",
        "scopes": ["completion", "models"],
        "model_names": "code-llama-base, gpu-1,, gpu-1",
        "generations_at_once": "2",
        "requests_per_minute": "60",
        "tokens_per_day": "100000",
    }
    key = use_api_key(key_in(page.post(PAGE, form).text))
    assert key is not None
    assert (key.scopes, key.model_names) == (["completion", "models"], ["code-llama-base", "gpu-1"])
    assert (key.generations_at_once, key.requests_per_minute, key.tokens_per_day) == (2, 60, 100_000)
    shown = page.get(PAGE).text
    for words in ("only complete and fill in code and list models", "only code-llama-base and gpu-1", "2 at once"):
        assert words in shown


@pytest.mark.parametrize(
    "wrong",
    [{"scopes": "everything"}, {"requests_per_minute": "0"}, {"tokens_per_day": "-1"}, {"model_names": "x" * 301}],
)
def test_a_wrong_limit_is_said_beside_it(page: Client, wrong: dict[str, str]) -> None:
    response = page.post(PAGE, {"name": "editor", "lasts": "30", **wrong})
    assert response.status_code == 422
    assert '<details class="keys__limits" open>' in response.text
    assert "errorlist" in response.text
    assert not ApiKey.objects.exists()

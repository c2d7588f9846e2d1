"""Tokens: sealed at rest, opened for the model server, shown nowhere."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core import serializers
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from apps.endpoints.errors import TokenUnreadable
from apps.endpoints.models import Endpoint
from apps.endpoints.security.tokens import seal, unseal
from tests.endpoints.conftest import PLAIN_TOKEN, Add

NEW_TOKEN = "hf_another-token-of-the-gpu-server"


def form_data(endpoint: Endpoint, **changes: Any) -> dict[str, Any]:
    fields = ["name", "url", "protocol", "variant", "size", "model_id", "max_concurrency", "priority", "state"]
    return {**{field: getattr(endpoint, field) for field in fields}, "new_token": "", **changes}


def change_url(endpoint: Endpoint) -> str:
    return f"/admin/endpoints/endpoint/{endpoint.pk}/change/"


def test_database_holds_no_plain_token(add: Add) -> None:
    endpoint = add(token=PLAIN_TOKEN, model_id="a-model")
    with connection.cursor() as cursor:
        cursor.execute("SELECT endpoint::text FROM endpoints_endpoint AS endpoint")
        row = cursor.fetchone()[0]
    assert "a-model" in row, "the whole row is read"
    assert PLAIN_TOKEN not in row
    assert Endpoint.objects.get(pk=endpoint.pk).server.token == PLAIN_TOKEN


def test_same_token_is_sealed_differently_each_time() -> None:
    assert seal(PLAIN_TOKEN) != seal(PLAIN_TOKEN)


def test_representations_hold_no_token(add: Add) -> None:
    endpoint = add(token=PLAIN_TOKEN)
    assert endpoint.token == PLAIN_TOKEN
    shown = [repr(endpoint), str(endpoint), repr(endpoint.server), repr(vars(endpoint))]
    shown.append(serializers.serialize("json", [endpoint]))
    assert all(PLAIN_TOKEN not in text for text in shown)


def test_command_shows_no_token(db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("GPU_TOKEN", PLAIN_TOKEN)
    output = StringIO()
    arguments = ["gpu-1", "http://gpu-1", "--protocol", "tgi", "--variant", "base", "--token-env", "GPU_TOKEN"]
    with caplog.at_level("DEBUG"):
        call_command("add_endpoint", *arguments, stdout=output, stderr=output)
    assert Endpoint.objects.get().token == PLAIN_TOKEN
    assert "gpu-1" in output.getvalue()
    assert PLAIN_TOKEN not in output.getvalue() + caplog.text


def test_token_given_as_the_name_of_a_variable_is_not_repeated(db: None) -> None:
    arguments = ["gpu-1", "http://gpu-1", "--protocol", "tgi", "--variant", "base", "--token-env", PLAIN_TOKEN]
    with pytest.raises(CommandError) as error:
        call_command("add_endpoint", *arguments)
    assert PLAIN_TOKEN not in str(error.value)


def test_admin_shows_whether_a_token_is_stored_and_never_which(add: Add, staff_client: Client) -> None:
    endpoint = add()
    assert "No token is stored." in staff_client.get(change_url(endpoint)).text
    add(token=PLAIN_TOKEN)
    page = staff_client.get(change_url(endpoint)).text
    assert "A token is stored." in page
    assert 'type="password"' in page
    sealed = Endpoint.objects.get().sealed_token
    for shown in [page, staff_client.get("/admin/endpoints/endpoint/").text, staff_client.get("/endpoints/").text]:
        assert endpoint.name in shown
        assert PLAIN_TOKEN not in shown
        assert sealed not in shown


def test_admin_stores_keeps_and_removes_the_token(add: Add, staff_client: Client) -> None:
    endpoint = add()
    steps: list[tuple[dict[str, Any], str]] = [
        ({"new_token": NEW_TOKEN}, NEW_TOKEN),
        ({"priority": 7}, NEW_TOKEN),
        ({"remove_token": "on"}, ""),
    ]
    for changes, token in steps:
        response = staff_client.post(change_url(endpoint), form_data(endpoint, **changes))
        assert response.status_code == 302, response.text
        assert Endpoint.objects.get().token == token


def test_admin_history_names_the_change_without_the_token(add: Add, staff_client: Client) -> None:
    endpoint = add()
    staff_client.post(change_url(endpoint), form_data(endpoint, new_token=NEW_TOKEN, priority=7))
    assert Endpoint.objects.get().token == NEW_TOKEN
    entry = LogEntry.objects.get()
    assert "Priority" in entry.change_message
    assert NEW_TOKEN not in entry.change_message + entry.object_repr
    assert NEW_TOKEN not in staff_client.get(f"/admin/endpoints/endpoint/{endpoint.pk}/history/").text


def test_refused_form_does_not_send_the_token_back(add: Add, staff_client: Client) -> None:
    endpoint = add()
    for changes in [{"url": "http://169.254.169.254"}, {"remove_token": "on"}, {"new_token": f"{NEW_TOKEN} twice"}]:
        form = form_data(endpoint, **{"new_token": NEW_TOKEN, **changes})
        response = staff_client.post(change_url(endpoint), form)
        assert response.status_code == 200
        assert "errornote" in response.text
        assert NEW_TOKEN not in response.text
    assert not Endpoint.objects.get().has_token


def test_token_survives_a_new_secret_key_while_the_old_one_is_named(add: Add, settings: Settings) -> None:
    add(token=PLAIN_TOKEN)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "a-new-secret-key"
    with pytest.raises(TokenUnreadable) as refusal:
        Endpoint.objects.get().token  # noqa: B018 (reading it is the point)
    assert "SECRET_KEY_FALLBACKS" in refusal.value.sentence
    settings.SECRET_KEY_FALLBACKS = [old]
    assert Endpoint.objects.get().token == PLAIN_TOKEN
    output = StringIO()
    call_command("reseal_tokens", stdout=output)
    assert output.getvalue().splitlines() == [
        "Tokens encrypted with the present key: 1.",
        "Second factors encrypted with the present key: 0.",
    ]
    settings.SECRET_KEY_FALLBACKS = []
    assert Endpoint.objects.get().token == PLAIN_TOKEN


def test_reseal_names_the_tokens_that_no_key_opens(add: Add, settings: Settings) -> None:
    add("lost", token=PLAIN_TOKEN)
    settings.SECRET_KEY = "a-new-secret-key"
    add("kept", token=NEW_TOKEN)
    with pytest.raises(CommandError, match=r"^No key opens the token of: lost\. Store it again\.$"):
        call_command("reseal_tokens", stdout=StringIO())
    assert Endpoint.objects.get(name="kept").token == NEW_TOKEN


@pytest.mark.parametrize("damaged", ["x", "gAAAAA", "é", PLAIN_TOKEN])
def test_damaged_token_is_never_passed_on_as_it_is(damaged: str) -> None:
    with pytest.raises(TokenUnreadable):
        unseal(damaged)


def test_no_token_is_nothing_to_seal() -> None:
    assert seal("") == ""
    assert unseal("") == ""

"""Adding and editing an endpoint in the console."""

from typing import Any

import pytest
from django.test import Client

from apps.endpoints.form_fields import StopsField
from apps.endpoints.models import Endpoint, EndpointChange
from tests.endpoints.conftest import PLAIN_TOKEN, Add

NEW_TOKEN = "hf_another-token-of-the-gpu-server"


def filled(**changes: Any) -> dict[str, Any]:
    form = {"name": "gpu-1", "url": "http://gpu-1:8080", "protocol": "tgi", "variant": "instruct", "size": "7B"}
    return {**form, "model_id": "", "max_concurrency": "4", "priority": "0", "state": "enabled", **changes}


def post(client: Client, endpoint: Endpoint | None = None, /, **changes: Any) -> Any:
    return client.post(f"/endpoints/{endpoint.pk}/" if endpoint else "/endpoints/add/", filled(**changes))


def test_an_endpoint_is_added(staff_client: Client) -> None:
    response = post(
        staff_client,
        url="http://GPU-1:8080/v1/",
        new_token=PLAIN_TOKEN,
        default_temperature="0.2",
        default_stop="</s>\n\\n\\n\na\\tb\nC:\\\\new",
        maximum_max_tokens="2048",
        override_infill="no",
        context_window_override="8192",
    )
    assert (response.status_code, response["Location"]) == (302, "/endpoints/")
    endpoint = Endpoint.objects.get()
    assert (endpoint.name, endpoint.url, endpoint.token) == ("gpu-1", "http://gpu-1:8080", PLAIN_TOKEN)
    assert endpoint.default_parameters == {"temperature": 0.2, "stop": ["</s>", "\n\n", "a\tb", "C:\\new"]}
    assert endpoint.maximum_parameters == {"max_tokens": 2048}
    assert endpoint.capability_overrides == {"infill": False}
    assert endpoint.context_window == 8192
    assert "gpu-1 was added." in staff_client.get("/endpoints/").text


def test_what_is_stored_is_in_the_form_again(add: Add, staff_client: Client) -> None:
    endpoint = add(size="7B")
    settings = {"default_temperature": "0.2", "default_stop": r"\n\n", "maximum_stop": "2", "override_chat": "yes"}
    post(staff_client, endpoint, **settings)
    before = Endpoint.objects.get()
    page = staff_client.get(f"/endpoints/{endpoint.pk}/")
    sent_back = {bound.html_name: bound.value() for bound in page.context["form"]}
    stored = {name: "" if value is None else value for name, value in sent_back.items() if value is not False}
    stored["default_stop"] = StopsField().prepare_value(stored["default_stop"])
    response = staff_client.post(f"/endpoints/{endpoint.pk}/", stored)
    assert response.status_code == 302
    after = Endpoint.objects.get()
    assert before.default_parameters == {"temperature": 0.2, "stop": ["\n\n"]}
    for field in ["default_parameters", "maximum_parameters", "capability_overrides", "size", "url"]:
        assert getattr(after, field) == getattr(before, field)


@pytest.mark.parametrize("stop", ["\n\n", "a\tb", "C:\\new", "\\", "\\\\n", "</s>"])
def test_a_stop_sequence_survives_the_form(stop: str) -> None:
    field = StopsField()
    assert field.clean(field.prepare_value([stop])) == [stop]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"url": "http://169.254.169.254"}, "url", "metadata"),
        ({"url": "ftp://gpu-1"}, "url", "http://"),
        ({"name": ""}, "name", "required"),
        ({"max_concurrency": "0"}, "max_concurrency", "1"),
        ({"new_token": "two words"}, "new_token", "printable ASCII"),
        ({"default_temperature": "9"}, "default_temperature", "2"),
        ({"default_stop": "a\nb\nc\nd\ne"}, "default_stop", "At most 4"),
        ({"default_max_tokens": "500", "maximum_max_tokens": "100"}, "default_max_tokens", "maximum, 100"),
        ({"default_stop": "a\nb", "maximum_stop": "1"}, "default_stop", "maximum, 1"),
        ({"variant": "python", "override_infill": "yes"}, "override_infill", "was not trained for this"),
        ({"variant": "base", "override_chat": "yes"}, "override_chat", "was not trained for this"),
        ({"context_window_override": "200000"}, "context_window_override", "100,000 tokens at most"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    staff_client: Client, changes: dict[str, str], field: str, sentence: str
) -> None:
    response = post(staff_client, **changes)
    assert response.status_code == 422
    assert sentence in " ".join(response.context["form"].errors[field])
    assert f'id="id_{field}_error"' in response.text
    assert "Nothing was saved yet" in response.text
    assert not Endpoint.objects.exists()


def test_a_model_of_ones_own_may_do_more_than_the_twelve(staff_client: Client) -> None:
    changes = {"variant": "python", "size": "", "override_infill": "yes", "context_window_override": "200000"}
    assert post(staff_client, **changes).status_code == 302
    assert "infill" in Endpoint.objects.get().capabilities


def test_a_name_is_given_once(add: Add, staff_client: Client) -> None:
    add()
    response = post(staff_client)
    assert response.status_code == 422
    assert "already exists" in " ".join(response.context["form"].errors["name"])


def test_the_token_is_kept_replaced_and_removed(add: Add, staff_client: Client) -> None:
    endpoint = add(token=PLAIN_TOKEN)
    for changes, token in [({"priority": "3"}, PLAIN_TOKEN), ({"new_token": NEW_TOKEN}, NEW_TOKEN)]:
        assert post(staff_client, endpoint, **changes).status_code == 302
        assert Endpoint.objects.get().token == token
    assert post(staff_client, endpoint, remove_token="on").status_code == 302
    assert Endpoint.objects.get().token == ""


def test_the_token_is_never_sent_back(add: Add, staff_client: Client) -> None:
    endpoint = add(token=PLAIN_TOKEN)
    page = staff_client.get(f"/endpoints/{endpoint.pk}/").text
    refused = post(staff_client, endpoint, new_token=NEW_TOKEN, name="").text
    assert "A token is stored." in page
    for text in [page, refused, staff_client.get("/endpoints/").text]:
        assert PLAIN_TOKEN not in text
        assert NEW_TOKEN not in text
        assert endpoint.sealed_token not in text


def test_the_token_does_not_follow_to_another_address(add: Add, staff_client: Client) -> None:
    endpoint = add(token=PLAIN_TOKEN)
    moved = {"url": "http://somebody-else:8080"}
    response = post(staff_client, endpoint, **moved)
    assert response.status_code == 422
    assert "given for another address" in " ".join(response.context["form"].errors["new_token"])
    assert Endpoint.objects.get().url == "http://gpu-1:8080"
    assert post(staff_client, endpoint, url="http://gpu-1:8080/behind/a/path").status_code == 302
    assert post(staff_client, endpoint, **moved, new_token=NEW_TOKEN).status_code == 302
    assert Endpoint.objects.get().token == NEW_TOKEN


def test_who_changed_what_is_shown_and_never_the_token(add: Add, staff_client: Client) -> None:
    endpoint = add()
    post(staff_client, endpoint, priority="7", new_token=NEW_TOKEN)
    page = staff_client.get(f"/endpoints/{endpoint.pk}/").text
    assert "riority: 0 → 7; " in page
    assert "oken set" in page
    assert "by erin" in page
    assert NEW_TOKEN not in page


def test_the_last_twenty_changes_are_shown(add: Add, staff_client: Client) -> None:
    endpoint = add()
    for number in range(1, 26):
        EndpointChange.objects.create(
            endpoint=endpoint,
            endpoint_name="gpu-1",
            by_name="erin",
            changes=[{"field": "priority", "before": number - 1, "after": number}],
        )
    page = staff_client.get(f"/endpoints/{endpoint.pk}/").text
    assert page.count("by erin") == 20
    assert "24 → 25" in page
    assert "4 → 5<" not in page


def test_text_of_an_endpoint_is_escaped(add: Add, staff_client: Client) -> None:
    endpoint = add("<script>alert(1)</script>")
    page = staff_client.get(f"/endpoints/{endpoint.pk}/").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page

"""Groups: which model servers and presets pages offer to whom, and who sets that."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Group

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.chat.models import Conversation, Preset
from apps.chat.services.import_conversation import import_conversation
from apps.chat.services.messages.send import start_conversation
from apps.chat.transfer.export import as_json
from apps.chat.transfer.format import read_file
from apps.endpoints.models import Endpoint, EndpointChange, Health
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from apps.generation.services.cancel import cancel_generation
from tests.conftest import SignedIn
from tests.support.shipped_guide import fill_guide

HTMX = {"HX-Request": "true"}
NOT_THEIRS = "Your groups may not use"


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin")


@pytest.fixture
def group(alice: User) -> Group:
    made = Group.objects.create(name="GPU team")
    alice.groups.add(made)
    return made


@pytest.fixture
def gpu(group: Group) -> Endpoint:
    """A model server for Alice's group, which can do everything."""
    found = add_endpoint(name="gpu-1", url="http://127.0.0.1:9", protocol="openai", variant="instruct", size="7B")
    Endpoint.objects.update(health=Health.HEALTHY, capability_overrides={"infill": True})
    found.groups.add(group)
    return found


@pytest.fixture
def preset(group: Group) -> Preset:
    made = Preset.objects.create(name="House rules", opening="By the rules:", description="For the team")
    made.groups.add(group)
    return made


PAGES = (
    "/chat/",
    "/chat/models/",
    "/chat/servers/",
    "/playground/complete/",
    "/playground/fill/",
    "/playground/side-by-side/",
    "/guide/models/7b-instruct/",
)


@pytest.mark.parametrize("address", PAGES)
def test_pages_name_servers_to_those_who_may_use_them(
    signed_in: SignedIn, gpu: Endpoint, bob: User, admin: User, address: str
) -> None:
    fill_guide()
    alice = User.objects.get(username="alice")
    add_endpoint(name="everybodys", url="http://127.0.0.1:9", protocol="openai", variant="instruct", size="7B")
    for person, sees in ((alice, True), (admin, True), (bob, False)):
        page = signed_in(person).get(address, headers=HTMX if address == "/chat/models/" else {})
        assert page.status_code == 200
        assert ("gpu-1" in page.text) == sees, person
    hidden = Endpoint.objects.get(pk=gpu.pk)
    hidden.groups.clear()
    assert "gpu-1" in signed_in(bob).get(address, headers=HTMX if address == "/chat/models/" else {}).text


@pytest.mark.parametrize("address", ["/chat/", "/playground/complete/", "/playground/fill/"])
def test_people_for_whom_nothing_is_left_read_why(
    signed_in: SignedIn, gpu: Endpoint, alice: User, bob: User, address: str
) -> None:
    assert NOT_THEIRS not in signed_in(alice).get(address).text
    page = signed_in(bob).get(address).text
    assert NOT_THEIRS in page
    assert "gpu-1" not in page


def test_a_server_of_others_can_be_picked_nowhere(
    signed_in: SignedIn, gpu: Endpoint, alice: User, bob: User, group: Group
) -> None:
    his = start_conversation(owner=bob, text="one").conversation
    hers = start_conversation(owner=alice, text="one").conversation

    def picks(person: User, conversation: Conversation) -> list[int]:
        client, address = signed_in(person), f"{conversation.get_absolute_url()}settings/"
        return [
            client.post(f"{address}server/", {"endpoint": "gpu-1"}, headers=HTMX).status_code,
            client.post(address, {"settings-endpoint": "gpu-1"}, headers=HTMX).status_code,
            client.post("/chat/", {"message": "two", "settings-endpoint": "gpu-1"}).status_code,
        ]

    assert picks(bob, his) == [422, 422, 422]
    assert picks(alice, hers) == [200, 200, 302]
    his.refresh_from_db()
    hers.refresh_from_db()
    assert (his.endpoint_name, hers.endpoint_name) == ("", "gpu-1")


def test_an_imported_conversation_does_not_bring_a_server_of_others(gpu: Endpoint, alice: User, bob: User) -> None:
    hers = start_conversation(owner=alice, text="one", settings={"endpoint": "gpu-1"}).conversation
    cancel_generation(generation_id=Generation.objects.get().pk)
    file = read_file(as_json(Conversation.objects.get(pk=hers.pk)))
    assert import_conversation(owner=alice, file=file).endpoint == gpu
    assert import_conversation(owner=bob, file=file).endpoint_name == ""


@pytest.mark.parametrize("kind", ["complete", "fill", "side-by-side"])
def test_the_playground_starts_nothing_on_a_server_of_others(
    signed_in: SignedIn, gpu: Endpoint, alice: User, bob: User, kind: str
) -> None:
    second = add_endpoint(name="gpu-2", url="http://127.0.0.1:9", protocol="openai", variant="instruct", size="7B")
    Endpoint.objects.update(capability_overrides={"infill": True})
    texts: dict[str, dict[str, Any]] = {
        "complete": {"code": "def", "model": f"endpoint:{gpu.pk}"},
        "fill": {"before": "def", "after": "return", "model": f"endpoint:{gpu.pk}"},
        "side-by-side": {"prompt": "def", "task": "chat", "endpoints": [str(gpu.pk), str(second.pk)]},
    }
    form = {"max_tokens": "20", "temperature": "0", **texts[kind]}
    assert signed_in(bob).post(f"/playground/{kind}/", form).status_code == 422
    assert not Generation.objects.exists()
    assert signed_in(alice).post(f"/playground/{kind}/", form).status_code == 302
    assert Generation.objects.exists()


def test_presets_are_for_their_groups(signed_in: SignedIn, preset: Preset, alice: User, bob: User, admin: User) -> None:
    conversations = {person: Conversation.objects.create(owner=person, title="One") for person in (alice, bob, admin)}
    for person, sees in ((alice, True), (admin, True), (bob, False)):
        client = signed_in(person)
        for address in ("/chat/", "/chat/presets/", "/chat/palette/?q=team"):
            assert ("House rules" in client.get(address, headers=HTMX if "palette" in address else {}).text) == sees
        assert ("By the rules:" in client.get(f"/chat/?preset={preset.pk}").text) == sees
        used = client.post(f"{conversations[person].get_absolute_url()}settings/preset/", {"preset": str(preset.pk)})
        assert (used.status_code == 302) == sees
    preset.groups.clear()
    assert "House rules" in signed_in(bob).get("/chat/presets/").text


class TestSetting:
    def test_the_form_of_a_server_names_its_groups(
        self, signed_in: SignedIn, gpu: Endpoint, group: Group, admin: User
    ) -> None:
        other = Group.objects.create(name="Other team")
        client, address = signed_in(admin), f"/endpoints/{gpu.pk}/"
        page = client.get(address).text
        assert re.search(rf'name="groups" value="{group.pk}"[^>]*checked', page)
        assert not re.search(rf'name="groups" value="{other.pk}"[^>]*checked', page)
        form = {
            "name": "gpu-1",
            "url": gpu.url,
            "protocol": "openai",
            "variant": "instruct",
            "size": "7B",
            "max_concurrency": "4",
            "priority": "0",
            "state": "enabled",
            "override_infill": "yes",
        }
        assert client.post(address, {**form, "groups": [group.pk, other.pk]}).status_code == 302
        assert set(gpu.groups.all()) == {group, other}
        assert "for: GPU team → GPU team, Other team" in EndpointChange.objects.latest("at").summary
        assert client.post(address, form).status_code == 302
        assert not gpu.groups.exists()
        assert AuditEntry.objects.filter(action="endpoint changed", subject="gpu-1").count() == 3

    def test_an_admin_puts_people_into_groups(self, signed_in: SignedIn, group: Group, bob: User, admin: User) -> None:
        address = f"/accounts/people/{bob.pk}/"
        assert "GPU team" in signed_in(admin).get(address).text
        assert signed_in(admin).post(f"{address}groups/", {"groups": [group.pk]}).status_code == 302
        assert list(bob.groups.all()) == [group]
        assert re.search(rf'name="groups" value="{group.pk}"[^>]*checked', signed_in(admin).get(address).text)
        people = signed_in(admin).get("/accounts/people/").text
        assert people.count(f"· {group.name} ") == 2, "Alice's row and Bob's"
        assert signed_in(admin).post(f"{address}groups/", {"groups": ["999"]}).status_code == 422
        assert signed_in(admin).post(f"{address}groups/", {}).status_code == 302
        assert not bob.groups.exists()
        entries = AuditEntry.objects.filter(action="groups set").order_by("at")
        assert [(entry.actor, entry.subject, entry.details) for entry in entries] == [
            (admin, "bob", "GPU team"),
            (admin, "bob", "none"),
        ]

    def test_nobody_else_puts_people_into_groups(
        self, signed_in: SignedIn, group: Group, alice: User, bob: User
    ) -> None:
        """Groups of Django can hold rights."""
        helper = User.objects.create_user("helper", is_staff=True)
        for person in (helper, alice, bob):
            address = f"/accounts/people/{bob.pk}/groups/"
            assert signed_in(person).post(address, {"groups": [group.pk]}).status_code == 404
        assert "GPU team" not in signed_in(helper).get(f"/accounts/people/{bob.pk}/").text
        assert not bob.groups.exists()

    def test_a_group_that_something_is_kept_for_is_not_deleted(
        self, signed_in: SignedIn, gpu: Endpoint, preset: Preset, group: Group, admin: User
    ) -> None:
        """Deleting it would give the server and the preset to everybody."""
        address = f"/admin/auth/group/{group.pk}/delete/"
        refused = signed_in(admin).get(address).text
        assert "gpu-1 is for this group" in refused
        assert "House rules is for this group" in refused
        many = {"action": "delete_selected", "_selected_action": [group.pk], "post": "yes"}
        for where, form in ((address, {"post": "yes"}), ("/admin/auth/group/", many)):
            signed_in(admin).post(where, form)
            assert Group.objects.filter(pk=group.pk).exists()
        gpu.groups.clear()
        preset.groups.clear()
        assert signed_in(admin).post(address, {"post": "yes"}).status_code == 302
        assert not Group.objects.filter(pk=group.pk).exists()

"""People take their data along, and delete their accounts."""

import io
import json
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.cache import cache
from django.test import Client

from apps.accounts.models import User
from apps.accounts.people import switch_off
from apps.accounts.services import create_user
from apps.chat.models import Conversation, Folder, Preset, QueuedMessage
from apps.chat.services.folders import move_conversation, save_folder
from apps.chat.services.messages.queue import queue_message
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.presets import save_preset
from apps.generation.models import Generation
from apps.generation.services.start import start_generation
from tests.chat.exchanges import answered_conversation

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any, db: None) -> None:
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose


def archive_of(client: Client) -> dict[str, Any]:
    response = client.get("/accounts/export/")
    assert response["Content-Type"] == "application/zip"
    assert "no-store" in response["Cache-Control"]
    with ZipFile(io.BytesIO(response.content)) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


def test_export_holds_what_is_ones_own_and_nothing_else(client: Client, alice: User, bob: User) -> None:
    mine = answered_conversation(alice, "What is a list?", "A sequence.")
    theirs = answered_conversation(bob, "What is my secret?", "This.")
    client.force_login(alice)
    archive = archive_of(client)
    assert archive["account.json"]["username"] == "alice"
    assert archive["account.json"]["model_titles"] is True
    texts = [message["text"] for message in archive[f"conversations/{mine.pk}.json"]["messages"]]
    assert texts == ["What is a list?", "A sequence."]
    assert str(theirs.pk) not in str(archive)
    client.force_login(bob)
    assert f"conversations/{theirs.pk}.json" in archive_of(client)


def test_export_holds_ones_own_folders_and_presets(client: Client, alice: User, bob: User) -> None:
    mine = answered_conversation(alice, "What is a list?", "A sequence.")
    for owner in (alice, bob):
        folder = save_folder(owner=owner, folder=Folder(name=f"Work of {owner}", system_prompt="Be brief."))
        save_preset(owner=owner, preset=Preset(name=f"Preset of {owner}", opening="Explain:", parameters={"seed": 7}))
        if owner == alice:
            move_conversation(conversation=mine, folder=folder)
    Preset.objects.create(name="Everybody's")
    client.force_login(alice)
    archive = archive_of(client)
    (folder_in_file,), (preset,) = archive["folders.json"], archive["presets.json"]
    assert (folder_in_file["name"], folder_in_file["system_prompt"]) == ("Work of alice", "Be brief.")
    assert folder_in_file["conversations"] == [str(mine.pk)]
    assert (preset["name"], preset["opening"], preset["parameters"]) == ("Preset of alice", "Explain:", {"seed": 7})
    assert "of bob" not in str(archive)


def test_deletion_asks_for_the_password_and_the_name(client: Client) -> None:
    User.objects.create_user("dana", password=PASSWORD)
    client.post("/accounts/sign-in/", {"username": "dana", "password": PASSWORD})
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 601  # until the sign-in no longer counts as a confirmation
    session.save()
    asked = client.post("/accounts/delete/", {"username": "dana"})
    assert asked["Location"].startswith("/accounts/confirm/")
    client.post("/accounts/confirm/", {"password": PASSWORD})
    assert client.post("/accounts/delete/", {"username": "alice"}).status_code == 422
    assert User.objects.filter(username="dana").exists()
    assert client.post("/accounts/delete/", {"username": "dana"})["Location"] == "/"
    assert not User.objects.filter(username="dana").exists()
    assert "_auth_user_id" not in client.session


def test_deletion_removes_what_is_ones_own_and_nothing_else(client: Client, alice: User, bob: User) -> None:
    answered_conversation(alice, "What is a list?", "A sequence.")
    theirs = answered_conversation(bob, "What is a tuple?", "A fixed sequence.")
    client.force_login(alice)
    client.post("/accounts/delete/", {"username": "alice"})
    assert not User.objects.filter(username="alice").exists()
    assert list(Conversation.objects.all()) == [theirs]
    assert {generation.owner_id for generation in Generation.objects.all()} <= {bob.pk}


def test_the_last_admin_cannot_delete_the_account(client: Client) -> None:
    admin = create_user(username="admin", staff=True)[0]
    client.force_login(admin)
    refused = client.post("/accounts/delete/", {"username": "admin"})
    assert refused.status_code == 422
    assert "This is the only admin." in refused.text
    admin.refresh_from_db()
    assert admin.is_admin


@pytest.mark.django_db(transaction=True)
def test_waiting_replies_stop_when_somebody_is_switched_off(no_worker_at_hand: None) -> None:
    alice = User.objects.create_user("alice")
    bob = User.objects.create_user("bob")
    for owner in (alice, bob):
        start_conversation(owner=owner, text="What is a list?")
        start_generation(owner=owner, variant="instruct", messages=[{"role": "user", "content": "What is a list?"}])
    queue_message(conversation=Conversation.objects.get(owner=alice), text="And a tuple?")
    assert QueuedMessage.objects.exists()
    switch_off(person=alice)
    assert not QueuedMessage.objects.exists()
    states = set(Generation.objects.values_list("owner__username", "state"))
    assert states == {("alice", "cancelled"), ("bob", "queued")}

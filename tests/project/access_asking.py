"""Ask for any address as any person: alice, who owns something of every kind, or somebody else."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.accounts.keys.api_keys import issue_api_key
from apps.accounts.models import ApiKey, Invitation, User
from apps.accounts.services import create_user
from apps.chat.models import Conversation, Folder, Preset
from apps.chat.services.delete import delete_conversation
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.presets import save_preset
from apps.chat.services.share import share_conversation
from apps.endpoints.connection_test.record import Candidate, open_record
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from apps.playground.models import Kind, Output, Run
from tests.accounts.passkeys import add_passkey
from tests.chat.exchanges import answer, answered_conversation, failed_exchange
from tests.project.access_table import ALL, API

SECRET = "squirrels in the server room"
SENT = {"at": "2026-11-22T14:02:00Z", "endpoint": "gpu-1", "protocol": "openai"}
WITHOUT_KEY = ", signed in but without a key"
PARAMETER = re.compile(r"(?:\(\?P)?<(?:\w+:)?(\w+)>(?:\.\*\)\$)?")


@pytest.fixture
def arguments(alice: User) -> dict[str, Any]:
    """The arguments of addresses."""
    return things_of(alice)


def things_of(alice: User) -> dict[str, Any]:
    """The arguments of addresses: alice's things, and things without an owner."""
    failed = failed_exchange(alice, f"About {SECRET}")
    Conversation.objects.filter(pk=failed.conversation.pk).update(title=f"On {SECRET}")
    Generation.objects.filter(message=failed.reply).update(sent=[SENT])
    gone = answered_conversation(alice, SECRET, SECRET)
    shown = attach_file(owner=alice, conversation=None, name="shown.txt", content=b"For all who have the link.")
    with transaction.atomic():  # or a worker at hand would be first to answer
        shared = answer(start_conversation(owner=alice, text="What?", files=[shown.pk]), "That.")
    share = share_conversation(conversation=shared.conversation)
    run = Run.objects.create(owner=alice, kind=Kind.COMPLETE, before=SECRET)
    written = Generation.objects.get(message=failed_exchange(alice, SECRET).reply)
    output = Output.objects.create(run=run, generation=written)
    shared_run = Run.objects.create(owner=alice, kind=Kind.COMPLETE, before="For all.", share_token="token")
    issue_api_key(owner=alice, name=SECRET)
    passkey = add_passkey(alice, SECRET)
    TOTP.activate(alice, "A" * 32)
    RecoveryCodes.activate(alice)
    elsewhere = UserSession.objects.create(user=alice, ip="192.0.2.1", session_key="elsewhere", user_agent=SECRET)
    delete_conversation(conversation=gone)
    preset = save_preset(owner=alice, preset=Preset(name=SECRET))
    file = attach_file(owner=alice, conversation=None, name=f"{SECRET}.txt", content=SECRET.encode())
    endpoint = add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct")
    candidate = Candidate("http://gpu-1:8080", "openai", "instruct", "7B", "")
    return {
        "conversation_id": failed.conversation.pk,
        "chat:restore conversation_id": gone.pk,
        "message_id": failed.reply.pk,
        "chat:edit message_id": failed.question.pk,
        "chat:delete_exchange message_id": failed.question.pk,
        "version": 1,
        "rating": "good",
        "number": 0,
        "share_id": share.pk,
        "attachment_id": file.pk,
        "token": share.token,
        "playground:shared token": shared_run.share_token,
        "run_id": run.pk,
        "preset_id": preset.pk,
        "folder_id": Folder.objects.create(owner=alice, name=SECRET).pk,
        "pk": passkey.pk,
        "person_id": User.objects.create_user("dana", is_active=False).pk,
        "action": "switch-on",
        "invitation_id": Invitation.objects.create(note=SECRET, made_by=alice, expires_at=timezone.now()).pk,
        "session_id": elsewhere.pk,
        "provider_id": "oidc",
        "key_id": ApiKey.objects.get(name=SECRET).pk,
        "generation_id": failed.reply.generation_id,
        **{f"{name} generation_id": output.generation_id for name in ALL if name.startswith("playground:")},
        "endpoint_id": endpoint.pk,
        "test_id": lambda staff: open_record(candidate, owner_id=staff.pk),
        "slug": "licence",
        "model": "code-llama-7b-instruct",
        "path": "nowhere",
        "url": "nowhere",
    }


@pytest.fixture
def staff(db: None) -> User:
    return create_user(username="admin", staff=True)[0]


type Ask = Callable[[str, User | None], dict[str, Any]]


@pytest.fixture
def ask(arguments: dict[str, Any], staff: User) -> Ask:
    """Ask for an address in every way that changes or shows something; what was answered, by method."""

    def ask_as(name: str, user: User | None) -> dict[str, Any]:
        name, without_key, _ = name.partition(WITHOUT_KEY)
        client = Client(raise_request_exception=False)
        headers = {}
        if user is not None:
            client.force_login(user)
            if name.startswith(API) and not without_key:
                headers = {"Authorization": f"Bearer {issue_api_key(owner=user)}"}
        address = address_of(name, arguments, staff)
        form = {
            "message": "What is a list?",
            "title": "Changed",
            "settings-seed": "7",
            "preset": str(arguments["preset_id"]),
            "name": "Mine",
        }
        return {"GET": client.get(address, headers=headers), "POST": client.post(address, form, headers=headers)}

    return ask_as


def address_of(name: str, arguments: dict[str, Any], staff: User) -> str:
    def value_of(parameter: re.Match[str]) -> str:
        value = arguments.get(f"{name} {parameter[1]}", arguments.get(parameter[1]))
        assert value is not None, f"what stands for {parameter[0]}?"
        return str(value(staff) if callable(value) else value)

    return PARAMETER.sub(value_of, ALL[name])


def is_asked_to_sign_in(response: Any) -> bool:
    location = str(response.get("Location", ""))
    return response.status_code == 302 and location.startswith(("/accounts/sign-in/?", "/admin/login/?"))


def is_let_in(response: Any) -> bool:
    """Tell whether the answer shows a page, redirects, or names a fault in the form."""
    answered = int(response.status_code)
    return answered in {200, 204, 302, 400, 409, 422} and not is_asked_to_sign_in(response)


def text_of(response: Any) -> str:
    return "" if response.streaming else response.content.decode(errors="replace")


def texts_of(answers: dict[str, Any]) -> str:
    return "".join(map(text_of, answers.values()))

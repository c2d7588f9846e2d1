"""Every address of the project, for its owner, a team mate, a stranger without an account and staff.

The table below is complete: an address that it lacks fails here, so that new addresses state their access.
"""

import fnmatch
import re
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver
from django.utils import timezone

from apps.accounts.keys.api_keys import issue_api_key
from apps.accounts.models import ApiKey, Invitation, User
from apps.accounts.services import create_user
from apps.chat.models import Attachment, Conversation, Folder, Message, Preset, Share
from apps.chat.services.delete import delete_conversation
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.presets import save_preset
from apps.chat.services.share import share_conversation
from apps.endpoints.connection_test.record import Candidate, open_record
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from apps.playground.models import Kind, Output, Run
from tests.accounts.passkeys import add_passkey
from tests.chat.exchanges import answer, answered_conversation, failed_exchange

SECRET = "squirrels in the server room"
SENT = {"at": "2026-11-22T14:02:00Z", "endpoint": "gpu-1", "protocol": "openai"}


class For(Enum):
    """The people who may use an address."""

    EVERYBODY = auto()
    SIGNED_IN = auto()  # each sees their own
    OWNER = auto()  # to all others, staff among them, it is not there
    STAFF = auto()  # to all others it is not there
    ADMIN = auto()  # staff; others are led to a sign-in that is not there for them
    KEY = auto()  # whoever sends an API key
    OWNERS_KEY = auto()


EXPECTED = {
    "guide:*": For.EVERYBODY,
    "accounts:sign_in": For.EVERYBODY,
    "accounts:sign_in_link": For.EVERYBODY,
    "accounts:sign_out": For.EVERYBODY,
    "accounts:account": For.SIGNED_IN,
    "accounts:model_titles": For.SIGNED_IN,
    "accounts:end_session": For.OWNER,
    "accounts:export": For.SIGNED_IN,
    "accounts:delete_account": For.SIGNED_IN,
    "accounts:join": For.EVERYBODY,  # whoever has an invitation
    "accounts:people": For.STAFF,
    "accounts:person": For.STAFF,
    "accounts:make_link": For.STAFF,
    "accounts:change_person": For.STAFF,
    "accounts:change_groups": For.STAFF,
    "accounts:withdraw": For.STAFF,
    "accounts:end_other_sessions": For.SIGNED_IN,
    "account_login": For.EVERYBODY,
    "account_logout": For.EVERYBODY,
    "account_inactive": For.EVERYBODY,
    "account_reauthenticate": For.SIGNED_IN,
    "account_change_password": For.SIGNED_IN,
    "account_set_password": For.SIGNED_IN,
    "mfa_authenticate": For.EVERYBODY,  # whoever has shown a password or a link; others are led to the sign-in
    "mfa_login_webauthn": For.EVERYBODY,
    "mfa_remove_webauthn": For.OWNER,
    "mfa_edit_webauthn": For.OWNER,
    "mfa_deactivate_totp": For.OWNER,
    "mfa_view_recovery_codes": For.OWNER,
    "mfa_download_recovery_codes": For.OWNER,
    "mfa_*": For.SIGNED_IN,
    "socialaccount_connections": For.SIGNED_IN,
    "socialaccount_*": For.EVERYBODY,
    "openid_connect_*": For.EVERYBODY,
    "accounts:keys": For.SIGNED_IN,
    "accounts:revoke_key": For.OWNER,
    "chat:home": For.SIGNED_IN,
    "chat:ask": For.SIGNED_IN,
    "chat:dismiss_first_steps": For.SIGNED_IN,
    "chat:sidebar": For.SIGNED_IN,
    "chat:search": For.SIGNED_IN,
    "chat:search_everything": For.SIGNED_IN,
    "chat:palette": For.SIGNED_IN,
    "chat:import": For.SIGNED_IN,
    "chat:shares": For.SIGNED_IN,
    "chat:revoke_share": For.OWNER,
    "chat:shared": For.SIGNED_IN,
    "chat:shared_file": For.SIGNED_IN,
    "chat:shared_file_text": For.SIGNED_IN,
    "chat:presets": For.SIGNED_IN,
    "chat:add_preset": For.SIGNED_IN,
    "chat:folders": For.SIGNED_IN,
    "chat:add_folder": For.SIGNED_IN,
    "chat:folder": For.OWNER,
    "chat:delete_folder": For.OWNER,
    "chat:move": For.OWNER,
    "chat:edit_preset": For.OWNER,
    "chat:delete_preset": For.OWNER,
    "chat:use_preset": For.OWNER,
    "chat:select": For.SIGNED_IN,
    "chat:archived": For.SIGNED_IN,
    "chat:context_usage": For.SIGNED_IN,
    "chat:servers": For.SIGNED_IN,
    "chat:models": For.SIGNED_IN,
    "chat:attach": For.SIGNED_IN,
    "chat:attachment": For.OWNER,
    "chat:attachment_text": For.OWNER,
    "chat:remove_attachment": For.OWNER,
    "chat:conversation": For.OWNER,
    "chat:manage": For.OWNER,
    "chat:settings": For.OWNER,
    "chat:use_any": For.OWNER,
    "chat:use_server": For.OWNER,
    "chat:rename": For.OWNER,
    "chat:pin": For.OWNER,
    "chat:keep": For.OWNER,
    "chat:archive": For.OWNER,
    "chat:share": For.OWNER,
    "chat:export_json": For.OWNER,
    "chat:export_markdown": For.OWNER,
    "chat:delete": For.OWNER,
    "chat:restore": For.OWNER,
    "chat:events": For.OWNER,
    "chat:changes": For.OWNER,
    "chat:queue": For.OWNER,
    "chat:unqueue": For.OWNER,
    "chat:send_now": For.OWNER,
    "chat:stop": For.OWNER,
    "chat:message": For.OWNER,
    "chat:gap": For.OWNER,
    "chat:continue": For.OWNER,
    "chat:retry": For.OWNER,
    "chat:delete_exchange": For.OWNER,
    "chat:fork": For.OWNER,
    "chat:text": For.OWNER,
    "chat:rate": For.OWNER,
    "chat:info": For.OWNER,
    "chat:request_body": For.OWNER,
    "chat:edit": For.OWNER,
    "chat:version": For.OWNER,
    "playground:runs": For.SIGNED_IN,
    "playground:complete": For.SIGNED_IN,
    "playground:fill": For.SIGNED_IN,
    "playground:side-by-side": For.SIGNED_IN,
    "playground:shared": For.SIGNED_IN,
    "playground:open": For.SIGNED_IN,
    "playground:colours": For.SIGNED_IN,
    "playground:*": For.OWNER,
    "usage:own": For.SIGNED_IN,
    "usage:*": For.STAFF,
    "gateway:usage": For.KEY,
    "gateway:models": For.KEY,
    "gateway:model": For.KEY,
    "gateway:chat_completions": For.KEY,
    "gateway:completions": For.KEY,
    "gateway:generation": For.OWNERS_KEY,
    "gateway:generation_events": For.OWNERS_KEY,
    "gateway:cancel_generation": For.OWNERS_KEY,
    "gateway:root": For.EVERYBODY,
    "gateway:unknown": For.EVERYBODY,
    "tgi:*": For.KEY,
    "llama_cpp:*": For.KEY,
    "openapi": For.EVERYBODY,
    "endpoints:*": For.STAFF,
    "/admin/login/": For.EVERYBODY,
    "admin:login": For.EVERYBODY,
    "admin:logout": For.EVERYBODY,
    "admin:*": For.ADMIN,
    "styleguide": For.STAFF,
    "metrics": For.EVERYBODY,  # on the loopback interface
    "healthz": For.EVERYBODY,
    "readyz": For.EVERYBODY,
    "readyz_worker": For.EVERYBODY,
}
WITHOUT_KEY = ", signed in but without a key"
LEAD_TO_SIGN_IN = {"/admin/login/", "admin:login", "admin:logout"}
# Views that look things up in threads of their own, where a test's transaction cannot be seen.
API = ("gateway:", "tgi:", "llama_cpp:")
ELSEWHERE = ("chat:events", "playground:events", *API)
PARAMETER = re.compile(r"(?:\(\?P)?<(?:\w+:)?(\w+)>(?:\.\*\)\$)?")


def names(resolver: URLResolver, namespace: str = "", prefix: str = "/") -> Iterator[tuple[str, str]]:
    """The name of each address, or the address where it has none, and its pattern."""
    for pattern in resolver.url_patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLPattern):
            yield (f"{namespace}{pattern.name}" if pattern.name else f"{namespace}{path}"), path
        else:
            yield from names(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace, path)


ALL = dict(names(get_resolver()))


def audience_of(name: str) -> For | None:
    """An entry of its own counts before one with a star."""
    if name in EXPECTED:
        return EXPECTED[name]
    return next((who for pattern, who in EXPECTED.items() if fnmatch.fnmatch(name, pattern)), None)


def addresses_for(*audiences: For) -> list[Any]:
    """Parameters of a test."""
    return [
        pytest.param(name, marks=[pytest.mark.django_db(transaction=True)] if name.startswith(ELSEWHERE) else [])
        for name in ALL
        if audience_of(name) in audiences
    ]


def test_every_address_says_who_may_use_it() -> None:
    assert len(ALL) > 50
    assert [name for name in ALL if audience_of(name) is None] == []
    assert [name for name in EXPECTED if not fnmatch.filter(ALL, name)] == []


@pytest.fixture
def arguments(alice: User) -> dict[str, Any]:
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


@pytest.mark.parametrize("name", addresses_for(For.OWNER))
def test_only_its_owner_finds_it(name: str, ask: Ask, alice: User, bob: User, staff: User) -> None:
    before = state_of_things()
    for user in (bob, staff):
        answers = ask(name, user)
        assert {answered.status_code for answered in answers.values()} <= {404, 405}
        assert SECRET not in "".join(map(text_of, answers.values()))
    assert all(is_asked_to_sign_in(answered) for answered in ask(name, None).values())
    assert state_of_things() == before
    owned = ask(name, alice)
    assert any(is_let_in(answered) for answered in owned.values())
    assert not {answered.status_code for answered in owned.values()} & {401, 403}
    assert owned["GET"].status_code != 404


@pytest.mark.parametrize("name", addresses_for(For.SIGNED_IN))
def test_everybody_with_an_account_sees_their_own(name: str, ask: Ask, alice: User, bob: User, staff: User) -> None:
    asked = ask(name, None)
    assert is_asked_to_sign_in(asked["GET"])
    assert asked["POST"].status_code == 405 or is_asked_to_sign_in(asked["POST"])
    for user in (bob, staff, alice):
        answers = ask(name, user)
        assert is_let_in(answers["POST"] if answers["GET"].status_code == 405 else answers["GET"])
        assert user == alice or SECRET not in "".join(map(text_of, answers.values()))


@pytest.mark.parametrize("name", addresses_for(For.STAFF))
def test_only_staff_find_it(name: str, ask: Ask, alice: User, bob: User, staff: User) -> None:
    before = state_of_things()
    for user in (alice, bob):
        codes = {answered.status_code for answered in ask(name, user).values()}
        assert codes <= {404, 405}
        assert 404 in codes
    for answered in ask(name, None).values():
        assert answered.status_code in {404, 405} or is_asked_to_sign_in(answered)
    assert state_of_things() == before
    assert any(is_let_in(answered) for answered in ask(name, staff).values())


def test_admin_is_for_staff(alice: User, staff: User) -> None:
    """Its addresses are many and made by Django: one look at each."""
    addresses = [PARAMETER.sub("1", ALL[name]) for name in ALL if audience_of(name) == For.ADMIN]
    assert len(addresses) > 50
    for user in (alice, None):
        client = Client()
        if user is not None:
            client.force_login(user)
        for address in addresses:
            for answered in (client.get(address), client.post(address)):
                assert is_asked_to_sign_in(answered), address
        led_to = client.get("/admin/", follow=True)
        assert led_to.status_code == (404 if user else 200)
    client.force_login(staff)
    assert client.get("/admin/").status_code == 200


def test_public_addresses_keep_nobody_out(ask: Ask, bob: User) -> None:
    public = [name for name in ALL if audience_of(name) == For.EVERYBODY]
    assert len(public) > 20
    for name in public:
        for user in (bob, None):
            for answered in ask(name, user).values():
                assert not is_asked_to_sign_in(answered) or name in LEAD_TO_SIGN_IN, name
                assert SECRET not in text_of(answered), name


@pytest.mark.parametrize("name", addresses_for(For.KEY, For.OWNERS_KEY))
def test_api_is_for_keys(name: str, ask: Ask, alice: User, bob: User, staff: User) -> None:
    for answered in (*ask(name, None).values(), *ask(f"{name}{WITHOUT_KEY}", alice).values()):
        assert answered.status_code in {401, 405}
        assert SECRET not in text_of(answered)
    for user in (bob, staff) if audience_of(name) == For.OWNERS_KEY else ():
        answers = ask(name, user)
        assert {answered.status_code for answered in answers.values()} <= {404, 405}
        assert SECRET not in "".join(map(text_of, answers.values()))
    owned = ask(name, alice)
    assert any(is_let_in(answered) or name == "gateway:model" for answered in owned.values())
    assert not {answered.status_code for answered in owned.values()} & {401, 403}


def state_of_things() -> list[Any]:
    """Return the things that a refused person might have changed."""
    conversations = Conversation.objects.order_by("pk")
    return [
        list(conversations.values("title", "pinned_at", "archived_at", "deleted_at", "current", "updated_at")),
        list(conversations.values("endpoint_name", "system_prompt", "parameters")),
        list(Message.objects.order_by("pk").values("rating")),
        list(Share.objects.values("pk")),
        list(Preset.objects.values("pk", "name")),
        list(Attachment.objects.values("pk", "message")),
        list(ApiKey.objects.filter(name=SECRET).values()),
        list(Endpoint.objects.values("state", "url")),
        list(Authenticator.objects.order_by("pk").values("pk", "data")),
        list(UserSession.objects.filter(user_agent=SECRET).values("pk")),
    ]


def text_of(response: Any) -> str:
    return "" if response.streaming else response.content.decode(errors="replace")

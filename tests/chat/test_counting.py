"""A worker has drafts and files counted by the model server's own tokenizer."""

import time

import pytest

from apps.accounts.models import User
from apps.chat.context.estimate import Estimate, estimate_usage
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.models import Conversation
from apps.chat.services.messages.attach import attach_file
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from tests.conftest import SignedIn
from tests.support.scripted_server import counting_server

__all__ = ["counting_server"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("celery_worker_process")]

PATIENCE = 60.0  # seconds


def test_context_usage_is_exact_once_a_worker_has_counted(
    alice: User, counting_server: str, signed_in: SignedIn
) -> None:
    """This server's tokens are words."""
    add_endpoint(name="counting", url=counting_server, protocol="tgi", variant="instruct")
    Endpoint.objects.update(context_window_override=4_000, discovered_capabilities=["chat", "tokenize"])
    file = attach_file(owner=alice, conversation=None, name="words.txt", content=b"word " * 300)
    draft = f"A question of {alice.pk} " + "in many words " * 100

    def estimate() -> Estimate:
        found = estimate_usage(Conversation(), draft=draft, files=[file], servers=chat_servers(alice.pk))
        assert found is not None
        return found

    assert estimate().usage.is_about
    answered = signed_in(alice).post("/chat/gauge/", {"message": draft}, headers={"HX-Request": "true"})
    assert "data-counting" in answered.text
    give_up = time.monotonic() + PATIENCE
    while (now := estimate().usage).is_being_counted:
        assert time.monotonic() < give_up, "nobody has counted it"
        time.sleep(0.05)
    assert 604 < now.question < 630
    assert now.is_about, "a prediction, although its parts are counted"

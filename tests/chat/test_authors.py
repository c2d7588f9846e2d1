"""The author of a reply is the model that wrote it."""

import pytest

from apps.accounts.models import User
from apps.chat.models import Message
from apps.chat.services.share import share_conversation
from apps.chat.transfer.export import as_markdown
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from tests.chat.exchanges import answered_conversation
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db

TEXT = "half and the rest"
AT = "2026-11-29T12:00:00Z"


def record(endpoint: str, model: str, continued: int = 0) -> dict[str, object]:
    return {"at": AT, "endpoint": endpoint, "protocol": "openai", "model": model, "continued": continued}


@pytest.mark.parametrize(
    ("records", "authors", "servers"),
    [
        ([record("gpu-1", "codellama/CodeLlama-13b-Instruct-hf")], ["CodeLlama-13b-Instruct-hf"], ["gpu-1"]),
        (
            [record("gpu-1", "codellama/CodeLlama-13b-Instruct-hf"), record("gpu-2", "SmolLM2-135M", 4)],
            ["CodeLlama-13b-Instruct-hf", "SmolLM2-135M"],
            ["gpu-1", "gpu-2"],
        ),
        ([record("gpu-1", "m"), record("gpu-2", "m", 4)], ["m"], ["gpu-1", "gpu-2"]),
        # The first request brought nothing before it broke off.
        ([record("gpu-1", "first"), record("gpu-2", "second")], ["second"], ["gpu-2"]),
        # The last one did: the reply was stopped, or failed, before another word came.
        ([record("gpu-1", "first"), record("gpu-2", "second", len(TEXT))], ["first"], ["gpu-1"]),
        ([record("gpu-1", "")], ["gpu-1"], ["gpu-1"]),
        ([], [], []),
    ],
)
def test_whoever_wrote_a_part_is_an_author(
    alice: User,
    signed_in: SignedIn,
    records: list[dict[str, object]],
    authors: list[str],
    servers: list[str],
) -> None:
    talk = answered_conversation(alice, "What?", TEXT)
    Generation.objects.update(sent=records)
    reply = Message.objects.select_related("generation").get(position=2)
    assert (reply.authors, reply.servers) == (authors, servers)
    heading = " and ".join(authors) or "Assistant"
    page = signed_in(alice).get(talk.get_absolute_url()).text
    assert f'<h2 class="message__author">{heading}</h2>' in page
    assert " and ".join(servers) in page
    assert f"\n## {heading}\n" in as_markdown(talk)


def test_reply_made_before_records_were_kept_names_its_server(alice: User) -> None:
    answered_conversation(alice, "What?", TEXT)
    endpoint = add_endpoint(name="gpu-1", url="http://gpu-1:80", protocol="tgi", variant="instruct")
    Generation.objects.update(endpoint=endpoint)
    reply = Message.objects.select_related("generation__endpoint").get(position=2)
    assert (reply.authors, reply.servers) == (["gpu-1"], ["gpu-1"])


def test_shared_copy_names_models_and_no_servers(alice: User) -> None:
    talk = answered_conversation(alice, "What?", TEXT)
    Generation.objects.update(sent=[record("gpu-1", "org/model"), record("secret-host", "", 4)])
    assert share_conversation(conversation=talk).turns[1]["authors"] == ["model"]

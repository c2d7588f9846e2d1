"""Rows stored by a statement that is compiled once are as Django would store them, and come back as they are stored."""

from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, transaction
from django.forms.models import model_to_dict

from apps.accounts.models import ApiKey, User
from apps.chat.models import Conversation, Message, Role
from apps.generation.models import Generation
from apps.stores.inserts import insert
from tests.support.statements import at_most

QUESTION = "a “question” with 100 %, %s and ünï"


def question(conversation: Conversation, text: str = QUESTION) -> Message:
    return Message(
        conversation=conversation, position=1, role=Role.USER, question=text, key=uuid4(), passages=[{"a": 1}]
    )


@pytest.mark.django_db
def test_row_is_stored_as_django_stores_it(alice: User) -> None:
    conversation = Conversation.objects.create(owner=alice)
    first, second = question(conversation), question(conversation)
    second.key, second.version = first.key, 2
    with at_most(1):
        stored = insert(first)
    second.save()
    found = Message.objects.get(pk=stored.pk)
    assert (found.created_at, found.pk) == (stored.created_at, stored.pk)
    assert model_to_dict(found, exclude=["version"]) == model_to_dict(second, exclude=["version"])
    stored.question = "changed"
    stored.save()
    assert Message.objects.filter(question="changed").get() == stored


@pytest.mark.django_db
def test_each_row_has_its_own_values(alice: User) -> None:
    rows = [
        insert(Generation(owner=alice, messages=[{"role": "user", "content": text}], attempt=attempt, request_id=asked))
        for text, attempt, asked in (("one", 0, None), ("two", 70_000, uuid4()), ("three", 1, None))
    ]
    found = Generation.objects.in_bulk()
    assert [found[row.pk].messages[0]["content"] for row in rows] == ["one", "two", "three"]
    assert [(found[row.pk].attempt, found[row.pk].request_id) for row in rows] == [
        (row.attempt, row.request_id) for row in rows
    ]


@pytest.mark.django_db
def test_other_row_changes_with_the_new_one(alice: User) -> None:
    conversation, other = Conversation.objects.create(owner=alice), Conversation.objects.create(owner=alice)
    also = "UPDATE chat_conversation SET current_id = new.id FROM new WHERE chat_conversation.id = new.conversation_id"
    with at_most(2):
        first, second = insert(question(conversation)), insert(question(other), also=also)
    conversation.refresh_from_db()
    other.refresh_from_db()
    assert (conversation.current_id, other.current_id) == (None, second.pk)
    assert list(Message.objects.order_by("created_at", "pk")) == [first, second]


@pytest.mark.django_db
def test_database_refuses_what_it_would_refuse(alice: User) -> None:
    key = ApiKey(owner=alice, prefix="a", digest="d" * 64)
    assert insert(key).pk is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(ApiKey(owner=alice, prefix="b", digest="d" * 64))
    with pytest.raises(DataError), transaction.atomic():
        insert(ApiKey(owner=alice, prefix="far longer than the column" * 10, digest="e" * 64))
    assert list(ApiKey.objects.all()) == [key]

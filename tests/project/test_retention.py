"""Old data goes after the days that the settings say; what is young, live or in use stays."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import Action, AuditEntry
from apps.audit.services import record
from apps.audit.tasks import retain as retain_audit
from apps.chat.models import Conversation
from apps.chat.services.messages.send import start_conversation
from apps.chat.tasks import retain as retain_conversations
from apps.endpoints.models import Observation, ObservationKind
from apps.endpoints.services import add_endpoint
from apps.endpoints.services.record import prune_observations
from apps.gateway.tasks import retain as retain_generations
from apps.generation.models import Generation, State
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.start import start_generation
from apps.playground.models import Kind, Output, Run
from apps.playground.tasks import retain as retain_runs
from apps.stores.batches import delete_in_batches
from project.celery import app as celery_app
from project.configuration import env
from tests.chat.exchanges import answered_conversation

MESSAGES = [{"role": "user", "content": "What is a list?"}]


def over(owner: User) -> Generation:
    with transaction.atomic():  # or a worker at hand would be first
        generation = start_generation(owner=owner, variant="instruct", messages=MESSAGES)
        assert cancel_generation(generation_id=generation.pk)
    return generation


def age(generation: Generation, days: float) -> Generation:
    moment = timezone.now() - timedelta(days=days)
    Generation.objects.filter(pk=generation.pk).update(ended_at=moment, created_at=moment)
    return generation


class TestGenerationsOfTheApi:
    def test_old_ones_go(self, alice: User, settings: Any) -> None:
        settings.RETAIN_API_DAYS = 30
        age(over(alice), 31)
        young = age(over(alice), 29)
        retain_generations()
        assert Generation.objects.get() == young

    def test_active_ones_and_parts_of_chats_and_runs_stay(self, alice: User, settings: Any) -> None:
        settings.RETAIN_API_DAYS = 30
        waiting = start_generation(owner=alice, variant="python", messages=MESSAGES)
        Generation.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(days=99))
        answered_conversation(alice, "What?", "That.")
        run = Run.objects.create(owner=alice, kind=Kind.COMPLETE, before="def")
        Output.objects.create(run=run, generation=over(alice))
        Generation.objects.exclude(pk=waiting.pk).update(ended_at=timezone.now() - timedelta(days=99))
        age(over(alice), 99)
        retain_generations()
        assert Generation.objects.count() == 3
        assert Generation.objects.filter(pk=waiting.pk, state=State.QUEUED).exists()

    def test_0_days_keep_them(self, alice: User, settings: Any) -> None:
        settings.RETAIN_API_DAYS = 0
        age(over(alice), 9999)
        retain_generations()
        assert Generation.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_one_that_is_in_use_is_skipped_without_waiting(self, alice: User, settings: Any) -> None:
        settings.RETAIN_API_DAYS = 30
        held, _ = age(over(alice), 31), age(over(alice), 31)
        other = connection.copy()
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute("SELECT 1 FROM generation_generation WHERE id = %s FOR UPDATE", [held.pk])
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            retain_generations()
            assert Generation.objects.get() == held
            other.rollback()
        finally:
            other.close()
        retain_generations()
        assert not Generation.objects.exists()


def test_batches_take_all(alice: User) -> None:
    for _ in range(5):
        over(alice)
    assert delete_in_batches(Generation.objects.all(), at_once=2) == 5
    assert not Generation.objects.exists()


class TestConversations:
    @pytest.fixture
    def unused(self, alice: User) -> Conversation:
        conversation = answered_conversation(alice, "What is a list?", "A list.")
        long_ago = timezone.now() - timedelta(days=91)
        Conversation.objects.update(updated_at=long_ago, pinned_at=long_ago)
        return conversation

    def test_they_stay_unless_a_setting_says_otherwise(self, unused: Conversation) -> None:
        retain_conversations()
        unused.refresh_from_db()
        assert unused.deleted_at is None

    def test_unused_ones_are_deleted_and_can_be_restored(
        self, alice: User, unused: Conversation, settings: Any
    ) -> None:
        settings.RETAIN_CONVERSATIONS_DAYS = 90
        used = answered_conversation(alice, "What is a set?", "A set.")
        retain_conversations()
        assert Conversation.objects.visible_to(alice).get() == used
        assert Conversation.objects.deleted_by(alice).get() == unused

    def test_one_with_a_reply_under_way_stays(self, alice: User, settings: Any) -> None:
        settings.RETAIN_CONVERSATIONS_DAYS = 90
        with transaction.atomic():
            start_conversation(owner=alice, text="What?")
            Conversation.objects.update(updated_at=timezone.now() - timedelta(days=91))
            retain_conversations()
            assert Conversation.objects.visible_to(alice).exists()


def test_old_runs_go_with_their_generations(alice: User, settings: Any) -> None:
    settings.RETAIN_RUNS_DAYS = 7
    runs = [Run.objects.create(owner=alice, kind=Kind.COMPLETE, before="def") for _ in range(3)]
    active = start_generation(owner=alice, variant="base", messages=MESSAGES)
    for run, generation in zip(runs, [over(alice), active, over(alice)], strict=True):
        Output.objects.create(run=run, generation=generation)
    Run.objects.exclude(pk=runs[2].pk).update(created_at=timezone.now() - timedelta(days=8))
    retain_runs()
    assert set(Run.objects.all()) == {runs[1], runs[2]}
    assert Generation.objects.count() == 2


def test_old_entries_of_the_audit_log_go(alice: User, settings: Any) -> None:
    settings.RETAIN_AUDIT_DAYS = 365
    record(Action.RECORD_DELETED, subject="old")
    AuditEntry.objects.update(at=timezone.now() - timedelta(days=366))
    record(Action.RECORD_DELETED, subject="young")
    retain_audit()
    assert AuditEntry.objects.get().subject == "young"


def test_old_observations_go(db: None, settings: Any) -> None:
    endpoint = add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct")
    for days in (6, 8):
        moment = timezone.now() - timedelta(days=days)
        Observation.objects.create(endpoint=endpoint, kind=ObservationKind.PROBE, ok=True, at=moment)
    assert prune_observations() == 1
    assert Observation.objects.count() == 1


def test_beat_sends_them_all() -> None:
    current_app.loader.import_default_modules()
    sent = {entry["task"] for entry in celery_app.conf.beat_schedule.values()}
    tasks = {f"{app}.retain" for app in ("audit", "chat", "gateway", "playground")}
    assert tasks <= sent & set(celery_app.tasks)


def test_negative_days_stop_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETAIN_API_DAYS", "-1")
    with pytest.raises(ImproperlyConfigured, match="RETAIN_API_DAYS must be at least 0"):
        env.read_int("RETAIN_API_DAYS", 30, least=0)

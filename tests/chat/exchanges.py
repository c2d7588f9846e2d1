"""Exchanges that are over, made by the services that end them in earnest."""

from django.db import transaction

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.send import send_message, start_conversation
from apps.generation.models import Generation, State
from apps.generation.services.claim import claim_next
from apps.generation.services.finish import Outcome, finish_generation


def generation_of(exchange: Exchange) -> Generation:
    generation = exchange.reply.generation
    assert generation is not None
    return generation


def answer(exchange: Exchange, text: str, *, state: State = State.SUCCEEDED, error: str = "") -> Exchange:
    """Be the worker that writes the reply."""
    claimed = claim_next(variant="instruct", worker="test")
    assert claimed == generation_of(exchange), "another one waits, and its turn comes first"
    outcome = Outcome(state=state, text=text, error=error, finish_reason="" if error else "stop")
    assert finish_generation(generation_id=claimed.pk, attempt=claimed.attempt, outcome=outcome)
    return exchange


@transaction.atomic  # or a worker at hand would be first
def answered_conversation(owner: User, question: str, reply: str) -> Conversation:
    return answer(start_conversation(owner=owner, text=question), reply).conversation


@transaction.atomic
def answered_message(conversation: Conversation, question: str, reply: str) -> Exchange:
    return answer(send_message(conversation=conversation, text=question), reply)


@transaction.atomic
def failed_exchange(owner: User, text: str = "A list is") -> Exchange:
    exchange = start_conversation(owner=owner, text="What is a list?")
    return answer(exchange, text, state=State.FAILED, error="The model server is gone.")

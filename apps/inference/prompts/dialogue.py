"""Checks that messages form a dialogue that Code Llama can be prompted with."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from apps.inference.errors import InvalidRequest
from apps.inference.prompts.tags import take_tags_apart

ROLES = ("system", "user", "assistant")


class Message(Protocol):
    """Anything with a role and a content, such as ``ChatMessage``."""

    @property
    def role(self) -> str: ...
    @property
    def content(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A system prompt or none, finished exchanges of question and answer, and the question to be answered.

    ``partial`` is the beginning of the answer, to be continued.
    """

    system: str | None
    exchanges: tuple[tuple[str, str], ...]
    question: str
    partial: str = ""


def read_dialogue(messages: Sequence[Message]) -> Dialogue:
    """Sort ``messages``, their tags taken apart; raise ``InvalidRequest`` for a wrong order or an unknown role.

    An empty reply at the end is a reply that has not begun.
    """
    for number, message in enumerate(messages, 1):
        _check_role(number, message)
    turns = list(messages)
    if turns and turns[-1].role == "assistant" and not turns[-1].content:
        turns.pop()
    system = take_tags_apart(turns.pop(0).content) if turns and turns[0].role == "system" else None
    _check_order(turns, first_number=1 if system is None else 2)
    partial = take_tags_apart(turns.pop().content) if turns[-1].role == "assistant" else ""
    contents = [take_tags_apart(turn.content) for turn in turns]
    exchanges = tuple(zip(contents[:-1:2], contents[1::2], strict=True))
    return Dialogue(system, exchanges, contents[-1], partial)


def _check_role(number: int, message: Message) -> None:
    if message.role not in ROLES:
        _refuse(f"Message {number} has the role “{message.role[:20]}”; only system, user and assistant are known.")
    if message.role == "system" and number > 1:
        _refuse(f"Message {number} is a system prompt; only the first message can be one.")


def _check_order(turns: Sequence[Message], *, first_number: int) -> None:
    if not turns:
        _refuse("There is no message to answer.")
    if turns[0].role != "user":
        _refuse("The first message must be from the user, not from the assistant.")
    for number, (turn, following) in enumerate(pairwise(turns), first_number):
        if turn.role == following.role:
            _refuse(
                f"Messages {number} and {number + 1} are both from the {turn.role}; user and assistant must alternate."
            )


def _refuse(sentence: str) -> None:
    raise InvalidRequest(sentence, sentence=sentence)

"""The JSON format of a conversation, version 1 (docs/conversation-format.md), and the checks of a file.

The classes declare types, sizes and ranges. ``read_file`` checks the links between messages. It either returns a tree
that can be stored as it is, or says in a sentence where the file is wrong.
"""

from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Annotated, Final, Literal

import msgspec
from django.conf import settings
from msgspec import Meta, Struct
from msgspec.structs import astuple

from apps.chat.conversation_settings.limits import (
    HIGHEST_SEED,
    LONGEST_REPLY_TOKENS,
    LONGEST_STOP,
    LONGEST_SYSTEM_PROMPT,
)
from apps.chat.errors import NotImportable
from apps.chat.models import Mode, Rating, Role
from apps.chat.models.attachment import NAME_LENGTH
from apps.chat.models.message import LONGEST_COMMENT
from apps.endpoints.parameters import HIGHEST_TEMPERATURE, MOST_STOPS

FORMAT: Final = "code-llama-workbench/conversation"
MOST_MESSAGES = 5_000
MOST_PASSAGES = 99  # cited by two digits
LONGEST_REPLY = 1_000_000  # characters
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = timedelta(days=1)  # from now: clocks differ

type End = Literal["succeeded", "failed", "cancelled"]
type Moment = Annotated[datetime, Meta(tz=True)]
type Number = Annotated[int, Meta(ge=1, le=1_000_000_000)]
type Count = Annotated[int, Meta(ge=0, le=2_000_000_000)]


class FileAttachment(Struct):
    """A text file that goes with a question."""

    name: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_REPLY)]


class FilePassage(Struct, omit_defaults=True):
    """A passage of the guide in a reply: the first is cited as ``[1]``. Links lead to the guide only."""

    title: Annotated[str, Meta(min_length=1, max_length=500)]
    url: Annotated[str, Meta(max_length=500, pattern="^/guide/[^\\\\]*$")]
    within: Annotated[str, Meta(max_length=500)] = ""
    kind: Annotated[str, Meta(max_length=100)] = ""


type Temperature = Annotated[float, Meta(ge=0, le=HIGHEST_TEMPERATURE)]
type TopP = Annotated[float, Meta(gt=0, le=1)]
type Stops = Annotated[
    list[Annotated[str, Meta(min_length=1, max_length=LONGEST_STOP)]], Meta(min_length=1, max_length=MOST_STOPS)
]


class FileSettings(Struct, omit_defaults=True):
    """The settings of replies. ``endpoint`` is the name of the only model server that may answer."""

    endpoint: Annotated[str, Meta(max_length=100)] = ""
    system_prompt: Annotated[str, Meta(max_length=LONGEST_SYSTEM_PROMPT)] = ""
    temperature: Temperature | None = None
    top_p: TopP | None = None
    max_tokens: Annotated[int, Meta(ge=1, le=LONGEST_REPLY_TOKENS)] | None = None
    stop: Stops | None = None
    seed: Annotated[int, Meta(ge=0, le=HIGHEST_SEED)] | None = None


class FileMessage(Struct, omit_defaults=True):
    """One message. ``parent`` is the ``id`` of an earlier one in the file.

    Only questions have ``attachments``; only replies have the fields after it.
    """

    id: Number
    parent: Number | None
    role: Role
    created_at: Moment
    text: Annotated[str, Meta(max_length=LONGEST_REPLY)]
    attachments: list[FileAttachment] = []
    state: End = "succeeded"
    finish_reason: Annotated[str, Meta(max_length=64)] = ""
    error: Annotated[str, Meta(max_length=2_000)] = ""
    endpoint: Annotated[str, Meta(max_length=200)] = ""
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    first_token_at: Moment | None = None
    ended_at: Moment | None = None
    passages: Annotated[list[FilePassage], Meta(max_length=MOST_PASSAGES)] = []
    rating: Rating | None = None
    comment: Annotated[str, Meta(max_length=LONGEST_COMMENT)] = ""


class ConversationFile(Struct, omit_defaults=True):
    """A conversation with all versions of its messages. ``current`` is the last message of the thread shown."""

    format: Literal["code-llama-workbench/conversation"]
    version: Literal[1]
    title: Annotated[str, Meta(min_length=1, max_length=120)]
    mode: Mode
    created_at: Moment
    current: Number
    messages: Annotated[list[FileMessage], Meta(min_length=1, max_length=MOST_MESSAGES)]
    settings: FileSettings | None = None


def write_file(file: ConversationFile) -> bytes:
    return msgspec.json.format(msgspec.json.encode(file), indent=2) + b"\n"


def read_file(content: bytes) -> ConversationFile:
    """Read a conversation file from bytes. Raises ``NotImportable``."""
    try:
        file = msgspec.json.decode(content.removeprefix(BOM_UTF8), type=ConversationFile)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        raise NotImportable(_sentence(place.strip("`.") or "the file", what)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotImportable("The file is not JSON.") from error
    check_file(file)
    return file


def check_file(file: ConversationFile) -> None:
    """Raise ``NotImportable`` unless the messages form a tree that can be stored."""
    for place, problem in _problems(file):
        raise NotImportable(_sentence(place, problem))


def _sentence(place: str, problem: str) -> str:
    return f"The file cannot be imported. In {place}: {problem[:1].lower()}{problem[1:].rstrip('.')}."


def _problems(file: ConversationFile) -> Iterator[tuple[str, str]]:
    if not file.title.strip() or "\0" in file.title:
        yield "title", "there must be a word, and no null character"
    yield from _problem_of_time("created_at", file.created_at)
    yield from _problems_of_settings(file.settings or FileSettings())
    roles: dict[int, Role] = {}
    for index, message in enumerate(file.messages):
        place = f"messages[{index}]"
        if message.id in roles:
            yield f"{place}.id", f"{message.id} is another message's already"
        yield from _problems_of_parent(f"{place}.parent", message, roles)
        yield from _problems_of_text(place, message)
        yield from _problems_of_attachments(f"{place}.attachments", message)
        if message.rating and message.role != Role.ASSISTANT:
            yield f"{place}.rating", "only replies are rated"
        if message.comment and not message.rating:
            yield f"{place}.comment", "a comment goes with a rating"
        for name in ("created_at", "first_token_at", "ended_at"):
            yield from _problem_of_time(f"{place}.{name}", getattr(message, name))
        roles[message.id] = message.role
    if file.current not in roles:
        yield "current", f"there is no message {file.current}"


def _problems_of_settings(asked: FileSettings) -> Iterator[tuple[str, str]]:
    if any("\0" in text for text in (asked.endpoint, asked.system_prompt, *(asked.stop or ()))):
        yield "settings", "null characters cannot be stored"


def _problems_of_parent(place: str, message: FileMessage, roles: dict[int, Role]) -> Iterator[tuple[str, str]]:
    if message.parent is None:
        if message.role != Role.USER:
            yield place, "a conversation begins with a question"
    elif message.parent not in roles:
        yield place, f"no message {message.parent} stands before this one"
    elif roles[message.parent] == message.role:
        yield place, "questions and replies take turns"


def _problems_of_text(place: str, message: FileMessage) -> Iterator[tuple[str, str]]:
    cited = chain.from_iterable(map(astuple, message.passages))
    texts = (message.text, message.error, message.finish_reason, message.comment, *cited)
    if any("\0" in text for text in texts):
        yield place, "null characters cannot be stored"
    if message.role == Role.USER and not message.text.strip():
        yield f"{place}.text", "a question cannot be empty"
    if message.role == Role.USER and len(message.text) > settings.CHAT_MESSAGE_CHARACTERS:
        yield f"{place}.text", f"a question has at most {settings.CHAT_MESSAGE_CHARACTERS:,} characters"


def _problems_of_attachments(place: str, message: FileMessage) -> Iterator[tuple[str, str]]:
    files = message.attachments
    if files and message.role != Role.USER:
        yield place, "only questions have files"
    if len(files) > settings.CHAT_ATTACHMENTS:
        yield place, f"a question has at most {settings.CHAT_ATTACHMENTS} files"
    sizes = [len(file.text.encode()) for file in files]
    for index, (file, size) in enumerate(zip(files, sizes, strict=True)):
        if "\0" in file.text:
            yield f"{place}[{index}]", "null characters cannot be stored"
        if size > settings.CHAT_ATTACHMENT_BYTES:
            yield f"{place}[{index}].text", f"a file has at most {settings.CHAT_ATTACHMENT_BYTES:,} bytes"
    if sum(sizes) > settings.CHAT_ATTACHMENTS_BYTES:
        yield place, f"the files of a question have at most {settings.CHAT_ATTACHMENTS_BYTES:,} bytes together"


def _problem_of_time(place: str, moment: datetime | None) -> Iterator[tuple[str, str]]:
    if moment is None:
        return
    try:
        is_plausible = EARLIEST <= moment <= datetime.now(UTC) + LATEST
    except OverflowError:
        is_plausible = False
    if not is_plausible:
        yield place, "the time is before 1990 or in the future"

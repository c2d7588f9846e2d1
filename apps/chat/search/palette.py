"""Results of the palette: actions, conversations, pages of the guide and presets, a few of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.chat.models import Conversation, Preset
from apps.chat.search.find import Found, Query, find, marked
from apps.chat.search.words import words_of
from apps.guide.search.find import search

MOST = 6  # of a kind
MOST_RECENT = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to go to. ``title`` and ``about`` are escaped."""

    title: SafeString
    url: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Choices of one kind."""

    key: str
    heading: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class Action:
    """A page on which people can do something, and other words by which they look for it."""

    title: str
    view: str
    others: str
    query: str = ""


ACTIONS = [
    Action("New conversation", "chat:home", "begin start chat"),
    Action("Temporary chat", "chat:home", "private unlisted", "?temporary=on"),
    Action("Ask the guide", "chat:ask", "question answers sources"),
    Action("Import conversations", "chat:import", "upload file"),
    Action("Archived and deleted conversations", "chat:archived", "archive trash restore"),
    Action("Shared links", "chat:shares", "share revoke"),
    Action("Folders", "chat:folders", "group move"),
    Action("Presets", "chat:presets", "prompts templates"),
    Action("Search your conversations", "chat:search", "find messages"),
    Action("Playground", "playground:runs", "complete fill compare"),
    Action("Guide to the models", "guide:home", "code llama variants"),
    Action("API keys", "accounts:keys", "editor script token"),
]
STAFF_ACTIONS = [Action("Endpoints", "endpoints:list", "model servers health")]


def choices_for(user: User, text: str) -> list[Group]:
    """Return the choices that fit the text; for an empty text, the usual places to go."""
    query = Query(text)
    groups = [
        Group("conversations", "Conversations" if query.words else "Recent conversations", _conversations(user, query)),
        Group("actions", "Actions", list(_actions(user, query))),
        Group("guide", "Guide", _guide(query)),
        Group("presets", "Presets", list(_presets(user, query))),
    ]
    return [group for group in groups if group.choices]


def _conversations(user: User, query: Query) -> list[Choice]:
    if query.words:
        return list(_by_conversation(find(user, query), query))[:MOST]
    recent = Conversation.objects.visible_to(user).listed().order_by("-updated_at")[:MOST_RECENT]
    return [Choice(escape(item.title), item.get_absolute_url()) for item in recent]


def _by_conversation(found: Iterable[Found], query: Query) -> Iterator[Choice]:
    """Yield one choice for each conversation, with the latest message that was found in it."""
    grouped: dict[object, list[Found]] = {}
    for hit in found:
        grouped.setdefault(hit.conversation.pk, []).append(hit)
    for hits in grouped.values():
        conversation = hits[0].conversation
        choice = Choice(hits[0].title, conversation.get_absolute_url())
        said = next((hit for hit in hits if hit.message), None)
        if said and said.message:
            url = reverse("chat:message", args=[conversation.pk, said.message.pk])
            choice = replace(choice, url=f"{url}?{urlencode({'find': query.text})}", about=said.excerpt)
        yield choice


def _actions(user: User, query: Query) -> Iterator[Choice]:
    for action in [*ACTIONS, *(STAFF_ACTIONS if user.is_staff else [])]:
        if _fits(query, f"{action.title} {action.others}"):
            yield Choice(marked(action.title, query), reverse(action.view) + action.query)


def _guide(query: Query) -> list[Choice]:
    if not query.words:
        return []
    results = search(query.text).results[:MOST]
    return [Choice(result.title, result.url, escape(result.within)) for result in results]


def _presets(user: User, query: Query) -> Iterator[Choice]:
    offered = [
        preset
        for preset in Preset.objects.visible_to(user)
        if query.words and _fits(query, f"{preset.name} {preset.description}")
    ]
    for preset in offered[:MOST]:
        address = f"{reverse('chat:home')}?preset={preset.pk}"
        yield Choice(marked(preset.name, query), address, escape(preset.description))


def _fits(query: Query, text: str) -> bool:
    """Return whether each word of the query begins a word of the text; no words fit every text."""
    words = words_of(text)
    return all(any(word.startswith(asked) for word in words) for asked in query.words)

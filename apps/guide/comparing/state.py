"""The state of a comparison, kept only in its address; faulty parts become notices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.http import QueryDict

MOST_PICKS = 4
LEAST_PICKS = 2
LONGEST_ECHO = 40
NAMES = ("pick", "task", "size", "can", "only", "sort")
SIZES = {"7b": "7B", "13b": "13B", "34b": "34B", "70b": "70B"}
TASKS = {"": "Any", "complete": "Complete code", "infill": "Fill in the middle", "chat": "Chat"}
ABILITIES = {
    "": "Any",
    "long": "Claimed to read 100,000 tokens",
    "card-24": "16-bit weights fit one 24 GB card",
    "card-80": "16-bit weights fit one 80 GB card",
}
DIFFERENCES = "differences"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """``picks`` are slugs of models and variants; ``task``, ``sizes`` and ``can`` filter the offered models.

    ``sort`` is the slug of a row, with a minus for the largest first.
    """

    picks: Sequence[str] = ()
    task: str = ""
    sizes: Sequence[str] = ()
    can: str = ""
    only_differences: bool = False
    sort: str = ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.task or self.sizes or self.can)

    @property
    def query(self) -> str:
        """The state as a query string; defaults are left out."""
        pairs = [("pick", pick) for pick in self.picks] + [("size", size) for size in self.sizes]
        pairs += [("task", self.task), ("can", self.can), ("sort", self.sort)]
        pairs.append(("only", DIFFERENCES if self.only_differences else ""))
        return urlencode([(name, value) for name, value in pairs if value])

    def without(self, pick: str) -> "State":
        return replace(self, picks=[other for other in self.picks if other != pick])

    def sorted_by(self, sort: str) -> "State":
        return replace(self, sort=sort)


def read_state(query: QueryDict, known: Sequence[str]) -> tuple[State, list[str]]:
    """Return the state, and a sentence about each ignored part; ``known`` are the slugs that can be picked."""
    notices = [f"“{_echo(name)}” means nothing here and was left out." for name in query if name not in NAMES]
    asked = dict.fromkeys(slug for value in query.getlist("pick") for slug in _words(value))
    picks = [slug for slug in asked if slug in known]
    notices += [
        f"There is no model or variant “{_echo(slug)}”; it was left out." for slug in asked if slug not in known
    ]
    if len(picks) > MOST_PICKS:
        notices.append(f"At most {MOST_PICKS} fit side by side: the first {MOST_PICKS} are shown.")
    sizes = dict.fromkeys(size for value in query.getlist("size") for size in _words(value))
    notices += [f"There is no size “{_echo(size)}”; it was left out." for size in sizes if size not in SIZES]
    state = State(
        picks=picks[:MOST_PICKS],
        task=_one_of(query, "task", TASKS, notices),
        sizes=[size for size in SIZES if size in sizes],
        can=_one_of(query, "can", ABILITIES, notices),
        only_differences=_one_of(query, "only", {"": "", DIFFERENCES: ""}, notices) == DIFFERENCES,
        sort=query.get("sort", "").strip().lower(),
    )
    return state, notices


def unknown_sort(sort: str) -> str:
    """Return the sentence about a row that is not there."""
    return f"There is no row “{_echo(sort.removeprefix('-'))}” to sort by; the order was left as picked."


def _one_of(query: QueryDict, name: str, options: Iterable[str], notices: list[str]) -> str:
    value = query.get(name, "").strip().lower()
    if value in options:
        return value
    notices.append(f"“{_echo(value)}” is not known as “{name}”; it was left out.")
    return ""


def _words(value: str) -> list[str]:
    return [word for part in value.split(",") if (word := part.strip().lower())]


def _echo(raw: str) -> str:
    plain = "".join(character if character.isprintable() else "�" for character in raw)
    return plain if len(plain) <= LONGEST_ECHO else plain[: LONGEST_ECHO - 1] + "…"

"""The text on the page after changes of a reply that streams."""

from collections.abc import Sequence

from apps.chat.markdown.streaming import Append, Change, Finish, Grow, Replace
from tests.support.markup import Markup


def shown_open(changes: Sequence[Change], before: str = "") -> str:
    """The text of the open block on the page after ``changes``."""
    shown = before
    for change in changes:
        if isinstance(change, Append):
            shown += Markup(change.html).text
        elif isinstance(change, Replace):
            shown = Markup(change.html).text
        elif isinstance(change, Grow):  # the tail held the beginning of its first line
            shown = shown[: shown.rfind("\n") + 1] + Markup(change.html).text
    return shown


def finished(changes: Sequence[Change]) -> str:
    return "".join(change.html for change in changes if isinstance(change, Finish))

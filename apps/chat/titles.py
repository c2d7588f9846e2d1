"""The title of a conversation: one line, in which nothing turns round what it says. No model is asked for one."""

from apps.accounts.models import User
from apps.chat.markdown.unseen import without_overrides
from apps.chat.models import Preset
from apps.chat.models.preset import PLACE_OF_CODE

TITLE_LENGTH = 60
UNTITLED = "Untitled"


def one_line(text: str) -> str:
    """What of a text may be a title; empty where nothing is."""
    return " ".join(without_overrides(text).split())


def title_for(owner: User, text: str) -> str:
    """As ``title_from``; a question that begins as one of the owner's presets does is titled by its name and the rest.

    Else all that were begun with a preset would have one title.
    """
    presets = Preset.objects.visible_to(owner).exclude(opening="").values_list("name", "opening")
    for name, opening in sorted(presets, key=lambda preset: len(preset[1]), reverse=True):
        before, _, after = (part.strip() for part in opening.partition(PLACE_OF_CODE))
        rest = text.strip().removeprefix(before).removesuffix(after).strip()
        if before and text.strip().startswith(before) and rest:
            return title_from(f"{name}: {rest}")
    return title_from(text)


def title_from(text: str) -> str:
    """The first line that says something, cut at a word."""
    line = next(filter(None, map(one_line, text.splitlines())), UNTITLED)
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"

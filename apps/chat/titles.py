"""Make the title of a conversation: one line without direction overrides. No model is asked."""

from apps.accounts.models import User
from apps.chat.markdown.unseen import without_overrides
from apps.chat.models import Preset
from apps.chat.models.preset import CODE_MARK

TITLE_LENGTH = 60
UNTITLED = "Untitled"


def one_line(text: str) -> str:
    """Collapse the text to one line that is safe as a title. Return "" if nothing is left."""
    return " ".join(without_overrides(text).split())


def title_for(owner: User, text: str) -> str:
    """Return a title. A question that begins with a preset's opening gets the preset's name and the rest of the text.

    Otherwise all conversations of a preset would have the same title.
    """
    presets = Preset.objects.visible_to(owner).exclude(opening="").values_list("name", "opening")
    for name, opening in sorted(presets, key=lambda preset: len(preset[1]), reverse=True):
        before, _, after = (part.strip() for part in opening.partition(CODE_MARK))
        rest = text.strip().removeprefix(before).removesuffix(after).strip()
        if before and text.strip().startswith(before) and rest:
            return title_from(f"{name}: {rest}")
    return title_from(text)


def title_from(text: str) -> str:
    """Return the first line with text, cut at a word."""
    line = next(filter(None, map(one_line, text.splitlines())), UNTITLED)
    if len(line) <= TITLE_LENGTH:
        return line
    return line[:TITLE_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"

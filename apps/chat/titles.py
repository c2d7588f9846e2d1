"""Make the title of a conversation: one line without direction overrides."""

import re

from apps.accounts.models import User
from apps.chat.markdown.unseen import without_overrides
from apps.chat.models import Preset
from apps.chat.models.preset import CODE_MARK

TITLE_LENGTH = 60
UNTITLED = "Untitled"
MOST_WORDS = 10  # words; the model was asked for six at most
AROUND = " \t\"'“”‘’«»*_`#.:-"  # what models put around a title
LABEL = re.compile(r"^\W*title\W*:", re.IGNORECASE)
# Beginnings by which small models speak about a title instead of giving one.
TALK = re.compile(
    r"^here(['’]s| (is|are) )|^(sure|certainly|of course)[,!.:]|^i(['’]| (would|think|suggest|can|am|will)\b)"
    r"|\b(possible|suggested) titles?\b|\btitles? for (our|this|the|your)\b",
    re.IGNORECASE,
)


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


def title_of_model(answer: str) -> str:
    """Return the title in a model's answer. Return "" if it has none: a sentence, a list, code, nothing."""
    lines = [line for line in map(one_line, answer.strip().splitlines()) if line]
    if not lines or "```" in answer:
        return ""
    title = LABEL.sub("", lines[0]).strip(AROUND)
    is_short = len(title) <= TITLE_LENGTH and len(title.split()) <= MOST_WORDS
    return title if is_short and any(map(str.isalpha, title)) and not TALK.search(title) else ""

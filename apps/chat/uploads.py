"""Check uploaded files: text, of a size that a model can read. Their names and contents are hostile."""

import re
import unicodedata
from pathlib import PurePosixPath

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from apps.chat.errors import FileTooLarge, NotAText
from apps.chat.models.attachment import NAME_LENGTH

NAMELESS = "file.txt"
LONGEST_ENDING = 12
# Control characters, also those that change the direction of writing; code points without a character; line ends.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def harmless_name(name: str) -> str:
    """Return the last part of a file name on one line, of 1 to 100 characters."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if letter.isspace() else letter for letter in last if _is_seen(letter))
    plain = " ".join(seen.replace("`", "'").split())
    if not plain.strip("."):
        return NAMELESS
    ending = PurePosixPath(plain).suffix[:LONGEST_ENDING]
    return plain if len(plain) <= NAME_LENGTH else plain[: NAME_LENGTH - len(ending) - 1].rstrip() + "…" + ending


def check_size(name: str, size: int) -> None:
    """Raise ``FileTooLarge`` for a file of more than ``CHAT_ATTACHMENT_BYTES``."""
    most = settings.CHAT_ATTACHMENT_BYTES
    if size > most:
        raise FileTooLarge(
            f"{name} has {filesizeformat(size)}; a file may have {filesizeformat(most)}. Attach the part that matters."
        )


def text_in(name: str, content: bytes) -> str:
    """Decode a file in UTF-8, with or without a byte order mark, and turn line ends into LF.

    Raises ``NotAText``, with the file's name and the reason.
    """
    if encoding := OTHER_ENCODINGS.get(content[:2]):
        raise NotAText(f"{name} is in {encoding}. Save it as UTF-8, and attach it again.")
    if b"\0" in content:
        raise NotAText(f"{name} is not a text file: it has null bytes in it. Only text can be attached.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NotAText(f"{name} is not UTF-8 text (line {line}). Only text can be attached.") from None
    if not text.strip():
        raise NotAText(f"{name} is empty.")
    return with_lf(text)


def with_lf(text: str) -> str:
    """Return the text with LF line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines_in(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n"))


def _is_seen(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) not in UNSEEN

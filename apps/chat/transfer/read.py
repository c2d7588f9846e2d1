"""Read an exported file, of this program or another, by what is in it."""

from codecs import BOM_UTF8

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from apps.chat.errors import NotImportable
from apps.chat.transfer.chatgpt import read_chatgpt
from apps.chat.transfer.format import ConversationFile, read_file
from apps.chat.transfer.open_webui import read_open_webui

MOST_CONVERSATIONS = 2_000
ZIP = b"PK\x03\x04"


class _Marks(Struct):
    """The fields that tell the kinds of exports apart."""

    format: Raw | UnsetType = UNSET
    mapping: Raw | UnsetType = UNSET
    chat: Raw | UnsetType = UNSET


def read_conversations(content: bytes) -> list[ConversationFile]:
    """Return the conversations of an exported file, at least one. Raises ``NotImportable``."""
    if content.startswith(ZIP):
        raise NotImportable("This is a ZIP archive. Unpack it, and choose the file conversations.json in it.")
    content = content.removeprefix(BOM_UTF8)
    first, number = _marks(content)
    if first.format is not UNSET or (first.mapping is UNSET and first.chat is UNSET):
        return [read_file(content)]
    if number > MOST_CONVERSATIONS:
        raise NotImportable(
            f"The file has {number:,} conversations; at most {MOST_CONVERSATIONS:,} can be imported at once."
        )
    program = "ChatGPT" if first.chat is UNSET else "Open WebUI"
    try:
        files = read_chatgpt(content) if first.chat is UNSET else read_open_webui(content)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        raise NotImportable(
            f"This is not an export of {program}. At {place.strip('`') or 'its beginning'}: {what}."
        ) from error
    if not files:
        raise NotImportable("There is no conversation with a question in the file.")
    return files


def _marks(content: bytes) -> tuple[_Marks, int]:
    """Return the marks of the first conversation in the file, and how many there are."""
    try:
        found = msgspec.json.decode(content, type=list[_Marks] | _Marks)
    except msgspec.ValidationError:
        return _Marks(), 1  # neither an object nor a list of objects: read_file says so
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotImportable("The file is not JSON.") from error
    if isinstance(found, list):
        return (found[0] if found else _Marks()), len(found)
    return found, 1

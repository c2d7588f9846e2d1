"""Refuses text that a tokenizer, or the model, would take for the markup of a prompt.

The reference answers such a chat with an error in place of the reply; it checks the chat tags only. Servers read
the special tokens too wherever they stand in the text they are sent, so those are refused in every prompt.
"""

from collections.abc import Iterable, Sequence

from apps.inference.catalogue import all_special_tokens
from apps.inference.errors import InvalidRequest

CHAT_TAGS = ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<step>")


def refuse_special_tokens(content: str, where: str) -> None:
    """Raise ``InvalidRequest``, naming the tag, when ``content`` holds a special token; ``where`` begins a sentence."""
    _refuse(content, all_special_tokens(), where)


def refuse_chat_tags(content: str, where: str) -> None:
    """Do the same for special tokens and for the tags of the chat formats."""
    _refuse(content, (*CHAT_TAGS, *all_special_tokens()), where)


def take_tags_apart(content: str) -> str:
    """Return the text with a space in each such tag, so that it can be sent as text: ``<step>`` becomes ``< step>``."""
    for tag in (*CHAT_TAGS, *all_special_tokens()):
        content = content.replace(tag, f"{tag[0]} {tag[1:]}")
    return content


def _refuse(content: str, tags: Iterable[str], where: str) -> None:
    if found := _found(content, tags):
        tag = min(found)[1]
        sentence = f"{where} contains “{tag}”, which marks up the model's prompts and cannot be sent as text."
        raise InvalidRequest(sentence, sentence=sentence)


def _found(content: str, tags: Iterable[str]) -> Sequence[tuple[int, str]]:
    return [(position, tag) for tag in tags if (position := content.find(tag)) >= 0]

"""Take apart text that a tokenizer, or a model, would read as the markup of a prompt.

Tokenizers read a special token wherever its characters stand in the text they are sent, so one that a person typed or
a model wrote would end a turn, or begin one. A space after its first character makes it text. The page keeps what was
written; only the prompt has the space.
"""

import re

from apps.inference.catalogue import all_special_tokens

CHAT_TAGS = ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<step>")
# The Hub's tokenizer splits a text at it and makes an infilling prompt of the halves. Two of them make it fail, and
# TGI then fails the whole batch, other people's replies too.
FILL_TAG = "<FILL_ME>"
# The markup of other families, such as <|im_end|> and <|eot_id|>. DeepSeek writes it with U+FF5C.
_FOREIGN = r"<[|\uff5c][^\s<>|\uff5c]{1,40}[|\uff5c]>"


def take_special_tokens_apart(content: str) -> str:
    """Return ``content`` with a space in each special token of any model: ``</s>`` becomes ``< /s>``."""
    return _TOKENS.sub(_apart, content)


def take_tags_apart(content: str) -> str:
    """Do the same for special tokens and for the tags of the chat formats: ``[INST]`` becomes ``[ INST]``."""
    return _TAGS.sub(_apart, content)


def take_fill_tag_apart(content: str) -> str:
    """Do the same for ``<FILL_ME>`` alone, in text that may hold special tokens on purpose."""
    return content.replace(FILL_TAG, f"{FILL_TAG[0]} {FILL_TAG[1:]}")


def _pattern(*tags: str) -> re.Pattern[str]:
    longest_first = sorted(tags, key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, longest_first), _FOREIGN]))


def _apart(tag: re.Match[str]) -> str:
    return f"{tag[0][0]} {tag[0][1:]}"


_TOKENS = _pattern(FILL_TAG, *all_special_tokens())
_TAGS = _pattern(FILL_TAG, *CHAT_TAGS, *all_special_tokens())

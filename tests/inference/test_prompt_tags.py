"""Text that would be taken for the markup of a prompt is refused, and the sentence says which."""

import pytest

from apps.inference.errors import InvalidRequest
from apps.inference.prompts import chat_prompt, completion_prompt, infilling_prompt
from apps.inference.requests import ChatMessage

TOKENS = ("<unk>", "<s>", "</s>", "<PRE>", "<SUF>", "<MID>", "<EOT>", "<step>")
CHAT_TAGS = ("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>")


@pytest.mark.parametrize("size", ["7B", "34B", "70B"])
@pytest.mark.parametrize("tag", TOKENS + CHAT_TAGS)
def test_chat_refuses_tags_from_the_user(size: str, tag: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        chat_prompt([ChatMessage("user", f"Explain {tag} tags")], size=size)
    assert caught.value.sentence == (
        f"Message 1, from the user, contains “{tag}”, which marks up the model's prompts and cannot be sent as text."
    )


@pytest.mark.parametrize(
    ("messages", "where"),
    [
        ([ChatMessage("system", "[INST]"), ChatMessage("user", "Hi")], "The system prompt contains “[INST]”"),
        (
            [ChatMessage("user", "Hi"), ChatMessage("assistant", "a</s>"), ChatMessage("user", "Hi")],
            "Message 2, from the assistant, contains “</s>”",
        ),
        ([ChatMessage("user", "Hi"), ChatMessage("assistant", "a<step>")], "Message 2, from the assistant,"),
    ],
)
def test_chat_refuses_tags_in_every_message(messages: list[ChatMessage], where: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        chat_prompt(messages, size="7B")
    assert caught.value.sentence.startswith(where)


def test_the_first_tag_is_named() -> None:
    with pytest.raises(InvalidRequest, match="contains “<<SYS>>”"):
        chat_prompt([ChatMessage("user", "a <<SYS>> b [INST] c <s>")], size="7B")


@pytest.mark.parametrize("near", ["[inst]", "[ INST]", "<< SYS >>", "<Step>", "<pre>", "< s>", "Source: user", "<s"])
def test_text_that_only_looks_like_a_tag_is_sent(near: str) -> None:
    assert near in chat_prompt([ChatMessage("user", f"Explain {near}!")], size="70B").text


@pytest.mark.parametrize("token", TOKENS)
def test_documents_with_special_tokens_are_refused(token: str) -> None:
    with pytest.raises(InvalidRequest, match=f"^The text contains “{token}”"):
        completion_prompt(f"x = '{token}'")
    with pytest.raises(InvalidRequest, match=f"^The text before the cursor contains “{token}”"):
        infilling_prompt(f"x = '{token}'", "")
    with pytest.raises(InvalidRequest, match=f"^The text after the cursor contains “{token}”"):
        infilling_prompt("", f"x = '{token}'")


@pytest.mark.parametrize("tag", CHAT_TAGS)
def test_documents_may_hold_the_chat_tags_which_are_mere_text_there(tag: str) -> None:
    assert completion_prompt(f"# {tag}").text == f"# {tag}"
    assert infilling_prompt(f"# {tag} ", "").text == f"<PRE> <SUF> <MID> # {tag} "

"""Chat prompts of Code Llama Instruct, byte for byte as the reference builds them."""

import pytest

from apps.inference.errors import InvalidRequest
from apps.inference.prompts import Prompt, chat_prompt
from apps.inference.requests import ChatMessage, Role

LLAMA_2_SIZES = ("7B", "13B", "34B")


def dialogue(*turns: tuple[Role, str]) -> list[ChatMessage]:
    return [ChatMessage(role, content) for role, content in turns]


def pieces(prompt: Prompt) -> str:
    """The pieces, with ``|`` between them, as the fact sheet writes them."""
    return "|".join(piece.text for piece in prompt.pieces)


# --- 7B, 13B, 34B -------------------------------------------------------------------------------

LLAMA_2 = [
    ([("user", "Write hello world in Python.")], "<s>[INST] Write hello world in Python. [/INST]"),
    ([("user", "  Write hello world.\n\n")], "<s>[INST] Write hello world. [/INST]"),
    (
        [("system", "Provide answers in JavaScript"), ("user", "Sum two numbers.")],
        "<s>[INST] <<SYS>>\nProvide answers in JavaScript\n<</SYS>>\n\nSum two numbers. [/INST]",
    ),
    (
        [("system", "Be brief."), ("user", "Hi"), ("assistant", " Hello! "), ("user", "Bye")],
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello! </s><s>[INST] Bye [/INST]",
    ),
    ([("system", ""), ("user", "Hi")], "<s>[INST] <<SYS>>\n\n<</SYS>>\n\nHi [/INST]"),
    # The strip comes after the merge: what stands before the first question stays, and so does the system's own.
    (
        [("system", " Be brief.\n"), ("user", "  Hi  ")],
        "<s>[INST] <<SYS>>\n Be brief.\n\n<</SYS>>\n\n  Hi [/INST]",
    ),
    ([("system", "Be brief."), ("user", " \n")], "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>> [/INST]"),
    (
        [("user", "A"), ("assistant", ""), ("user", "B"), ("assistant", "b"), ("user", "C")],
        "<s>[INST] A [/INST]  </s><s>[INST] B [/INST] b </s><s>[INST] C [/INST]",
    ),
]


@pytest.mark.parametrize("size", LLAMA_2_SIZES)
@pytest.mark.parametrize(("turns", "expected"), LLAMA_2)
def test_llama_2_format(size: str, turns: list[tuple[Role, str]], expected: str) -> None:
    prompt = chat_prompt(dialogue(*turns), size=size)
    assert prompt.text_with_bos == expected
    assert prompt.text == expected.removeprefix("<s>")
    assert prompt.drops_leading_space


def test_llama_2_pieces_tell_tokens_from_text() -> None:
    prompt = chat_prompt(dialogue(("user", "Hi"), ("assistant", "Hello!"), ("user", "Bye")), size="7B")
    assert pieces(prompt) == "<s>|[INST] Hi [/INST] Hello! |</s>|<s>|[INST] Bye [/INST]"
    assert [piece.is_special for piece in prompt.pieces] == [True, False, True, True, False]


def test_llama_2_reply_ends_by_the_servers_own_end_token() -> None:
    prompt = chat_prompt(dialogue(("user", "Hi")), size="7B")
    assert prompt.stop == ()
    assert prompt.ends_with == ("</s>",)


@pytest.mark.parametrize(
    ("partial", "expected"),
    [
        ("Hello", "<s>[INST] Hi [/INST] Hello"),
        ("Hello,\n", "<s>[INST] Hi [/INST] Hello,\n"),
        ("    x = ", "<s>[INST] Hi [/INST]     x = "),
        ("", "<s>[INST] Hi [/INST]"),
    ],
)
def test_llama_2_continues_a_partial_reply_to_the_byte(partial: str, expected: str) -> None:
    prompt = chat_prompt(dialogue(("user", "Hi"), ("assistant", partial)), size="13B")
    assert prompt.text_with_bos == expected
    assert prompt.drops_leading_space is (partial == "")


# --- 70B ----------------------------------------------------------------------------------------

REFERENCE_70B = [
    (
        [("user", "Write hello world in Python.")],
        (
            "<s>| Source: system|<step>| Source: user|\n\n Write hello world in Python.|<step>"
            "| Source: assistant\nDestination: user|\n\n "
        ),
    ),
    (
        [("system", "Provide answers in JavaScript"), ("user", "Sum two numbers.")],
        (
            "<s>| Source: system|\n\n Provide answers in JavaScript|<step>| Source: user|\n\n Sum two numbers.|<step>"
            "| Source: assistant\nDestination: user|\n\n "
        ),
    ),
    (
        [("system", "Be brief."), ("user", "Hi"), ("assistant", " Hello! "), ("user", "Bye")],
        (
            "<s>| Source: system|\n\n Be brief.|<step>| Source: user|\n\n Hi|<step>"
            "| Source: assistant|\n\n Hello!|<step>"
            "| Source: user|\n\n Bye|<step>| Source: assistant\nDestination: user|\n\n "
        ),
    ),
    # An empty body is left out; one of white space only is not.
    (
        [("system", ""), ("user", "")],
        "<s>| Source: system|<step>| Source: user|<step>| Source: assistant\nDestination: user|\n\n ",
    ),
    (
        [("system", "  "), ("user", "Hi")],
        "<s>| Source: system|\n\n |<step>| Source: user|\n\n Hi|<step>| Source: assistant\nDestination: user|\n\n ",
    ),
]


@pytest.mark.parametrize(("turns", "expected"), REFERENCE_70B)
def test_70b_format(turns: list[tuple[Role, str]], expected: str) -> None:
    prompt = chat_prompt(dialogue(*turns), size="70B")
    assert pieces(prompt) == expected
    assert {piece.text for piece in prompt.pieces if piece.is_special} == {"<s>", "<step>"}


def test_70b_flattened_text() -> None:
    prompt = chat_prompt(
        dialogue(("system", "Provide answers in JavaScript"), ("user", "Sum two numbers.")), size="70B"
    )
    flat = (
        " Source: system\n\n Provide answers in JavaScript<step> Source: user\n\n Sum two numbers.<step>"
        " Source: assistant\nDestination: user\n\n "
    )
    assert prompt.text == flat
    assert prompt.text_with_bos == f"<s>{flat}"


def test_70b_stops_at_step() -> None:
    prompt = chat_prompt(dialogue(("user", "Hi")), size="70B")
    assert prompt.stop == ("<step>", "</s>")
    assert prompt.drops_leading_space


@pytest.mark.parametrize("template", ["reference", "hub"])
def test_70b_continues_a_partial_reply_to_the_byte(template: str) -> None:
    messages = dialogue(("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello,\n "))
    prompt = chat_prompt(messages, size="70B", template="hub" if template == "hub" else "reference")
    assert prompt.text.endswith(" Source: assistant\nDestination: user\n\n Hello,\n ")
    assert prompt.text.count("assistant") == 1
    assert not prompt.drops_leading_space


HUB_70B = [
    (
        [
            ("user", "Hello, how are you?"),
            ("assistant", "I'm doing great. How can I help you today?"),
            ("user", "I'd like to show off how chat templating works!"),
        ],
        (
            "<s>Source: user\n\n Hello, how are you? <step>"
            " Source: assistant\n\n I'm doing great. How can I help you today? <step>"
            " Source: user\n\n I'd like to show off how chat templating works! <step>"
            " Source: assistant\nDestination: user\n\n "
        ),
    ),
    (
        [("system", "Provide answers in JavaScript"), ("user", "Sum two numbers.")],
        (
            "<s>Source: system\n\n Provide answers in JavaScript <step> Source: user\n\n Sum two numbers. <step>"
            " Source: assistant\nDestination: user\n\n "
        ),
    ),
    (
        [("system", ""), ("user", "Hi")],
        "<s>Source: system\n\n  <step> Source: user\n\n Hi <step> Source: assistant\nDestination: user\n\n ",
    ),
]


@pytest.mark.parametrize(("turns", "expected"), HUB_70B)
def test_70b_format_of_the_template_on_the_hub(turns: list[tuple[Role, str]], expected: str) -> None:
    assert chat_prompt(dialogue(*turns), size="70B", template="hub").text_with_bos == expected


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["7B", "70B"])
@pytest.mark.parametrize(
    ("turns", "sentence"),
    [
        ([], "There is no message to answer."),
        ([("system", "Be brief.")], "There is no message to answer."),
        ([("assistant", "")], "There is no message to answer."),
        ([("assistant", "Hi")], "The first message must be from the user, not from the assistant."),
        ([("system", "x"), ("assistant", "Hi"), ("user", "Hi")], "The first message must be from the user"),
        ([("user", "a"), ("user", "b")], "Messages 1 and 2 are both from the user; user and assistant must alternate."),
        ([("system", "x"), ("user", "a"), ("user", "b")], "Messages 2 and 3 are both from the user;"),
        (
            [("user", "a"), ("assistant", "b"), ("assistant", "c"), ("user", "d")],
            "Messages 2 and 3 are both from the assistant;",
        ),
        ([("user", "a"), ("system", "b")], "Message 2 is a system prompt; only the first message can be one."),
        ([("tool", "a")], "Message 1 has the role “tool”; only system, user and assistant are known."),
    ],
)
def test_wrong_order_is_refused_by_name(size: str, turns: list[tuple[Role, str]], sentence: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        chat_prompt(dialogue(*turns), size=size)
    assert caught.value.sentence.startswith(sentence)


def test_unknown_size_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="the size “8B”"):
        chat_prompt(dialogue(("user", "Hi")), size="8B")

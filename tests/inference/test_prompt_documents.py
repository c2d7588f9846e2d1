"""Prompts that complete a document or fill a gap in it, byte for byte."""

import pytest

from apps.inference.errors import InvalidRequest
from apps.inference.prompts import PYTHON_FUNCTION_STOPS, Order, completion_prompt, infilling_prompt, order_for

ASCII_PREFIX = 'def remove_non_ascii(s: str) -> str:\n    """ '
ASCII_SUFFIX = "\n    return result\n"

INFILLING = [
    (
        ASCII_PREFIX,
        ASCII_SUFFIX,
        '<s><PRE> def remove_non_ascii(s: str) -> str:\n    """  <SUF>\n    return result\n <MID>',
        '<s><PRE> <SUF>\n    return result\n <MID> def remove_non_ascii(s: str) -> str:\n    """ ',
    ),
    (
        "def add(a, b):\n    return ",
        "\n",
        "<s><PRE> def add(a, b):\n    return  <SUF>\n <MID>",
        "<s><PRE> <SUF>\n <MID> def add(a, b):\n    return ",
    ),
    ("", "\nprint(x)\n", "<s><PRE> <SUF>\nprint(x)\n <MID>", "<s><PRE> <SUF>\nprint(x)\n <MID>"),
    ("x = ", "", "<s><PRE> x =  <SUF> <MID>", "<s><PRE> <SUF> <MID> x = "),
    # Nothing is stripped, and the suffix gets no space of its own.
    ("  a", "  b  ", "<s><PRE>   a <SUF>  b   <MID>", "<s><PRE> <SUF>  b   <MID>   a"),
]


@pytest.mark.parametrize(("prefix", "suffix", "psm", "spm"), INFILLING)
def test_infilling(prefix: str, suffix: str, psm: str, spm: str) -> None:
    for order, expected in (("psm", psm), ("spm", spm)):
        prompt = infilling_prompt(prefix, suffix, order="psm" if order == "psm" else "spm")
        assert prompt.text_with_bos == expected
        assert prompt.text == expected.removeprefix("<s>")


def test_infilling_pieces_tell_tokens_from_text() -> None:
    prompt = infilling_prompt("a = ", "\n", order="psm")
    assert [(piece.text, piece.is_special) for piece in prompt.pieces] == [
        ("<s>", True),
        ("<PRE>", True),
        (" a = ", False),
        (" <SUF>", True),
        ("\n", False),
        (" <MID>", True),
    ]


def test_infilling_stops_at_eot_and_keeps_leading_white_space() -> None:
    prompt = infilling_prompt("a = ", "\n", stop=["\n"])
    assert prompt.stop == (" <EOT>", "<EOT>", "\n")
    assert prompt.ends_with[0] == "<EOT>"
    assert not prompt.drops_leading_space


@pytest.mark.parametrize(
    ("prefix", "order"),
    [
        ("", "spm"),
        ("def add(a, b):\n    return ", "spm"),
        ("def add(a, b):\n", "spm"),
        ("\t", "spm"),
        ("add(", "spm"),
        ("x.", "spm"),
        ("x = 😀", "spm"),
        ("def remove_non", "psm"),
        ("def remove_", "psm"),
        ("return", "psm"),
        ("x = 12", "psm"),
        ("größe", "psm"),
        ("gro\u0308", "psm"),
        ("变量", "psm"),
    ],
)
def test_order_is_psm_after_a_word_and_spm_between_tokens(prefix: str, order: Order) -> None:
    assert order_for(prefix) == order
    assert infilling_prompt(prefix, "\n").text == infilling_prompt(prefix, "\n", order=order).text


def test_the_two_orders_differ() -> None:
    assert infilling_prompt("a ", "b", order="psm").text != infilling_prompt("a ", "b", order="spm").text


@pytest.mark.parametrize("document", ["def fizzbuzz(n: int):", "  x\n\n", "a b ", "\n"])
def test_completion_is_the_document_itself(document: str) -> None:
    prompt = completion_prompt(document)
    assert prompt.text == document
    assert prompt.text_with_bos == f"<s>{document}"
    assert [piece.is_special for piece in prompt.pieces] == [True, False]
    assert prompt.stop == ()
    assert prompt.ends_with == ("</s>",)
    assert not prompt.drops_leading_space


def test_completion_takes_stop_sequences() -> None:
    assert completion_prompt("def f():", stop=PYTHON_FUNCTION_STOPS).stop == PYTHON_FUNCTION_STOPS
    assert completion_prompt("a\r\n", stop=["\r\nend"]).stop == ("\nend",)


def test_empty_document_and_empty_stop_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="There is no text to complete"):
        completion_prompt("")
    with pytest.raises(InvalidRequest, match="A stop sequence cannot be empty"):
        completion_prompt("a", stop=[""])
    with pytest.raises(InvalidRequest, match="A stop sequence cannot be empty"):
        infilling_prompt("a", "b", stop=["\n", ""])


# --- line ends ----------------------------------------------------------------------------------


def test_windows_document_is_sent_with_lf_and_gets_crlf_back() -> None:
    prompt = infilling_prompt("def f():\r\n    ", "\r\n    return x\r\n")
    assert prompt.text == infilling_prompt("def f():\n    ", "\n    return x\n").text
    assert prompt.clean("x = 1\n    y = 2 <EOT>") == "x = 1\r\n    y = 2"
    assert completion_prompt("a\r\nb").text == "a\nb"
    assert completion_prompt("a\r\nb").clean("\nc\r\nd") == "\r\nc\r\nd"


def test_unix_document_gets_what_the_model_wrote() -> None:
    assert completion_prompt("a\nb").clean("\nc\r\nd\r") == "\nc\r\nd\r"
    assert completion_prompt("no line end").clean("\n") == "\n"


def test_most_lines_decide_in_a_mixed_document() -> None:
    assert completion_prompt("a\r\nb\r\nc\n").newline == "\r\n"
    assert completion_prompt("a\r\nb\nc\nd\n").newline == "\n"
    assert infilling_prompt("a\r\n", "b\n").newline == "\r\n"


def test_cursor_between_cr_and_lf() -> None:
    prompt = infilling_prompt("a = 1\r", "\nb = 2\r\n")
    assert prompt.text == infilling_prompt("a = 1", "\nb = 2\n").text
    assert prompt.newline == "\r\n"


def test_lone_cr_is_text() -> None:
    assert completion_prompt("a\rb").text == "a\rb"


@pytest.mark.parametrize("first", list("\"%&'(),./:;<=>?@[\\`{\r"))
@pytest.mark.parametrize("order", ["psm", "spm"])
def test_suffix_that_would_join_with_its_token_is_kept_apart(order: Order, first: str) -> None:
    """Llama's vocabulary has ``>(`` and its like: ``<SUF>(`` is read as ``▁<SUF`` and ``>(``."""
    assert f" <SUF> {first}x <MID>" in infilling_prompt("a ", f"{first}x", order=order).text


@pytest.mark.parametrize("first", list("aZ0_]}!#$*+-^|~ \n\té→"))
def test_other_suffixes_follow_their_token_directly(first: str) -> None:
    assert f" <SUF>{first}x <MID>" in infilling_prompt("a ", f"{first}x").text

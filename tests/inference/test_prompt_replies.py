"""The model's text becomes the reply, however it was cut into pieces."""

import pytest

from apps.inference.prompts import Prompt, chat_prompt, completion_prompt, infilling_prompt
from apps.inference.requests import ChatMessage

HI = ChatMessage("user", "Hi")
CHAT = chat_prompt([HI], size="7B")
CHAT_70B = chat_prompt([HI], size="70B")
CONTINUED = chat_prompt([HI, ChatMessage("assistant", "Hello")], size="7B")
GAP = infilling_prompt("a = ", "\n")
WINDOWS_GAP = infilling_prompt("a = ", "\r\nb\r\n", stop=["\n\n"])
LINE = completion_prompt("a = ", stop=["\n"])


def in_pieces(prompt: Prompt, generated: str, size: int) -> str:
    reply = prompt.reply_text()
    return "".join(reply.feed(generated[i : i + size]) for i in range(0, len(generated), size)) + reply.close()


@pytest.mark.parametrize(
    ("prompt", "generated", "reply"),
    [
        (CHAT, " Hello!", "Hello!"),
        (CHAT, "  Hello!", " Hello!"),
        (CHAT, "Hello!", "Hello!"),
        (CHAT, "\n Hello!", "\n Hello!"),
        (CHAT, " Hello! </s>", "Hello! "),
        (CHAT, " <del> or <s>…</s> strike text out", "<del> or <s>…</s> strike text out"),
        (CHAT, "", ""),
        (CHAT, " ", ""),
        (CONTINUED, " World</s>", " World"),
        (CHAT_70B, " Hello!<step> Source: user", "Hello!"),
        (CHAT_70B, " Hello!</s>", "Hello!"),
        (CHAT_70B, " a <ste", "a <ste"),
        (GAP, "  1 + 1 <EOT>", "  1 + 1"),
        (GAP, "1<EOT><EOT>", "1"),
        (GAP, "1 <EO", "1 <EO"),
        (GAP, "1</s>", "1"),
        (LINE, "1\nb = 2", "1"),
        (LINE, "1", "1"),
        (WINDOWS_GAP, "1\nb\r\nc\n\nd", "1\r\nb\r\nc"),
        (WINDOWS_GAP, "1\r\n\r\nd", "1"),
        (WINDOWS_GAP, "1\r", "1\r"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_reply(prompt: Prompt, generated: str, reply: str, size: int) -> None:
    assert in_pieces(prompt, generated, size) == reply
    assert prompt.clean(generated) == reply


def test_text_goes_on_as_soon_as_it_is_certain() -> None:
    reply = GAP.reply_text()
    assert reply.feed("x") == "x"
    assert reply.feed(" ") == ""
    assert reply.feed("<E") == ""
    assert reply.feed("gg>") == " <Egg>"
    assert not reply.is_over
    assert reply.feed(" <EOT>") == ""
    assert reply.is_over
    assert reply.feed("more") == ""
    assert reply.close() == ""

"""Properties of every prompt, whatever people type."""

import re
from collections.abc import Callable
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.inference.catalogue import all_special_tokens
from apps.inference.errors import InvalidRequest
from apps.inference.prompts import Prompt, Template, chat_prompt, completion_prompt, infilling_prompt
from apps.inference.prompts.newlines import split_to_lf
from apps.inference.prompts.tags import CHAT_TAGS, FILL_TAG, take_special_tokens_apart, take_tags_apart
from apps.inference.requests import ChatMessage, Role

SPECIAL = re.compile("|".join(map(re.escape, sorted(all_special_tokens(), key=len, reverse=True))))
MARKUP = [*CHAT_TAGS, FILL_TAG, *all_special_tokens()]
# Halves of tags beside each other: what a careless join would turn into a whole one.
HALVES = [half for tag in MARKUP for half in (tag[:-1], tag[1:], tag[:2])]
scraps = st.lists(
    st.sampled_from([*MARKUP, *HALVES, " ", "\n", "\r\n", "x = 1", "é", "😀"]) | st.text(max_size=5), max_size=8
)
texts = scraps.map("".join)
sizes = st.sampled_from(["7B", "13B", "34B", "70B"])
templates: st.SearchStrategy[Template] = st.sampled_from(["reference", "hub"])


def special_tokens_in(text: str) -> list[str]:
    return [found[0] for found in SPECIAL.finditer(text)]


def refusal(render: Callable[[], Prompt]) -> str:
    """The sentence of the refusal, or nothing."""
    try:
        render()
    except InvalidRequest as error:
        return error.sentence
    return ""


def marked_tokens(prompt: Prompt) -> list[str]:
    return [piece.text.strip() for piece in prompt.pieces if piece.is_special]


def check_tokens(prompt: Prompt) -> None:
    """Reading the text as a server does finds the prompt's own special tokens, and no other."""
    assert special_tokens_in(prompt.text_with_bos) == marked_tokens(prompt)
    assert prompt.text_with_bos == "<s>" + prompt.text
    assert not prompt.text.startswith("<s>")
    assert prompt.pieces[0].text == "<s>"


@st.composite
def dialogues(draw: st.DrawFn) -> list[ChatMessage]:
    system = [ChatMessage("system", draw(texts))] if draw(st.booleans()) else []
    exchange: list[Role] = ["user", "assistant"]
    roles = [*exchange * draw(st.integers(0, 3)), exchange[0]]
    if draw(st.booleans()):
        roles.append("assistant")
    return system + [ChatMessage(role, draw(texts)) for role in roles]


@given(dialogues(), sizes, templates)
def test_chat_sends_no_special_token_that_is_not_its_own(
    messages: list[ChatMessage], size: str, template: Template
) -> None:
    check_tokens(chat_prompt(messages, size=size, template=template))


@given(dialogues(), sizes)
def test_chat_carries_every_message(messages: list[ChatMessage], size: str) -> None:
    prompt = chat_prompt(messages, size=size)
    position = 0
    for message in messages:
        content = take_tags_apart(message.content)
        position = prompt.text.index(content.strip(), position) + len(content.strip())
    if messages[-1].role == "assistant" and messages[-1].content:
        assert prompt.text.endswith(take_tags_apart(messages[-1].content))


@given(texts, texts)
def test_documents_send_no_special_token_that_is_not_their_own(prefix: str, suffix: str) -> None:
    check_tokens(infilling_prompt(prefix, suffix))


@given(texts.filter(bool))
def test_completion_sends_no_special_token(document: str) -> None:
    check_tokens(completion_prompt(document))


@given(texts)
def test_tags_are_taken_apart_by_spaces_alone(text: str) -> None:
    apart = take_tags_apart(text)
    assert not any(tag in apart for tag in MARKUP)
    assert apart.replace(" ", "") == text.replace(" ", "")
    assert take_tags_apart(apart) == apart
    assert take_special_tokens_apart(apart) == apart


roles = st.lists(st.sampled_from(["system", "user", "assistant"]), max_size=6)


@given(roles, sizes)
@example(["system"], "7B")
def test_any_other_order_of_roles_is_refused(order: list[Role], size: str) -> None:
    messages = [ChatMessage(role, "x") for role in order]
    turns = order[1:] if order[:1] == ["system"] else order
    is_dialogue = bool(turns) and turns == (["user", "assistant"] * len(turns))[: len(turns)]
    assert bool(refusal(lambda: chat_prompt(messages, size=size))) is not is_dialogue


lines = st.text(alphabet=st.characters(exclude_characters="\r\n<[", exclude_categories=["Cs"]), max_size=6)
documents = st.lists(lines, min_size=2, max_size=8)


@given(documents, st.integers(0), st.lists(lines, min_size=1, max_size=4))
def test_windows_document_comes_back_whole(document: list[str], cut: int, written: list[str]) -> None:
    windows = "\r\n".join(document)
    cut %= len(windows) + 1
    prefix, suffix = windows[:cut], windows[cut:]
    prompt = infilling_prompt(prefix, suffix)
    assert "\r" not in prompt.text
    assert prefix + prompt.clean("") + suffix == windows
    assert prompt.clean("\n".join(written)) == "\r\n".join(written)
    assert "".join(split_to_lf(prefix, suffix)) == "\n".join(document)


GENERATED = st.lists(
    st.sampled_from(
        [" ", "<EOT>", " <EOT>", "<E", "OT>", "</s>", "</", "s>", "<step>", "\r", "\n", "\r\n", "x", "stop"]
    ),
    max_size=10,
).map("".join)
PROMPTS = [
    chat_prompt([ChatMessage("user", "Hi")], size="7B"),
    chat_prompt([ChatMessage("user", "Hi")], size="70B"),
    infilling_prompt("a\r\n", "b", stop=["stop", "\n\n", "x <E"]),
    infilling_prompt("a", "b", stop=["stop"]),
    completion_prompt("a\r\n", stop=["xs"]),
]


@settings(max_examples=500)
@given(st.sampled_from(PROMPTS), GENERATED, st.lists(st.integers(0, 40), max_size=8))
def test_reply_does_not_depend_on_how_the_text_was_cut(prompt: Prompt, generated: str, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(generated)) for cut in cuts), len(generated)]
    reply = prompt.reply_text()
    shown = [reply.feed(generated[start:end]) for start, end in pairwise(edges)]
    assert "".join(shown) + reply.close() == prompt.clean(generated)
    assert not any(stop in prompt.clean(generated) for stop in prompt.stop)

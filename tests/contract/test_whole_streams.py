"""A well-formed stream gives its text, its finish reason and its usage, however its bytes are written and cut."""

import gzip
import re
import zlib
from collections.abc import Callable

import pytest

from apps.inference.requests import Usage
from tests.contract.conftest import Ask
from tests.contract.cuts import every_byte, inside_characters, inside_line_ends, pieces, whole
from tests.contract.dialects import Dialect
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Send, head

# Two, three and four bytes a character; line and paragraph separators that are text; the controls that splitlines eats.
TEXTS = ("Größe", " → ", "🦙", "a\u2028b\u2029c\x85d\x0b\x0ce\x1c", "", " end")
TEXT = "".join(TEXTS)


SPLITS = [whole, every_byte, inside_characters, inside_line_ends]

INNER_KEY = re.compile(rb',(?="choices"|"generated_text"|"content")')
# Each takes the bytes as TGI writes them.
WRITINGS: dict[str, Callable[[bytes], bytes]] = {
    "as TGI writes it": lambda data: data,
    "without the space": lambda data: data.replace(b"data: ", b"data:"),
    "CRLF": lambda data: data.replace(b"\n", b"\r\n"),
    "CR alone": lambda data: data.replace(b"\n", b"\r"),
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "keep-alives": lambda data: b":\n\n:\n\n" + data.replace(b"\n\n", b"\n\n:\n\n"),
    "comments": lambda data: b": ping - 2026-11-22\r\n\r\n" + data.replace(b"\n\n", b"\n\n: ping\n\n"),
    "event, id, retry": lambda data: data.replace(b"data: ", b"event: message\nid: 7\nretry: 10\ndata: "),
    "many data lines": lambda data: INNER_KEY.sub(b",\ndata: ", data),
    "many data lines, CRLF": lambda data: INNER_KEY.sub(b",\ndata: ", data).replace(b"\n", b"\r\n"),
    "no last blank line": lambda data: data.removesuffix(b"\n"),
    "no last newline": lambda data: data.removesuffix(b"\n\n"),
    "more after the end": lambda data: data + b'data: {"error":"late"}\n\n\xff garbage',
}


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("writing", WRITINGS)
async def test_every_way_of_writing_a_stream_reads_the_same(
    dialect: Dialect,
    ask: Ask,
    scripted_server: ScriptedServer,
    writing: str,
    split: Callable[[bytes], list[bytes]],
) -> None:
    scripted_server.answer(*pieces(split(WRITINGS[writing](dialect.reply(*TEXTS)))))
    outcome = await ask()
    assert outcome.succeeded, outcome.error
    assert outcome.text == TEXT
    with_text = len([text for text in TEXTS if text])
    assert outcome.tokens == (len(TEXTS) + 1 if dialect.counts_tokens else with_text)
    assert outcome.ending == ("stop", Usage(10, len(TEXTS)))


async def test_one_read_gives_one_delta(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(dialect.reply("one", " two", " three")))
    outcome = await ask()
    assert [(delta.text, delta.tokens) for delta in outcome.deltas] == [("one two three", 3 + dialect.counts_tokens)]


@pytest.mark.parametrize("reason", ["stop", "eos_token", "stop_sequence", "length"])
async def test_last_token_may_come_with_its_finish_reason(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer, reason: str
) -> None:
    scripted_server.answer(head(), Send(dialect.token("almost") + dialect.ending(" there", reason, 2, "almost there")))
    outcome = await ask()
    assert outcome.text == "almost there"
    assert outcome.ending == ("length" if reason == "length" else "stop", Usage(10, 2))


async def test_empty_reply_is_a_reply(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(dialect.ending("", "stop", 0, "")))
    outcome = await ask()
    assert outcome.succeeded
    assert (outcome.text, outcome.tokens) == ("", int(dialect.counts_tokens))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_compressed_stream_is_read(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer, coding: str
) -> None:
    data = gzip.compress(dialect.reply(*TEXTS)) if coding == "gzip" else zlib.compress(dialect.reply(*TEXTS))
    scripted_server.answer(head(extra=f"Content-Encoding: {coding}"), *(Send(byte) for byte in every_byte(data)))
    outcome = await ask()
    assert outcome.succeeded, outcome.error
    assert outcome.text == TEXT


async def test_very_long_line_is_read(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(dialect.reply("x" * 300_000, "y")))
    outcome = await ask()
    assert outcome.succeeded, outcome.error
    assert outcome.text == "x" * 300_000 + "y"


async def test_text_that_nothing_could_store_is_replaced(
    dialect: Dialect, ask: Ask, scripted_server: ScriptedServer
) -> None:
    data = dialect.reply("HERE").replace(b"HERE", rb"pair \ud83e\udd99 lone \ud83e nul \u0000 end")
    scripted_server.answer(head(), Send(data))
    outcome = await ask()
    assert outcome.text == "pair 🦙 lone \ufffd nul \ufffd end"

"""The guess at the number of tokens is never below the count of a real tokenizer."""

import base64
import hashlib
import heapq
import inspect
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest

from apps.inference.context import estimate_chat_tokens, estimate_tokens, fit
from apps.inference.http.connection import open_session
from apps.inference.requests import ChatMessage

BYTES = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(100))
CODE = {
    "python": inspect.getsource(heapq),
    "javascript": Path("static/js/shell.js").read_text(),
    "css": Path("static/css/shell.css").read_text(),
    "html": Path("templates/base.html").read_text(),
    "toml": Path("pyproject.toml").read_text(),
    "hashes": Path("uv.lock").read_text()[:20_000],
    "minified": '!function(e,t){"object"==typeof exports&&void 0!==e?e=t():(e=e||self).Vue=t()}(this,r=>null==r);' * 20,
    "sql": "SELECT CUSTOMER_NAME, INVOICE_TOTAL FROM INVOICES WHERE STATUS = 'UNPAID' ORDER BY CREATED_AT;\n" * 20,
}
TEXTS = CODE | {
    "english": Path("README.md").read_text(),
    "german": "Sortiere alle Donaudampfschifffahrtsgesellschaftskapitäne nach Größe, verwirf Übergrößen. " * 20,
    "chinese": "代码大模型可以补全代码,也可以回答问题。请写一个函数来计算斐波那契数列。" * 20,
    "rare characters": "龘靐齉齾爩鱻麤龗灪吁龖厵滟爨癵籱饢驫" * 20,
    "japanese": "コードを補完するモデルです。関数を書いてください。" * 20,
    "korean": "코드를 완성하는 모델입니다. 함수를 작성해 주세요." * 20,
    "russian": "Напишите функцию, которая вычисляет сумму двух чисел. " * 20,
    "arabic": "اكتب دالة تحسب مجموع عددين وتطبع النتيجة " * 20,
    "hindi": "दो संख्याओं का योग निकालने वाला फ़ंक्शन लिखिए। " * 20,
    "emoji": "😀👩‍👩‍👧‍👦🏳️‍🌈🎉" * 50,
    "boxes": "┌──────┐\n│ text │\n└──────┘\n" * 50,
    "mathematics": "∀x∈ℝ: ∃y≥x ∧ y² ≠ √(x·π)\n" * 50,
    "base64": base64.b64encode(BYTES).decode(),
    "base32": base64.b32encode(BYTES).decode(),
    "hex": BYTES.hex(),
    "hex dump": BYTES.hex(" "),
    "digits": "".join(f"{byte:03}" for byte in BYTES),
    "figures": "\n".join(f"{byte / 7:.4f},{byte}" for byte in BYTES[:500]),
    "white space": (" " * 7 + "\n" + "\t\t\tx\n" + " " * 33 + "y\r\n \n \t\n") * 50,
    "signs": "".join(chr(33 + byte % 15) for byte in BYTES),
    "control characters": "".join(map(chr, range(1, 32))) * 50,
    "one letter": "a" * 5000,
}
ROT13 = "Gur Mra bs Clguba, ol Gvz Crgref. Ornhgvshy vf orggre guna htyl. Rkcyvpvg vf orggre guna vzcyvpvg. " * 20


async def tokens_of(http: aiohttp.ClientSession, url: str, text: str) -> int:
    async with http.post(f"{url}/tokenize", json={"content": text}) as response:
        return len((await response.json())["tokens"])


@pytest.mark.parametrize("kind", TEXTS)
async def test_estimate_is_never_below_a_real_tokenizers_count(kind: str, model_server: str) -> None:
    async with open_session() as http:
        assert estimate_tokens(TEXTS[kind]) >= await tokens_of(http, model_server, TEXTS[kind]) > 0


async def test_words_of_random_letters_are_what_the_estimate_may_miss_by_a_tenth(model_server: str) -> None:
    async with open_session() as http:
        tokens = await tokens_of(http, model_server, ROT13)
    assert 0.9 * tokens <= estimate_tokens(ROT13) < tokens


@pytest.mark.parametrize("kind", CODE)
async def test_estimate_is_at_most_about_twice_the_count_for_code(kind: str, model_server: str) -> None:
    async with open_session() as http:
        assert estimate_tokens(CODE[kind]) <= 2.25 * await tokens_of(http, model_server, CODE[kind])


async def test_conversation_is_fitted_by_the_servers_own_count(model_server: str) -> None:
    question, answer = "Explain heaps to me. " * 10, CODE["python"][:2000]
    messages = [
        ChatMessage("system", "Be brief."),
        *[ChatMessage("user", question), ChatMessage("assistant", answer)] * 8,
    ]
    messages.append(ChatMessage("user", "And now?"))

    async with open_session() as http:

        async def count(kept: Sequence[ChatMessage]) -> int:
            body = {"messages": [{"role": message.role, "content": message.content} for message in kept]}
            async with http.post(f"{model_server}/apply-template", json=body) as response:
                return await tokens_of(http, model_server, (await response.json())["prompt"])

        fitted = await fit(messages, window=2048, reply_tokens=256, count=count)
        assert not fitted.estimated
        assert 0 < len(fitted.left_out) < 16
        assert fitted.prompt_tokens == await count(fitted.messages) <= 2048 - 256
        one_more = [messages[0], *messages[fitted.left_out[-1] - 1 :]]
        assert await count(one_more) > 2048 - 256
        assert fitted.left_out_tokens == await count(messages) - fitted.prompt_tokens
        assert estimate_chat_tokens(messages) >= await count(messages)


def test_estimate_of_nothing_and_of_halves_of_characters() -> None:
    assert estimate_tokens("") == 1
    assert estimate_tokens("\ud83d") > 1

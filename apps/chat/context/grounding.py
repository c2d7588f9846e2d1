"""Ground replies in the guide: choose the passages, and write the system prompt about them."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.guide.models import Passage
from apps.guide.search.find import best_passages, significant_words
from apps.guide.search.quote import as_markdown, find_answer
from apps.inference.context import estimate_tokens

MOST = 6
CHARACTERS = 4_000
PASSAGES_TOKENS = 1_200  # of that many characters
LONGEST = 1_000
# A question with so few telling words, such as “And at 34B?”, is read together with the question before it.
LEANING = 1

NOTHING_FOUND = (
    "The guide does not say. None of its passages matches this question. Try other words, "
    "or ask in an ordinary conversation, where the model answers from what it has learnt."
)
INSTRUCTIONS = """\
Answer the question about Code Llama from the numbered passages below, and from nothing else. \
After each statement, cite the passage that it rests on by its number in brackets, such as [1]. \
Where the passages do not answer the question, say: "The guide does not say." \
Write one to three short sentences, without an introduction.

Passages:
"""


@dataclass(frozen=True, slots=True)
class Grounds:
    """The passages for a question. Without any, the guide does not say.

    ``is_answer``: the first passage answers the question by itself, and is quoted.
    """

    passages: Sequence[Passage]
    is_answer: bool = False

    @property
    def answer(self) -> str:
        """Return the reply if it needs no model, or ""."""
        if not self.passages:
            return NOTHING_FOUND
        return f"{as_markdown(self.passages[0])} [1]" if self.is_answer else ""

    @property
    def listed(self) -> list[dict[str, str]]:
        """Return the passages for a message to store: the index changes, a reply's numbers do not.

        A quotation rests on one passage.
        """
        passages = self.passages[:1] if self.is_answer else self.passages
        return [
            {"title": passage.title, "within": passage.within, "url": passage.url, "kind": passage.get_kind_display()}
            for passage in passages
        ]

    @property
    def system_prompt(self) -> str:
        texts = [
            f"[{number}] {passage.title}\n{_shortened(passage)}" for number, passage in enumerate(self.passages, 1)
        ]
        return INSTRUCTIONS + "\n\n".join(texts)


def find_grounds(question: str, *, before: str = "", most_tokens: int | None = None) -> Grounds:
    """Find what the guide says on a question. A question with one telling word is read with the question ``before`` it.

    Passages beyond ``most_tokens``, by estimate, are left out, but never the best passage.
    """
    leans = bool(before) and len(significant_words(question)) <= LEANING
    found = best_passages(f"{question} {before}" if leans else question, most=MOST)
    kept: list[Passage] = []
    room, tokens = CHARACTERS, most_tokens
    for passage in found:
        text = _shortened(passage)
        room -= len(text) + len(passage.title)
        tokens = None if tokens is None else tokens - estimate_tokens(f"{passage.title} {text}")
        if kept and (room < 0 or (tokens is not None and tokens < 0)):
            break
        kept.append(passage)
    if (answer := find_answer(question, kept)) is None:
        return Grounds(kept)
    return Grounds([answer, *(passage for passage in kept if passage is not answer)], is_answer=True)


def _shortened(passage: Passage) -> str:
    return passage.body if len(passage.body) <= LONGEST else passage.body[:LONGEST].rsplit(" ", 1)[0] + " …"

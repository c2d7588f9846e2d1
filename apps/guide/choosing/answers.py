"""The questions and people's answers. Values that cannot be used are left out with a notice."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.guide.choosing.languages import ANOTHER, PYTHON, SEVERAL, read_language
from apps.guide.hardware.catalogue import Cards, Catalogue

LONGEST_ECHO = 40
MOST_TOKENS = 10_000_000
TOKENS = re.compile(r"^(?P<number>\d{1,8})(?P<thousands>k?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a question; ``hint`` tells it from the other options."""

    value: str
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A question; its first option is the default.

    An ``is_long`` question has more options than anybody wants to see at once; an ``is_open`` question takes free text.
    """

    name: str
    label: str
    options: Sequence[Option]
    hint: str = ""
    is_long: bool = False
    is_open: bool = False

    @property
    def default(self) -> str:
        return self.options[0].value

    @property
    def values(self) -> list[str]:
        return [option.value for option in self.options]

    def applies(self, answers: "Answers") -> bool:
        """Return whether the question still matters, given these answers."""
        if self.name == "task":
            return True
        if answers.task == "maths":
            return False
        return self.name != "after" or answers.task != "chat" or answers.after != self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """A person's needs: ``context`` in tokens, ``cards`` only if the GPU is decided."""

    task: str = "complete"
    language: str = "mixed"
    after: str = "no"
    context: int = 4096
    cards: Cards | None = None
    matters: str = "quality"

    @property
    def languages(self) -> set[str]:
        """The languages that the rules see: all but Python count as ``mixed`` too."""
        return {self.language} if self.language == PYTHON else {self.language, SEVERAL}

    @property
    def gpu(self) -> str:
        """The cards as an address spells them; empty where they are not decided."""
        return self.cards.answer if self.cards else ""

    def value(self, question: str) -> str:
        """Return the answer as a form or a URL spells it."""
        return str(getattr(self, question))


QUESTIONS = (
    Question(
        "task",
        "What should it do?",
        (
            Option("complete", "Complete code as you type", "In an editor."),
            Option("generate", "Write whole functions", "From a signature, a docstring or a comment."),
            Option("chat", "Chat", "Explain, review, debug, follow instructions."),
            Option("both", "Chat and complete", "One model for both."),
            Option("finetune", "Serve as a base for fine-tuning", "Further training on your own code."),
            Option("maths", "Solve maths problems", "Word problems, proofs, calculation."),
        ),
    ),
    Question(
        "language",
        "In which language?",
        (
            Option(SEVERAL, "Several"),
            Option(PYTHON, "Python only"),
            Option("cpp", "C++"),
            Option("java", "Java"),
            Option("php", "PHP"),
            Option("typescript", "TypeScript or JavaScript"),
            Option("csharp", "C#"),
            Option("bash", "Bash"),
            Option(ANOTHER, "Another"),
        ),
        is_long=True,
    ),
    Question(
        "after",
        "Is there text after the cursor?",
        (
            Option("no", "No, it continues the text"),
            Option("yes", "Yes, it fills a gap", "Infilling, also called fill-in-the-middle."),
        ),
    ),
    Question(
        "context",
        "How much must it read at once?",
        (
            Option("4096", "Up to 4,096 tokens", "A file or two of ordinary length."),
            Option("16384", "Up to 16,384 tokens", "Several files."),
            Option("32768", "Up to 32,768 tokens"),
            Option("100000", "Up to 100,000 tokens"),
            Option("100001", "More than 100,000 tokens"),
        ),
        hint="Prompt and answer together.",
        is_long=True,
    ),
    Question(
        "gpu",
        "On which GPU or machine?",
        (Option("", "Not decided"),),
        hint="“RTX 3090”, “2x A100 80GB”, “M2 Max 64 GB”, “24 GB” … Leave it empty if it is not decided.",
        is_open=True,
    ),
    Question(
        "matters",
        "What matters most?",
        (
            Option("quality", "Best answers"),
            Option("speed", "Lowest latency"),
            Option("many", "Many requests at once"),
        ),
    ),
)


def read_answers(given: Mapping[str, str], known: Catalogue) -> tuple[Answers, list[str]]:
    """Return the answers in ``given``, and a sentence about each value that was left out or is doubtful."""
    taken: dict[str, str | int | Cards] = {}
    notices: list[str] = []
    for question in QUESTIONS:
        raw = given.get(question.name, "").strip()
        if not raw:
            continue
        if question.is_open:
            meant = known.find(raw)
            notices += [meant.doubt] if meant.doubt else []
            if meant.cards:
                taken["cards"] = meant.cards
            continue
        value = _read(question, raw)
        if value is None:
            notices.append(f"“{_echo(raw)}” is no answer to “{question.label}” and was left out.")
        else:
            taken[question.name] = value
    unknown = [name for name in given if name not in {question.name for question in QUESTIONS}]
    notices += [f"There is no question “{_echo(name)}”; it was left out." for name in unknown]
    return Answers(**taken), notices  # type: ignore[arg-type]


def _read(question: Question, raw: str) -> str | int | None:
    if question.name == "context":
        return _read_tokens(raw)
    if question.name == "language":
        return read_language(raw)
    value = raw.lower()
    return value if value in question.values else None


def _read_tokens(raw: str) -> int | None:
    found = TOKENS.match(raw.replace(",", "").replace(" ", ""))
    if not found or not found["number"].isascii():
        return None
    tokens = int(found["number"]) * (1000 if found["thousands"] else 1)
    return tokens if 1 <= tokens <= MOST_TOKENS else None


def _echo(raw: str) -> str:
    """Return the person's text, cut to the length of a notice and without control characters."""
    plain = "".join(character if character.isprintable() else "�" for character in raw)
    return plain if len(plain) <= LONGEST_ECHO else plain[: LONGEST_ECHO - 1] + "…"

"""Measure the rendering of a streaming reply: microseconds a token, and their growth with the reply.

    uv run python -m benchmarks.markdown [KIND ...]

Tokens of four characters are fed one by one, as a fast reader gets them, which is the worst case: a slower one gets
several at once. The exponent is of the whole reply's time over its length: 1 is linear, 2 quadratic. "whole" is one
rendering at the end, as a reload does it.
"""

import math
import sys
import time
from collections.abc import Callable

from apps.chat.markdown.renderer import render_markdown
from apps.chat.markdown.streaming import ReplyRenderer

TOKEN = 4  # characters
SMALLEST, LARGEST = 1_000, 32_000  # tokens

PROSE = """\
Use the **`csv`** module: it splits each line at its commas, also where a value is *quoted*, which `str.split` does not.

1. Open the file with `newline=""`.
2. Read it with `csv.DictReader`, which takes the names from the first line.
   - A missing value is `None`.

```python
def values(path: Path, column: str) -> Iterator[float]:
    with path.open(newline="") as file:
        yield from (float(row[column]) for row in csv.DictReader(file))
```

| way | time |
|:----|-----:|
| `csv.reader` | 0.9 s |

"""
SENTENCE = "Some *words* of a paragraph that goes on, with `code` and [a link](https://docs.example/) in it, "
ITEM = "1. **Check it** with `code` in it\n"
PARAGRAPH = "\n   And a paragraph of it.\n\n"
ROW = "| `name_of_it` | **12.5** | some words about it | 2026-11-28 |\n"
LINE = "    total += sum(float(value) for value in row.values() if value)  # of one row\n"


def nested_list(length: int) -> str:
    items = [f"{'  ' * (number % 20)}- item {number} with `code`\n" for number in range(length // 40 + 1)]
    return "".join(items)


KINDS: dict[str, Callable[[int], str]] = {
    "prose": lambda length: PROSE * (length // len(PROSE) + 1),
    "one paragraph": lambda length: (SENTENCE + "\n") * (length // len(SENTENCE) + 1),
    "one line": lambda length: SENTENCE * (length // len(SENTENCE) + 1),
    "one word": lambda length: "x" * length,
    "one list": lambda length: ITEM * (length // len(ITEM) + 1),
    "list of paragraphs": lambda length: (ITEM + PARAGRAPH) * (length // len(ITEM + PARAGRAPH) + 1),
    "list nested 20 deep": nested_list,
    "one table": lambda length: "| a | b | c | d |\n|---|--:|---|---|\n" + ROW * (length // len(ROW) + 1),
    "one code block": lambda length: "```python\n" + LINE * (length // len(LINE) + 1),
    "quotes with fences": lambda length: "> said\n> ```js\n> f()\n> ```\n" * (length // 28 + 1),
    "stars": lambda length: "*a **b " * (length // 7 + 1),
    "brackets": lambda length: "[a](" * (length // 4 + 1),
    "backticks": lambda length: "`a``b" * (length // 5 + 1),
}


def streamed(text: str) -> float:
    """Return the CPU seconds of streaming the text, token by token."""
    started = time.process_time()
    renderer = ReplyRenderer("tail")
    for start in range(0, len(text), TOKEN):
        renderer.feed(text[start : start + TOKEN])
    renderer.finish()
    return time.process_time() - started


def whole(text: str) -> float:
    started = time.process_time()
    render_markdown(text)
    return time.process_time() - started


def report(kind: str) -> None:
    figures = []
    for measure in (streamed, whole):
        short, long = (KINDS[kind](count * TOKEN)[: count * TOKEN] for count in (SMALLEST, LARGEST))
        taken = {SMALLEST: min(measure(short) for _ in range(3)), LARGEST: measure(long)}
        exponent = math.log(taken[LARGEST] / taken[SMALLEST]) / math.log(LARGEST / SMALLEST)
        microseconds = [1e6 * seconds / count for count, seconds in taken.items()]
        figures.append(f"{microseconds[0]:6.1f} {microseconds[1]:8.1f}  {exponent:4.2f}")
    print(f"{kind:22} {figures[0]}      {figures[1]}", flush=True)


def main(kinds: list[str]) -> None:
    render_markdown(PROSE)  # warms up
    print(f"{'microseconds a token':22} streamed: {SMALLEST:,} {LARGEST:,} exponent   whole: the same")
    for kind in kinds or KINDS:
        report(kind)


if __name__ == "__main__":
    main(sys.argv[1:])

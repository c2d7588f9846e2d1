"""A recorded example per page, shown while no model can do the task, and texts to start with."""

from dataclasses import dataclass

from apps.playground.models import Kind


@dataclass(frozen=True, slots=True)
class Example:
    """A text with a gap; ``middle`` is the model's text in the published example that ``source`` names."""

    before: str
    middle: str
    after: str
    source: str = ""


EXAMPLES: dict[str, Example] = {
    Kind.FILL: Example(
        before='def remove_non_ascii(s: str) -> str:\n    """ ',
        middle=(
            "Remove non-ASCII characters from a string.\n\n    Args:\n        s: The string to remove non-ASCII "
            'characters from.\n\n    Returns:\n        The string with non-ASCII characters removed.\n    """\n'
            '    result = ""\n    for c in s:\n        if ord(c) < 128:\n            result += c'
        ),
        after="\n    return result\n",
        source="the Transformers documentation of Code Llama (7B)",
    ),
    Kind.COMPLETE: Example(before="def fibonacci(n: int) -> int:\n    ", middle="", after=""),
    Kind.SIDE_BY_SIDE: Example(
        before="Write a Python function that returns the first n prime numbers.", middle="", after=""
    ),
}

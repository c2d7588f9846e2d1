"""docs/inference.md can be followed to the letter."""

import asyncio
import sys
from pathlib import Path

import pytest

from apps.inference import errors
from apps.inference.errors import InferenceError

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "inference.md").read_text()
SCRIPT = PAGE.split("```python\n")[1].split("```")[0]


async def run_script(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SCRIPT, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return output.decode()


async def test_script_streams_a_reply(counting_server: str) -> None:
    assert await run_script(counting_server, "count to 5") == (
        "1 2 3 4 5\nstop, Usage(prompt_tokens=10, completion_tokens=5)\n"
    )


async def test_script_says_what_went_wrong(counting_server: str) -> None:
    assert await run_script(counting_server, "overloaded") == (
        "\nThe model server is busy. Retry: True. For the log: 429: Model is overloaded\n"
    )


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, InferenceError)]
)
def test_every_error_has_its_row(kind: type[InferenceError]) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind.__name__}`")]
    verdict = row.rstrip(" |").rpartition("| ")[2]
    assert verdict == ("–" if kind is InferenceError else "yes" if kind.may_retry else "no")

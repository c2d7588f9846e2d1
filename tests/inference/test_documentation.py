"""docs/inference.md can be followed to the letter."""

import asyncio
import sys
from pathlib import Path

import pytest

from apps.inference import errors
from apps.inference.errors import InferenceError
from apps.inference.protocols import PROTOCOLS

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "inference.md").read_text()
STREAM, DISCOVERY = (part.split("```")[0] for part in PAGE.split("```python\n")[1:3])


async def run_script(script: str, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return output.decode()


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_script_streams_a_reply(counting_server: str, protocol: str) -> None:
    assert await run_script(STREAM, counting_server, protocol, "count to 5") == (
        "1 2 3 4 5\nstop, Usage(prompt_tokens=10, completion_tokens=5)\n"
    )


async def test_script_says_what_went_wrong(counting_server: str) -> None:
    assert await run_script(STREAM, counting_server, "openai", "overloaded") == (
        "\nThe model server is busy. Retry: True. For the log: 429: Model is overloaded\n"
    )


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_script_finds_out_what_a_server_is(counting_server: str, protocol: str) -> None:
    told = (await run_script(DISCOVERY, counting_server, protocol)).splitlines()
    assert told[0].startswith("{'kind': 'tgi', 'version': '3.3.6', 'model_ids': ['counting'], 'context_window': 4096,")
    assert told[1] == "[1, 2, 3]"
    assert int(told[2]) > 2


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, InferenceError)]
)
def test_every_error_has_its_row(kind: type[InferenceError]) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind.__name__}`")]
    verdict = row.rstrip(" |").rpartition("| ")[2]
    assert verdict == ("–" if kind is InferenceError else "yes" if kind.may_retry else "no")

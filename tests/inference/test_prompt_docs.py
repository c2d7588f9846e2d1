"""The examples of the documentation run as they stand."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path("docs/inference.md")
SECTIONS = ("Model catalogue", "Prompts", "Context budget")


def example_of(section: str) -> str:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"{PAGE} has no section {section}"
    [example] = re.findall(r"```python\n(.*?)```", found[1], re.DOTALL)
    return str(example)


@pytest.mark.parametrize("section", SECTIONS)
def test_example_runs_as_it_stands(section: str) -> None:
    example = example_of(section)
    assert "assert" in example
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr

"""docs/security.md names tests that exist, one at least for every defence."""

import ast
import re

import pytest

from tests.project.containers import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)))
DEFENCES = re.findall(r"^\| threat \| defence \| test \|\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.MULTILINE)


def test_there_are_defences_to_check() -> None:
    assert len(DEFENCES) >= 6
    assert len(NAMED) > 40


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_named_test_exists(file: str, name: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert any(function.startswith("test_") for function in functions)
    assert not name or name in functions


@pytest.mark.parametrize("row", [row for table in DEFENCES for row in table.splitlines()])
def test_every_defence_has_a_test(row: str) -> None:
    assert re.search(r"`tests/[\w/]+\.py", row.rsplit(" | ", 1)[1])

"""One word for one thing: class names are unique within an app."""

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.project.containers import ROOT

APPS = sorted(path.parent for path in (ROOT / "apps").glob("*/__init__.py"))
# Django finds these classes by their names.
NAMED_BY_DJANGO = {"Command", "Meta", "Media", "Migration"}


def class_names(app: Path) -> Counter[str]:
    trees = [ast.parse(path.read_text()) for path in app.rglob("*.py")]
    return Counter(node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


@pytest.mark.parametrize("app", APPS, ids=[app.name for app in APPS])
def test_class_names_are_unique_within_an_app(app: Path) -> None:
    assert {name for name, count in class_names(app).items() if count > 1} <= NAMED_BY_DJANGO


def test_there_are_classes_to_check() -> None:
    assert class_names(ROOT / "apps" / "chat").total() > 50

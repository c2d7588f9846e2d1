"""The table of what a client has to withstand names tests that exist, and leaves no point out."""

import re
from pathlib import Path

HERE = Path(__file__).parent
TABLE = [line.split(" | ") for line in (HERE / "README.md").read_text().splitlines() if re.match(r"\| \d", line)]
SOURCES = [file.read_text() for folder in (HERE, HERE.parent / "inference") for file in folder.glob("test_*.py")]


def test_no_point_is_left_out() -> None:
    assert [int(row[0].removeprefix("| ")) for row in TABLE] == list(range(1, 31))


def test_every_named_test_exists() -> None:
    defined = {name for source in SOURCES for name in re.findall(r"def (test_\w+)", source)}
    assert len(defined) > 50
    for point, _, tests in TABLE:
        named = re.findall(r"`(test_\w+)`", tests)
        assert named, point
        assert set(named) <= defined, point

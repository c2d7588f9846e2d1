"""The text of a TOML content file, changed block by block: comments, order and layout of everything else stay."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import tomlkit
from tomlkit.items import Float, InlineTable, Integer, Table


class Blocks:
    """The lines of a file of ``[[table]]`` blocks. Changes are collected and made by ``text()``."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._changed: dict[tuple[str, int], str] = {}
        self._added: dict[tuple[str, int], list[str]] = {}

    def change(self, table: str, index: int, values: Mapping[str, Any]) -> None:
        """Replace the values of the block ``index`` (from 0) of a table."""
        begin, end = self._place(table, index)
        document = tomlkit.parse("\n".join(self._lines[begin:end]) + "\n")
        block = document[table][0]
        for name in [name for name in block.unwrap() if name not in values]:
            del block[name]
        for name, value in values.items():
            _put(block, name, value)
        self._changed[table, index] = tomlkit.dumps(document).rstrip("\n")

    def add(self, table: str, after: int, values: Mapping[str, Any]) -> None:
        """Add a block after the block ``after`` of a table; -1 adds it at the end of the file."""
        block: Table = tomlkit.table()
        for name, value in values.items():
            block[name] = _item(value)
        blocks = tomlkit.aot()
        blocks.append(block)
        document = tomlkit.document()
        document[table] = blocks
        self._added.setdefault((table, after), []).append(tomlkit.dumps(document).strip("\n"))

    def text(self) -> str:
        """Return the file with all changes."""
        lines = list(self._lines)
        places = {key: self._place(*key) for key in {*self._changed, *self._added}}
        for key, (begin, end) in sorted(places.items(), key=lambda item: item[1], reverse=True):
            block = self._changed.get(key, "\n".join(self._lines[begin:end]))
            lines[begin:end] = "\n\n".join([block, *self._added.get(key, [])]).splitlines()
        return "\n".join(lines).strip("\n") + "\n"

    def _place(self, table: str, index: int) -> tuple[int, int]:
        """Return the first line of a block and the line after its last, without blank lines between blocks."""
        if index < 0:
            return len(self._lines), len(self._lines)
        headers = [number for number, line in enumerate(self._lines) if line.strip() == f"[[{table}]]"]
        begin = headers[index]
        end = begin + 1
        while end < len(self._lines) and not self._lines[end].startswith("[["):
            end += 1
        while not self._lines[end - 1].strip() or self._lines[end - 1].startswith("#"):
            end -= 1
        return begin, end


def _put(block: Table | InlineTable, name: str, value: Any) -> None:
    """Set a key to a different value; in an inline table, set only the keys that differ."""
    before = block.get(name)
    if isinstance(before, InlineTable) and isinstance(value, Mapping) and set(before) == set(value):
        for inner, of_inner in value.items():
            _put(before, inner, of_inner)
    elif before is None or _plain(before) != value:
        block[name] = _item(value)


def _plain(item: Any) -> Any:
    """Return a value in the spelling of the rows: numbers as exact text."""
    if isinstance(item, Float | Integer):
        return Decimal(item.as_string().replace("_", ""))
    if isinstance(item, dict):
        return {str(name): _plain(value) for name, value in item.items()}
    if isinstance(item, list):
        return [_plain(value) for value in item]
    return item.unwrap() if hasattr(item, "unwrap") else item


def _item(value: Any) -> Any:
    if isinstance(value, Decimal):
        return tomlkit.value(f"{value:f}")
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for name, inner in value.items():
            table[name] = _item(inner)
        return table
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        array = tomlkit.array()
        for inner in value:
            array.add_line(_item(inner), indent="  ")
        array.add_line(indent="")
        return array
    if isinstance(value, str) and "\n" in value:
        return tomlkit.string(value, multiline=True)
    return tomlkit.item(value)

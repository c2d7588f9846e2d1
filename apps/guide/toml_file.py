"""A TOML content file: read, validated, and able to say on which line a record stands."""

import re
import tomllib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import msgspec

from apps.guide.errors import ContentError

PATH_IN_MESSAGE = re.compile(r" - at `\$\.(?P<table>\w+)\[(?P<index>\d+)\](?:\.(?P<field>\w+))?.*$")
NAME_IN_MESSAGE = re.compile(r"unknown field `(?P<name>[^`]+)`|at `\$\.(?P<place>\w+)`")
LINE_IN_MESSAGE = re.compile(r" \(at line (?P<line>\d+), column \d+\)$")


class TomlFile:
    """One file of ``[[table]]`` records; every error is a ``ContentError`` that names the place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = read_text(path)

    def read_as[Model: msgspec.Struct](self, model: type[Model]) -> Model:
        """Return the file's records, checked against ``model``."""
        try:
            return msgspec.convert(tomllib.loads(self.text, parse_float=Decimal), type=model)
        except tomllib.TOMLDecodeError as error:
            raise self._syntax_error(str(error)) from None
        except msgspec.ValidationError as error:
            raise self._schema_error(str(error)) from None

    def error(self, table: str, index: int, reason: str, *, field: str | None = None) -> ContentError:
        """Build the error about the record ``index`` (from 0) of ``table``."""
        return ContentError(self.path, reason, line=self._line_of(table, index, field))

    def check_unique(self, table: str, field: str, values: Iterable[object]) -> None:
        """Raise at the first value that an earlier record of ``table`` has too."""
        seen: set[object] = set()
        for index, value in enumerate(values):
            if value in seen:
                raise self.error(table, index, f"{field} {value!r} is there twice", field=field)
            seen.add(value)

    def _syntax_error(self, message: str) -> ContentError:
        found = LINE_IN_MESSAGE.search(message)
        return ContentError(self.path, LINE_IN_MESSAGE.sub("", message), line=int(found["line"]) if found else None)

    def _schema_error(self, message: str) -> ContentError:
        found = PATH_IN_MESSAGE.search(message)
        if not found:
            return ContentError(self.path, message, line=self._line_outside_of_records(message))
        field = found["field"]
        reason = PATH_IN_MESSAGE.sub(f" in {field!r}" if field else "", message)
        return self.error(found["table"], int(found["index"]), reason, field=field)

    def _line_outside_of_records(self, message: str) -> int:
        """Find the line of a top-level key that is not allowed; for a missing key, return the first line."""
        named = NAME_IN_MESSAGE.search(message)
        name = re.escape(named["name"] or named["place"]) if named else ""
        begins = re.compile(rf"\[*\s*{name}\s*[\]=.]")
        return next((number for number, line in self._code() if name and begins.match(line.lstrip())), 1)

    def _code(self) -> Iterator[tuple[int, str]]:
        """Yield the numbered lines that do not begin inside of a string of several lines."""
        inside = False
        for number, line in enumerate(self.text.splitlines(), 1):
            if not inside:
                yield number, line
            inside ^= len(re.findall(r'"""|\'\'\'', line)) % 2 == 1

    def _line_of(self, table: str, index: int, field: str | None) -> int | None:
        """Find the line of a record's field, or of its header; records are ``[[table]]`` blocks in file order."""
        lines = list(self._code())
        header = re.compile(rf"\s*\[\[\s*{table}\s*\]\]")
        headers = [number for number, line in lines if header.match(line)]
        if index >= len(headers):
            return None
        for number, line in lines:
            if number > headers[index] and line.lstrip().startswith("[["):
                break
            if number > headers[index] and field and re.match(rf"\s*{field}\s*=", line):
                return number
        return headers[index]


def read_text(path: Path) -> str:
    """Return a content file's text. Raises ``ContentError`` if it is missing or not UTF-8."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(path, error.strerror or "cannot be read") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ContentError(path, f"is not UTF-8 ({error.reason} at byte {error.start})", line=line) from None
    if "\0" in text:
        raise ContentError(path, "holds a NUL character", line=text[: text.index("\0")].count("\n") + 1)
    return text

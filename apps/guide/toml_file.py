"""A TOML content file: read, validated, and able to say on which line a record stands."""

import re
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import msgspec

from apps.guide.errors import ContentError

PATH_IN_MESSAGE = re.compile(r" - at `\$\.(?P<table>\w+)\[(?P<index>\d+)\](?:\.(?P<field>\w+))?.*$")
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
            return ContentError(self.path, message)
        field = found["field"]
        reason = PATH_IN_MESSAGE.sub(f" in {field!r}" if field else "", message)
        return self.error(found["table"], int(found["index"]), reason, field=field)

    def _line_of(self, table: str, index: int, field: str | None) -> int | None:
        """Find the line of a record's field, or of its header; records are ``[[table]]`` blocks in file order."""
        lines = self.text.splitlines()
        headers = [number for number, line in enumerate(lines, 1) if line.strip() == f"[[{table}]]"]
        if index >= len(headers):
            return None
        for number, line in enumerate(lines[headers[index] :], headers[index] + 1):
            if line.startswith("[["):
                break
            if field and re.match(rf"{field}\s*=", line):
                return number
        return headers[index]


def read_text(path: Path) -> str:
    """Return a content file's text; missing or undecodable is a ``ContentError``."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ContentError(path, error.strerror or "cannot be read") from None
    except UnicodeDecodeError as error:
        raise ContentError(path, f"is not UTF-8 ({error.reason} at byte {error.start})") from None

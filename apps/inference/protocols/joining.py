"""Put characters together that a server split over two texts."""

import re

_BYTES = re.compile(r"[\udc80-\udcff]+")
_LONE = re.compile(r"[\0\ud800-\udfff]")
# The beginning of a character that the next text may complete: half of a surrogate pair, or the first bytes of UTF-8,
# which stand as U+DC80 plus their value.
_BEGINNING = re.compile(
    r"(?:[\ud800-\udbff]"
    r"|[\udcc2-\udcdf]|[\udce0-\udcef][\udc80-\udcbf]?|[\udcf0-\udcf4][\udc80-\udcbf]{0,2})\Z"
)
REPLACEMENT = "\ufffd"


class TextJoiner:
    """Takes the texts of one stream and returns storable text: U+FFFD stands for lone halves and NUL.

    Servers that escape their JSON may cut a text between two surrogates; others cut it between the bytes of a
    character. The texts come out whole once the rest has arrived.
    """

    def __init__(self) -> None:
        self._held = ""

    def join(self, text: str) -> str:
        """Return the text so far that later texts cannot change."""
        if not self._held and text.isascii() and "\0" not in text:
            return text
        # Make one character of two surrogates that now stand side by side.
        whole = (self._held + text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        beginning = _BEGINNING.search(whole)
        end = beginning.start() if beginning else len(whole)
        self._held = whole[end:]
        return _storable(whole[:end])

    def close(self) -> str:
        """Return what was held back, at the end of the stream."""
        held, self._held = self._held, ""
        return _storable(held)


def _storable(text: str) -> str:
    return _LONE.sub(REPLACEMENT, _BYTES.sub(_as_characters, text))


def _as_characters(found: re.Match[str]) -> str:
    return found[0].encode("utf-8", "surrogateescape").decode(errors="replace")

"""Reads a page as a browser does: its text, its links and anchors, its tables."""

from html.parser import HTMLParser

from selectolax.lexbor import LexborHTMLParser, LexborNode

VOID = {"meta", "link", "img", "input", "br", "hr", "use"}
TEXT = "-text"


class Element:
    """An element with what is in it."""

    def __init__(self, node: LexborNode) -> None:
        self._node = node

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Element) and self._node.mem_id == other._node.mem_id

    def __hash__(self) -> int:
        return self._node.mem_id

    @property
    def tag(self) -> str:
        return str(self._node.tag)

    @property
    def attributes(self) -> dict[str, str]:
        return {name: value or "" for name, value in self._node.attributes.items()}

    @property
    def children(self) -> list["Element | str"]:
        nodes = self._node.iter(include_text=True)
        return [(node.text_content or "") if node.tag == TEXT else Element(node) for node in nodes]

    @property
    def text(self) -> str:
        """All text inside, with runs of white space as one space."""
        return " ".join(self._node.text(separator=" ").split())

    @property
    def raw(self) -> str:
        """All text inside, as it is."""
        return self._node.text()

    def all(self, tag: str, css_class: str = "") -> list["Element"]:
        """Every element inside of that tag, and class if given, in document order."""
        found = self._node.css(f"{tag}.{css_class}" if css_class else tag)
        # Compared as such, two nodes are written out as HTML first: seconds for each page.
        return [Element(node) for node in found if node.mem_id != self._node.mem_id]


class ReadPage:
    """A parsed page; ``root`` holds the document."""

    def __init__(self, html: str) -> None:
        self._parsed = LexborHTMLParser(html)
        root = self._parsed.root
        assert root is not None
        self.root = Element(root)

    @property
    def ids(self) -> list[str]:
        return [node.attributes["id"] or "" for node in self._parsed.css("[id]")]

    @property
    def text(self) -> str:
        """The text of the main part."""
        return self.root.all("main")[0].text

    def section(self, anchor: str) -> Element:
        """The section under the heading with that anchor."""
        return Element(self._parsed.css(f'section[aria-labelledby="{anchor}"]')[0])


class Nesting(HTMLParser):
    """Fails for a page whose elements are not closed in turn, which browsers mend each in its way."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self._open: list[str] = []
        self.feed(html)
        assert not self._open, f"{self._open} are not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open, f"</{tag}> closes nothing"
            closed = self._open.pop()
            assert closed == tag, f"<{closed}> is closed by </{tag}>"

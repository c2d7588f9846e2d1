"""Reads a page as a program can: its text, its links and anchors, its tables."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "input", "br", "hr", "use"}


@dataclass
class Element:
    """An element with what is in it."""

    tag: str
    attributes: dict[str, str]
    children: list["Element | str"] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside, with runs of white space as one space."""
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return " ".join(" ".join(parts).split())

    @property
    def raw(self) -> str:
        """All text inside, as it is."""
        return "".join(child if isinstance(child, str) else child.raw for child in self.children)

    def all(self, tag: str, css_class: str = "") -> list["Element"]:
        """Every element inside of that tag, and class if given, in document order."""
        found: list[Element] = []
        for child in self.children:
            if isinstance(child, Element):
                if child.tag == tag and css_class in ["", *child.attributes.get("class", "").split()]:
                    found.append(child)
                found += child.all(tag, css_class)
        return found


class ReadPage(HTMLParser):
    """A parsed page; ``root`` holds the document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = Element("document", {})
        self._open = [self.root]
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if "id" in element.attributes:
            self.ids.append(element.attributes["id"])
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            closed = self._open.pop()
            assert closed.tag == tag, f"<{closed.tag}> is closed by </{tag}>"

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)

    @property
    def text(self) -> str:
        """The text of the main part."""
        return self.root.all("main")[0].text

    def section(self, anchor: str) -> Element:
        """The section under the heading with that anchor."""
        return next(
            section for section in self.root.all("section") if section.attributes.get("aria-labelledby") == anchor
        )

"""Read a piece of HTML: its tags, its attributes, and its visible text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

HARMLESS_ATTRIBUTES = {
    *("class", "start", "title", "rel", "tabindex", "type", "href", "disabled", "checked", "aria-label"),
    *("data-copy", "data-wrap", "data-download", "data-playground", "data-site", "data-character", "data-part"),
}
HARMLESS_TAGS = {
    *("p", "br", "hr", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("strong", "em", "s", "code", "a", "table", "thead", "tbody", "tr", "th", "td"),
    *("figure", "figcaption", "div", "pre", "span", "button", "input"),
}
BOX = {"type": "checkbox", "disabled": ""}  # of every input
HARMLESS_SCHEMES = ("http://", "https://", "mailto:")


@dataclass
class Markup(HTMLParser):
    """Parsed HTML. ``dangers`` names whatever could run, load or send something."""

    html: str
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)  # tag, name, value
    pieces: list[str] = field(default_factory=list)
    other_inputs: int = 0  # than boxes that nobody can tick

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag == "input" and not BOX.items() <= {name: value or "" for name, value in attrs}.items():
            self.other_inputs += 1

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def links(self) -> list[str]:
        return [value for _, name, value in self.attributes if name == "href"]

    @property
    def dangers(self) -> list[str]:
        tags = [f"<{tag}>" for tag in self.tags if tag not in HARMLESS_TAGS]
        attributes = [f"{tag} {name}" for tag, name, _ in self.attributes if name not in HARMLESS_ATTRIBUTES]
        links = [link for link in self.links if ":" in link and not link.lower().startswith(HARMLESS_SCHEMES)]
        return tags + attributes + links + ["<input>"] * self.other_inputs

"""A page without a browser: applies the frames of a conversation's socket as htmx does, and keeps every byte.

It knows the swaps that our frames use and refuses any other, and any target that is not on the page: what is sent to
nowhere is lost.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

type Ids = defaultdict[str, list[Element]]

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(eq=False, repr=False)
class Element:
    """A tag as it was written, and its content."""

    tag: str
    source: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    children: "list[Element | str]" = field(default_factory=list)
    ids: "Ids | None" = None  # everything by its id, at the root of a page

    def __str__(self) -> str:
        end = "" if self.tag in VOID or self.source.endswith("/>") or not self.tag else f"</{self.tag}>"
        return f"{self.source}{self.inner}{end}"

    @property
    def inner(self) -> str:
        return "".join(map(str, self.children))

    @property
    def elements(self) -> "list[Element]":
        return [child for child in self.children if isinstance(child, Element)]

    def find_all(self, name: str, value: str | None = None) -> "list[Element]":
        """Yield this element and those inside with the attribute, in order."""
        return [each for each in self.walk() if name in each.attributes and value in {None, each.attributes[name]}]

    def walk(self) -> "Iterator[Element]":
        """Yield this element and all elements inside, in order."""
        ahead = [self]
        while ahead:
            yield (element := ahead.pop())
            ahead += reversed(element.elements)

    def find(self, name: str, value: str | None = None) -> "Element":
        found = self.find_all(name, value)
        assert len(found) == 1, f"{len(found)} elements with {name}={value}"
        return found[0]

    def insert(self, index: int, nodes: "list[Element | str]") -> None:
        self.children[index:index] = nodes
        ids = self._root.ids
        for node in nodes:
            if isinstance(node, Element):
                node.parent = self
                if ids is not None:
                    node.enter(ids)

    def clear(self) -> None:
        """Remove all content."""
        if (ids := self._root.ids) is not None:
            for child in self.elements:
                child.leave(ids)
        self.children.clear()

    def replace_with(self, nodes: "list[Element | str]") -> None:
        assert self.parent is not None
        if (ids := self._root.ids) is not None:
            self.leave(ids)
        index = self.parent.children.index(self)
        del self.parent.children[index]
        self.parent.insert(index, nodes)

    @property
    def _root(self) -> "Element":
        root = self
        while root.parent is not None:
            root = root.parent
        return root

    def enter(self, ids: "Ids") -> None:
        for element in self.walk():
            if "id" in element.attributes:
                ids[element.attributes["id"]].append(element)

    def leave(self, ids: "Ids") -> None:
        for element in self.walk():
            if "id" in element.attributes:
                ids[element.attributes["id"]].remove(element)


class _Builder(HTMLParser):
    """Builds the tree; entities and white space stay as they are written."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.root = self.inside = Element("", "", {})
        self.feed(html)
        self.close()
        assert self.inside is self.root, f"<{self.inside.tag}> is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, self.get_starttag_text() or "", {name: value or "" for name, value in attrs})
        self.inside.insert(len(self.inside.children), [element])
        if tag not in VOID and not element.source.endswith("/>"):
            self.inside = element

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID or ((self.get_starttag_text() or "").endswith("/>") and self.inside.tag != tag):
            return
        assert self.inside.tag == tag, f"</{tag}> closes <{self.inside.tag}>"
        assert self.inside.parent is not None
        self.inside = self.inside.parent

    def handle_data(self, data: str) -> None:
        self.inside.children.append(data)

    def handle_entityref(self, name: str) -> None:
        self.inside.children.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.inside.children.append(f"&#{name};")


def parse(html: str) -> Element:
    return _Builder(html).root


class ShownPage:
    """The content of a tab: a page as it was loaded, and every frame since."""

    def __init__(self, html: str) -> None:
        self.root = parse(html)
        self.root.ids = defaultdict(list)
        self.root.enter(self.root.ids)
        self.title = next((element.inner for element in self.root.walk() if element.tag == "title"), "")

    def by_id(self, name: str) -> Element:
        """The one element of that id."""
        found = self.all_by_id(name)
        assert len(found) == 1, f"{len(found)} elements with id={name}"
        return found[0]

    def all_by_id(self, name: str) -> list[Element]:
        assert self.root.ids is not None
        return self.root.ids[name]

    @property
    def messages(self) -> list[Element]:
        """Return the messages, without the gaps between them."""
        shown = self.by_id("transcript").elements
        return [element for element in shown if element.tag == "article"]

    @property
    def states(self) -> list[str]:
        return [message.attributes["data-state"] for message in self.messages]

    def body(self, index: int = -1) -> str:
        """The HTML of a message's text; the last one's by default."""
        parts = self.messages[index].find_all("class")
        return next(part for part in parts if "message__body" in part.attributes["class"].split()).inner

    def apply(self, frame: str) -> None:
        for element in parse(frame).elements:
            if element.tag == "title":
                self.title = element.inner
                continue
            target = self._target(element.attributes["hx-target"])
            match element.tag, element.attributes.get("hx-swap", ""):
                case "hx-upsert", "":
                    for new in element.elements:
                        self._upsert(target, new, element.attributes["key"])
                case "hx-partial", swap:
                    _swap(target, swap, element.children)
                case tag, _:
                    raise AssertionError(f"a frame holds <{tag}>")

    def _target(self, selector: str) -> Element:
        """Find ``#id``, or in it the one element of ``.class`` or ``[name='value']``."""
        name, _, below = selector.removeprefix("#").partition(" ")
        if not below:
            return self.by_id(name)
        if below.startswith("."):
            return self.by_id(name).find("class", below.removeprefix("."))
        attribute, _, value = below.strip("[]").partition("=")
        return self.by_id(name).find(attribute, value.strip("'"))

    def _upsert(self, target: Element, new: Element, key: str) -> None:
        if existing := self.all_by_id(new.attributes["id"]):
            existing[0].replace_with([new])
            return
        later = [child for child in target.elements if int(child.attributes[key]) > int(new.attributes[key])]
        index = target.children.index(later[0]) if later else len(target.children)
        target.insert(index, [new])


def _swap(target: Element, swap: str, content: "list[Element | str]") -> None:
    match swap.removesuffix(" settle:0"):
        case "beforebegin":
            assert target.parent is not None
            target.parent.insert(target.parent.children.index(target), content)
        case "beforeend":
            target.insert(len(target.children), content)
        case "innerHTML" | "textContent":
            target.clear()
            target.insert(0, content)
        case "outerHTML":
            target.replace_with(content)
        case "delete":
            target.replace_with([])
        case "outerMorph":
            _morph(target, content)
        case _:
            raise AssertionError(f"no swap named {swap!r}")


def _morph(target: Element, content: "list[Element | str]") -> None:
    """Morph as htmx does: everything becomes as in ``content``, except that marked elements keep their children."""
    (new,) = (node for node in content if isinstance(node, Element))
    for kept, place in zip(
        target.find_all("hx-morph-skip-children"), new.find_all("hx-morph-skip-children"), strict=True
    ):
        place.children.clear()
        place.insert(0, kept.children)
    target.replace_with([new])

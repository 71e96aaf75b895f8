"""XML as cameras answer it, read within bounds: no document types, no entities, neither deep nor endless."""

from collections.abc import Iterator
from typing import Final
from xml.parsers import expat

from wire.shape import Struct

MAX_TEXT_CHARS: Final = 4096
"""Of one element or attribute; the rest is cut off."""


class Limits(Struct, frozen=True):
    """The most a document may have; beyond it it is refused."""

    size_bytes: int
    elements: int
    depth: int


ANSWER: Final = Limits(2_000_000, 50_000, 40)
"""Of a service: the profiles of a recorder with 64 channels are below 1 MB."""


class XmlError(ValueError):
    """Not the XML of a camera; the text shows nothing of it."""


class Element:
    """An element: its name and its attributes' names without namespaces, its text, its children."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""
        self.children: list[Element] = []

    def all(self, name: str) -> "Iterator[Element]":
        """Every element of that name below this one, in the order of the document."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.all(name)

    def first(self, *path: str) -> "Element | None":
        """The first element that is reached by these names, each anywhere below the one before."""
        found: Element | None = self
        for name in path:
            found = next(found.all(name), None) if found is not None else None
        return found

    def words(self, *path: str) -> str:
        """The text of `first`, without blanks around it; "" when there is none."""
        found = self.first(*path)
        return found.text.strip() if found is not None else ""


def read_xml(content: bytes, limits: Limits = ANSWER) -> Element:
    """The root element. XmlError for anything else."""
    if len(content) > limits.size_bytes:
        raise XmlError(f"more than {limits.size_bytes} bytes")
    reader = _Reader(limits)
    try:
        reader.parser.Parse(content, True)
    except XmlError:
        raise
    except (expat.ExpatError, ValueError, LookupError):  # the latter two for encodings nobody has
        raise XmlError("not well-formed") from None
    if reader.root is None:
        raise XmlError("empty")
    return reader.root


class _Reader:
    """Builds elements as expat meets them, and stops it where a camera's answer would."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > self._limits.elements or len(self._open) >= self._limits.depth:
            raise XmlError("too many elements")
        made = Element(_bare(name), {_bare(key): value[:MAX_TEXT_CHARS] for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(made)
        else:
            self.root = made
        self._open.append(made)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        here = self._open[-1]
        if len(here.text) < MAX_TEXT_CHARS:
            here.text = (here.text + text)[:MAX_TEXT_CHARS]

    def _refuse(self, *about: object) -> None:
        raise XmlError("a document type")


def _bare(name: str) -> str:
    return name.rpartition(" ")[2]

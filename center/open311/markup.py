"""One answer in both of the standard's formats. Pure.

JSON follows from XML by the "Spark convention" (https://wiki.open311.org/JSON_and_XML_Conversion): an element that only
holds elements of one kind is an array. So answers are made of dicts, lists and plain values, and a list's name says
what its elements are called.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree import ElementTree

Value = str | int | float | bool | None
Node = Value | Sequence["Node"] | Mapping[str, "Node"]

JSON, XML = "json", "xml"
FORMATS: Final = (JSON, XML)
CONTENT_TYPES: Final = {JSON: "application/json; charset=utf-8", XML: "text/xml; charset=utf-8"}
ELEMENTS: Final = {
    "services": "service", "attributes": "attribute", "values": "value", "service_requests": "request",
    "errors": "error", "endpoints": "endpoint", "formats": "format",
}  # fmt: skip
"""What the elements of a list are called."""
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters XML 1.0 cannot hold, not even escaped (its section 2.2)."""
_HEAD: Final = b'<?xml version="1.0" encoding="utf-8"?>\n'


def write(root: str, content: Node, form: str) -> bytes:
    """The answer as it is sent; `root` names the outermost element, which JSON leaves out."""
    return write_json(content) if form == JSON else write_xml(root, content)


def write_json(content: Node) -> bytes:
    """RFC 8259, in ASCII: half a character (a lone surrogate) stays readable too."""
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def write_xml(root: str, content: Node) -> bytes:
    """XML 1.0 in UTF-8. What XML cannot hold becomes U+FFFD; line ends become line feeds, as any reader makes them."""
    element = ElementTree.Element(root)
    _fill(element, content)
    written: str = ElementTree.tostring(element, encoding="unicode")
    return _HEAD + written.encode()


def plain(text: str) -> str:
    """A text as XML gives it back."""
    return _NO_XML.sub("\ufffd", text).replace("\r\n", "\n").replace("\r", "\n")


def _fill(element: ElementTree.Element, content: Node) -> None:
    if content is None:
        return
    if isinstance(content, Mapping):
        for name, value in content.items():
            _fill(ElementTree.SubElement(element, name), value)
    elif isinstance(content, str):
        element.text = plain(content)
    elif isinstance(content, Sequence):
        for one in content:
            _fill(ElementTree.SubElement(element, ELEMENTS[element.tag]), one)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    else:
        element.text = str(content)

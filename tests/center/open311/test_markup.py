"""Both formats say the same: what is written as XML is, by the standard's convention, the JSON."""

import json
from typing import Any
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from center.open311.markup import ELEMENTS, plain, write, write_json, write_xml

LISTS = {element: name for name, element in ELEMENTS.items()}


def spark(element: ElementTree.Element) -> Any:
    """JSON of an element by the Spark convention; a plain value is its text, an empty element null."""
    children = list(element)
    if element.tag in ELEMENTS:
        assert all(child.tag == ELEMENTS[element.tag] for child in children)
        return [spark(child) for child in children]
    if children:
        return {child.tag: spark(child) for child in children}
    return element.text or None


def as_texts(value: Any) -> Any:
    """The same values as XML has them: texts, and null for what is empty."""
    if isinstance(value, dict):
        return {name: [] if value[name] is None and name in ELEMENTS else as_texts(value[name]) for name in value}
    if isinstance(value, list):
        return [as_texts(one) for one in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None or value == "" else plain(str(value))


VALUES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ROWS = st.dictionaries(st.sampled_from(["code", "status", "lat", "name", "description"]), VALUES, min_size=1)
NESTED = st.fixed_dictionaries({"order": VALUES, "values": st.lists(ROWS, max_size=3)})


@given(st.lists(ROWS | NESTED, max_size=4))
def test_xml_is_well_formed_and_says_what_json_says(rows: list[dict[str, Any]]) -> None:
    read = json.loads(write_json(rows))
    assert read == rows
    assert spark(ElementTree.fromstring(write_xml("service_requests", rows))) == as_texts(read)


@given(st.text())
def test_no_text_breaks_out_of_its_element(text: str) -> None:
    written = write_xml("errors", [{"code": 400, "description": text}])
    assert written.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<errors>')
    (error,) = ElementTree.fromstring(written)
    assert [one.tag for one in error] == ["code", "description"]
    assert (error[1].text or "") == plain(text)


def test_hostile_texts_are_texts() -> None:
    text = "</description><script>alert(1)</script>]]>&amp;\x0b\x00\ufffe\ud800 \U0001f600"
    (error,) = ElementTree.fromstring(write("errors", [{"description": text}], "xml"))
    assert error[0].text == "</description><script>alert(1)</script>]]>&amp;\ufffd\ufffd\ufffd\ufffd \U0001f600"
    assert json.loads(write("errors", [{"description": text}], "json")) == [{"description": text}]

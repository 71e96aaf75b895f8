"""Forms are read strictly, and nothing that is sent breaks the reading."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.open311.form import MOST_FIELDS, FormError, read_form


def test_fields_attributes_and_lists_come_as_they_were_sent() -> None:
    form = read_form(b"service_code=001&attribute[A]=1&attribute%5BB%5D%5B%5D=2&attribute[B][]=3&description=a%0Ab+c")
    assert form.text("service_code", 9) == "001"
    assert form.attribute("A", 9) == "1"
    assert form.attributes["B"] == ["2", "3"]
    assert form.text("description", 99, lines=True) == "a\nb c"
    assert form.choices("service_code", 5) == ("001",)
    assert read_form("status=open,closed&status=open,%20").choices("status", 2) == ("open", "closed")
    assert form.problems == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("name=a&name=b", "name: send it once."),
        ("name=" + "a" * 21, "name: at most 20 characters."),
        ("name=a%00b", "name: control characters are not accepted."),
        ("name=a%1Bb", "name: control characters are not accepted."),
        ("name=a%0Ab", "name: control characters are not accepted."),
        ("name=a%E2%80%A8b", "name: control characters are not accepted."),
    ],
)
def test_a_bad_field_is_named_and_never_repeated(body: str, problem: str) -> None:
    form = read_form(body)
    assert form.text("name", 20) == ""
    assert form.problems == [problem]


def test_an_empty_field_is_one_that_was_not_sent() -> None:
    form = read_form("name=&name=+&name=Sari")
    assert form.text("name", 20) == "Sari" and form.text("other", 20) == "" and form.problems == []


@pytest.mark.parametrize("body", [b"a=%FF", b"a=%ED%A0%80", b"\xff=1", b"&".join([b"a=1"] * (MOST_FIELDS + 1))])
def test_what_is_not_utf8_or_too_much_is_refused_whole(body: bytes) -> None:
    with pytest.raises(FormError):
        read_form(body)


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=20))
def test_what_is_encoded_is_read_again(fields: dict[str, str]) -> None:
    try:
        body = urlencode(fields).encode()
    except UnicodeEncodeError:
        return  # half a character cannot be sent
    form = read_form(body)
    sent = {name: [value] for name, value in fields.items()}
    assert {**form.fields, **{f"attribute[{code}]": values for code, values in form.attributes.items()}} == sent


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(body: bytes) -> None:
    try:
        form = read_form(body)
    except FormError:
        return
    for name in form.fields:
        value = form.text(name, 50, lines=True)
        assert "\0" not in value and len(value) <= 50

"""The reader of forms: what browsers send is read exactly, and no bytes break it."""

import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.web.forms import MAX_FIELDS, MAX_FORM_BYTES, FormError, read_form

NAMES = st.from_regex(r"[a-z_]{1,32}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)


@given(st.dictionaries(NAMES, TEXTS, max_size=MAX_FIELDS))
def test_what_a_browser_sends_is_read_exactly(fields: dict[str, str]) -> None:
    assert read_form(urllib.parse.urlencode(fields).encode()) == fields


@given(st.binary(max_size=400))
def test_any_bytes_give_fields_or_a_clear_refusal(body: bytes) -> None:
    try:
        fields = read_form(body)
    except FormError as error:
        assert error.status in (400, 413)
    else:
        assert all(isinstance(value, str) for value in fields.values())


@given(st.text("abc=&%+_\x00\ufffd0F", max_size=80))
def test_nearly_forms_give_fields_or_a_clear_refusal(text: str) -> None:
    try:
        fields = read_form(text.encode())
    except FormError:
        return
    assert len(fields) <= MAX_FIELDS
    assert read_form(urllib.parse.urlencode(fields).encode()) == fields


@pytest.mark.parametrize(
    "body",
    [b"a", b"a=1&a=2", b"A=1", b"a=%ff", b"a=%4", b"a=%zz", b"=1", b"a=1&&b=2", b"a=1;b=2&", b"%00=1", b"a=\xff",
     b"&".join(b"%c=1" % letter for letter in range(97, 97 + MAX_FIELDS + 1))],
)  # fmt: skip
def test_what_no_form_of_ours_sends_is_refused(body: bytes) -> None:
    with pytest.raises(FormError):
        read_form(body)


def test_the_longest_text_in_the_widest_letters_fits() -> None:
    fields = {"s": "x" * 32, "at": "text", "field": "\U0001f600" * 4000}
    body = urllib.parse.urlencode(fields).encode()
    assert read_form(body) == fields
    with pytest.raises(FormError) as caught:
        read_form(body + b"x" * MAX_FORM_BYTES)
    assert caught.value.status == 413

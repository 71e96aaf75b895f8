"""One cell: any text is a value that is written back as it was, or is told what would be right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.registry_fields import FieldError, read_value, write_value
from center.core.registry_tables import TABLES, Field
from center.sites.words import PROBLEMS

FIELDS = [field for table in TABLES.values() if table.in_files for field in table.fields]
LIKELY = st.text(st.sampled_from("0123456789.,:;+-eE@ /()azAZyta'=%ñ\u200b\n\t\0"), max_size=30)
TYPED = st.sampled_from(
    ["ya", "TIDAK", "99.5:5; 98:10", "Senin-Jumat 07.30-16.00", "+62 254 2001", "1e3", "-0", "line"]
)


@given(st.sampled_from(FIELDS), LIKELY | TYPED | st.text(max_size=40))
def test_any_text_is_a_value_or_a_named_mistake_and_a_value_is_written_as_it_is_read(field: Field, text: str) -> None:
    try:
        value = read_value(field, text)
    except FieldError as error:
        assert error.what in PROBLEMS
        return
    assert not (field.required and value in ("", None)), "nothing passed for something"
    assert read_value(field, write_value(field, value)) == value


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("latitude", "6\u00b0 7' S", "no_coordinate"),
        ("latitude", "nan", "no_coordinate"),
        ("latitude", "1e99", "no_coordinate"),
        ("order", "1.5", "no_whole"),
        ("credits", "98:5; 99:10", "no_credits_order"),
        ("credits", "99.5", "no_credits"),
        ("name", "a\u202eb", "invisible"),
        ("name", "x" * 201, "too_long"),
        ("email", "a@b", "no_email"),
        ("phone", "call", "no_phone"),
        ("message_to", "whatsapp", "no_message_to"),
        ("postal_code", "4211", "no_postal_code"),
        ("primary", "maybe", "no_yes"),
        ("needs", "some", "no_choice"),
        ("promised_pct", "101", "out_of_range"),
    ],
)
def test_what_is_wrong_has_its_own_word(name: str, text: str, what: str) -> None:
    field = next(one for one in FIELDS if one.name == name)
    with pytest.raises(FieldError) as caught:
        read_value(field, text)
    assert caught.value.what == what

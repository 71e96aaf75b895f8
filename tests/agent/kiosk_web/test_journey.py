"""The way through the screens: every way ends, can be gone back, and takes only what does."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.web import journey
from agent.kiosk.web.journey import FIELDS, Fault
from agent.kiosk.web.place import Places, read_places
from wire.tickets import make_code

ROWS = [
    {"code": "3673011001", "name": "Serang", "district": "Serang"},
    {"code": "3673011002", "name": "Cipare", "district": "Serang"},
    {"code": "3673021001", "name": "Kasemen", "district": "Kasemen"},
]
PLACES = read_places("kel-3673011001", ROWS)
CODE = make_code(b"\x00\x01\x02\x03\x04\x05")
GOOD = {
    "rt_rw": "03/05", "text": "Jalan berlubang", "contact": "0812", "name": "Siti", "purpose": "Skripsi", "code": CODE,
    "pin": "0042",
}  # fmt: skip


def walk(kind: str, choose: "st.DataObject | None", photos: bool) -> tuple[list[str], dict[str, str]]:
    """From the first screen to the last: the screens and the answers."""
    answers: dict[str, str] = {}
    step, seen = "emergency", ["emergency"]
    while step not in ("receipt", "thanks", "answer"):
        options = journey.options(step, answers, PLACES)
        choice = kind if step == "kind" else options[0] if options else ""
        if choose is not None and options and step != "kind":
            choice = choose.draw(st.sampled_from(options))
        sent = {"choice": choice, "field": GOOD.get(step, "")}
        answers |= journey.accept(step, sent, answers, PLACES, {})
        step = journey.after(step, answers, photos=photos)
        seen.append(step)
        assert len(seen) < 20
    return seen, answers


@given(st.sampled_from(journey.KINDS), st.booleans(), st.data())
def test_every_way_ends_and_leads_back_over_the_same_screens(kind: str, photos: bool, data: st.DataObject) -> None:
    seen, answers = walk(kind, data, photos)
    assert seen[-1] == {"status": "answer", "survey": "thanks"}.get(kind, "receipt")
    assert len(set(seen)) == len(seen)
    back = [seen[-2]]
    while back[-1]:
        back.append(journey.before(back[-1], answers, photos=photos))
    assert back[:-1] == seen[-2::-1]


@given(st.sampled_from(journey.KINDS), st.booleans(), st.data())
def test_steps_are_counted_without_a_jump(kind: str, photos: bool, data: st.DataObject) -> None:
    seen, answers = walk(kind, data, photos)
    counted = [journey.progress(step, answers, photos=photos) for step in seen]
    numbers = [found for found in counted if found is not None]
    assert numbers[0][0] == 1
    assert numbers[-1][0] == numbers[-1][1]
    assert all(0 <= after[0] - before[0] <= 1 for before, after in pairwise(numbers))


@given(
    st.sampled_from(sorted({*FIELDS, "kind", "subject", "area", "area_in", "identity", "way", "survey4"})), st.text()
)
def test_whatever_is_sent_is_taken_or_comes_back_with_what_to_do(step: str, text: str) -> None:
    answers = {"kind": "aduan", "area_pick": "367301"}
    try:
        made = journey.accept(step, {"choice": text, "field": text}, answers, PLACES, {})
    except Fault as fault:
        assert fault.key.startswith("error.")
        return
    assert all(len(value) <= FIELDS[step].limit for value in made.values() if step in FIELDS)


@pytest.mark.parametrize(
    ("step", "value", "wrong"),
    [
        ("text", "   ", "error.empty"),
        ("text", "x" * 4001, "error.too_long"),
        ("rt_rw", "tiga", "error.rt_rw"),
        ("rt_rw", "٣/٥", "error.rt_rw"),
        ("pin", "12a4", "error.bad_pin"),
        ("pin", "123", "error.bad_pin"),
        ("code", "0000000001", "error.bad_code"),
        ("code", "../../etc", "error.bad_code"),
        ("contact", "", "error.empty"),
    ],
)
def test_a_field_says_what_is_wrong_with_it(step: str, value: str, wrong: str) -> None:
    with pytest.raises(Fault) as caught:
        journey.accept(step, {"field": value}, {"kind": "aduan"}, PLACES, {})
    assert caught.value.key == wrong


def test_the_agent_s_limits_go_before_our_own() -> None:
    with pytest.raises(Fault):
        journey.accept("text", {"field": "x" * 11}, {}, PLACES, {"text": 10})


def test_a_name_may_be_skipped_but_not_where_the_law_asks_for_it() -> None:
    assert journey.accept("name", {"field": ""}, {"kind": "aduan"}, PLACES, {}) == {"name": ""}
    with pytest.raises(Fault):
        journey.accept("name", {"field": ""}, {"kind": "ppid"}, PLACES, {})


def test_a_code_is_taken_as_people_copy_it() -> None:
    spoken = f"{CODE[:5]} {CODE[5:]}".lower()
    assert journey.accept("code", {"field": spoken}, {}, PLACES, {}) == {"code": CODE}


def test_the_own_kelurahan_comes_first_and_the_others_by_their_kecamatan() -> None:
    assert PLACES.own is not None and PLACES.own.name == "Serang"
    assert [(found.name, len(found.areas)) for found in PLACES.districts] == [("Serang", 2), ("Kasemen", 1)]
    assert journey.options("area", {}, PLACES) == ("own", "367301", "367302")
    assert journey.options("area_in", {"area_pick": "367302"}, PLACES) == ("3673021001",)


CELLS = st.one_of(st.none(), st.text(max_size=12))
SOME_ROWS = st.lists(
    st.one_of(st.none(), st.dictionaries(st.sampled_from(["code", "name", "district"]), CELLS)), max_size=5
)


@given(st.text(max_size=20), st.one_of(st.none(), st.text(), SOME_ROWS))
def test_any_list_of_places_is_read(node: str, rows: object) -> None:
    assert isinstance(read_places(node, rows), Places)

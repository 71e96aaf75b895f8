"""The oracle of voices is not blind: whatever is wrong at the desk, it says so."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.voices.oracle import judge
from tests.support.voice_caller import Book, read_book
from tests.support.voice_desk import Desk, Held
from tests.support.voice_kinds import KINDS, Voice


def said(kind: str, number: int) -> tuple[Voice, dict[str, object]]:
    voice = KINDS[kind][0](random.Random(f"{kind}-{number}"))
    ticket = {"client_id": voice.client_id, "kind": kind, "pin": "1234", "id": f"id-{kind}-{number}", "code": "C"}
    return voice, {**ticket, "content": voice.content}


def told() -> tuple[Book, Desk]:
    """Two of each kind, all of them at the desk as they were said."""
    book, desk = Book(), Desk()
    for kind in KINDS:
        for number in (1, 2):
            voice, ticket = said(kind, number)
            book.said[voice.client_id], book.told[voice.client_id] = voice, ticket
            desk.add(Held(str(ticket["id"]), "C", dict(voice.content), "1234"))
    return book, desk


def lose(desk: Desk) -> None:
    del desk.by_id["id-ppid-1"]


def store_twice(desk: Desk) -> None:
    desk.add(desk.by_id["id-plain-1"][0])


def store_under_another_name(desk: Desk) -> None:
    held = desk.by_id["id-plain-1"][0]
    desk.add(Held("id-other", "D", held.content, held.pin))


def exchange_a_picture(desk: Desk) -> None:
    desk.by_id["id-photo-1"][0].content["photos"][0] ^= 1


def show_a_picture_twice(desk: Desk) -> None:
    shown = desk.by_id["id-photo-1"][0].content["photos"]
    shown.append(shown[0])


def drop_a_name(desk: Desk) -> None:
    del desk.by_id["id-placed-1"][0].content["name"]


def exchange_the_pin(desk: Desk) -> None:
    desk.by_id["id-plain-2"][0].pin = "4321"


def change_a_tap(desk: Desk) -> None:
    desk.by_id["id-survey-1"][0].content["answers"] = [1] * 9


def invent(desk: Desk) -> None:
    desk.add(Held("id-x", "C", {"text": "nobody", "category": "aduan", "photos": []}, "1"))


HARM: dict[Callable[[Desk], None], tuple[str, ...]] = {
    lose: ("lost",),
    store_twice: ("doubled",),
    store_under_another_name: ("doubled", "invented"),
    exchange_a_picture: ("altered",),
    show_a_picture_twice: ("altered", "doubled"),
    drop_a_name: ("altered",),
    exchange_the_pin: ("altered",),
    change_a_tap: ("altered",),
    invent: ("invented",),
}


def test_what_is_there_as_it_was_said_is_good() -> None:
    book, desk = told()
    verdict = judge([book], desk)
    assert verdict.good, verdict.problems
    assert verdict.accepted == 2 * len(KINDS) == verdict.kinds.total()


@pytest.mark.parametrize("harm", HARM, ids=lambda harm: harm.__name__)
def test_each_harm_is_seen_for_what_it_is(harm: Callable[[Desk], None]) -> None:
    book, desk = told()
    harm(desk)
    verdict = judge([book], desk)
    assert not verdict.good
    for name in ("lost", "altered", "doubled", "invented"):
        assert (getattr(verdict, name) > 0) == (name in HARM[harm]), f"{name}: {verdict.problems}"


def test_one_that_was_said_and_never_answered_may_be_there_once() -> None:
    book, desk = told()
    voice, _ = said("plain", 3)
    book.said[voice.client_id] = voice
    assert judge([book], desk).good
    desk.add(Held("id-a", "C", voice.content, "1"))
    assert judge([book], desk).unanswered == 1
    assert judge([book], desk).good
    desk.add(Held("id-b", "C", voice.content, "1"))
    assert judge([book], desk).doubled == 1


def test_a_book_whose_last_line_was_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "book"
    path.write_text('{"told": {"client_id": "a", "id": "1"}}\n{"again": 1}\n{"told": {"client_id": "b"')
    book = read_book(path)
    assert (list(book.told), book.again) == (["a"], 1)

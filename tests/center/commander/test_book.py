"""The book: append-only, and every edit of it shows."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commanding import Desk, desk

NODE = "kel-3673011001"
HOST = {"host": "10.0.0.1"}


@pytest.fixture
def office(center_data: Path) -> Iterator[Desk]:
    with desk(center_data, NODE) as made:
        made.person("sari")
        made.person("budi")
        grave = made.order("reboot", otp=made.code("sari"))
        from center.commander.frames import Approve, Stop

        made.office.answer(Approve(grave.operation, "budi", made.code("budi")))
        made.office.round()
        made.office.answer(Stop(grave.operation, "cancel", "sari"))
        yield made


def problems(office: Desk) -> set[str]:
    from center.commander.auditing import audit

    return {problem.what for problem in audit(office.office.book)}


def test_a_book_nobody_touched_is_whole(office: Desk) -> None:
    kinds = [entry.kind for entry in office.office.book.entries()]
    assert kinds == ["person-add", "person-add", "order", "approve", "sign", "stop"]
    assert problems(office) == set()


def test_the_database_itself_changes_and_deletes_no_entry(office: Desk) -> None:
    from center.commander.book import BookError

    for sql in ("UPDATE entry SET body = '{}' WHERE n = 1", "DELETE FROM entry WHERE n = 1"):
        with pytest.raises(BookError, match="append-only"):
            office.office.book.run(sql)
    assert problems(office) == set()


def edited(office: Desk, *statements: str) -> None:
    """By whoever has the file: without the rules that lie in it."""
    with sqlite3.connect(office.data / "commander" / "book.db") as file:
        for trigger in ("entry_stays", "entry_remains"):
            file.execute(f"DROP TRIGGER {trigger}")
        for statement in statements:
            file.execute(statement)


EDITS: dict[str, tuple[tuple[str, ...], str]] = {
    "another command": (("UPDATE entry SET body = replace(body, 'reboot', 'update') WHERE n = 3",), "hash"),
    "another person": (("UPDATE entry SET body = replace(body, 'budi', 'sari') WHERE n = 4",), "approval"),
    "another time": (("UPDATE entry SET at_ms = at_ms + 1 WHERE n = 5",), "hash"),
    "one less": (("DELETE FROM entry WHERE n = 4",), "number"),
    "one less, renumbered": (
        ("DELETE FROM entry WHERE n = 6", "UPDATE entry SET kind = 'stop' WHERE n = 5"), "hash",
    ),
    "one more": (
        ("INSERT INTO entry VALUES (7, 1, 'person-add', 'x', '{\"name\":\"x\",\"by\":\"y\"}', 'f')",), "hash",
    ),
    "unreadable": (("UPDATE entry SET body = 'x' WHERE n = 2",), "body"),
    "another secret": (("UPDATE person SET secret = x'00' WHERE name = 'sari'",), "secret"),
    "somebody put in": (("INSERT INTO person (name, secret, added_ms) VALUES ('eve', x'00', 1)",), "secret"),
    "another key": (("UPDATE asked SET key = 'other'",), "key"),
}  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_an_audit_finds(office: Desk, what: str) -> None:
    statements, found = EDITS[what]
    edited(office, *statements)
    assert found in problems(office)


def test_nothing_is_signed_from_an_edited_order(office: Desk) -> None:
    made = office.order("ping", arguments=HOST).operation
    edited(office, f"UPDATE entry SET body = replace(body, '10.0.0.1', '10.0.0.2') WHERE subject = '{made}'")
    assert office.office.round() == 0
    assert office.office.facts()["not_in_book"] == 1
    assert all("10.0.0.2" not in row.body for row in office.downlinks())


def test_an_edited_order_keeps_no_other_from_being_signed(office: Desk) -> None:
    bad = office.order("ping", arguments=HOST).operation
    good = office.order("dns", arguments={"name": "a.id"}).operation
    edited(office, f"UPDATE entry SET body = replace(body, '10.0.0.1', '10.0.0.2') WHERE subject = '{bad}'")
    office.office.round()
    assert (office.signed(bad), office.signed(good)) == (set(), {NODE})


def test_refusals_are_counted_without_a_stranger_s_name_and_bounded(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.commander import refused

    monkeypatch.setattr(refused, "MOST_REFUSALS", 10)
    for number in range(50):
        office.order("restart-agent", by=f"name-{number}")
        office.now_ms += 3_600_000
    counted = office.refusals()
    assert len(counted) == 10
    assert {who for _, who, _ in counted} == {"-"}


def test_neither_book_nor_log_holds_a_secret_of_a_person(office: Desk, caplog: pytest.LogCaptureFixture) -> None:
    from center.commander.agreeing import base32

    words = "".join(entry.body for entry in office.office.book.entries()) + caplog.text
    for secret in office.people.values():
        assert base32(secret) not in words
        assert secret.hex() not in words


def test_a_book_can_be_read_while_another_process_writes(office: Desk) -> None:
    from center.commander.book import Book

    second = Book(office.data / "commander")
    try:
        office.order("ping", arguments=HOST)
        assert second.head() == office.office.book.head()
    finally:
        second.close()

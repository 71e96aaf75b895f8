"""kill -9 before every step: an order that was asked again stands once, a code is not lost, what is due is signed."""

import shutil
from pathlib import Path
from typing import Any

from tests.support.commander_cuts import in_child, reopened
from tests.support.commanding import Desk, desk
from tests.support.torture import often

NODES = ("kel-3673011001", "kel-3673011002")


def started(data: Path) -> tuple[dict[str, bytes], int, str, str]:
    """Two people, and a grave order that waits; their secrets, the time, the order, the next code."""
    with desk(data, *NODES) as office:
        office.person("sari")
        office.person("budi")
        made = office.order("reboot", otp=office.code("sari"), key="grave").operation
        otp = office.code("budi")
        return dict(office.people), office.now_ms, made, otp


def each_cut(data: Path, work: Any, after: Any, steps_of: int) -> int:
    """Do `work` with a kill before each step, then `after` on what is left; how many cuts there were."""
    kept = data.with_name("kept")
    shutil.copytree(data, kept)
    _, steps = in_child(work)
    cuts = range(0, steps, often(max(1, steps // steps_of), 1))
    for cut in cuts:
        shutil.rmtree(data)
        shutil.copytree(kept, data)
        ended, _ = in_child(work, cut)
        assert not ended
        after()
    return len(cuts)


def test_an_order_that_was_cut_and_asked_again_stands_once(center_data: Path) -> None:
    from center.commander.auditing import audit
    from center.commander.frames import Order
    from center.operations.models import Operation

    people, now_ms, _, otp = started(center_data)
    asked = Order("again", "restart-agent", NODES, "budi", otp=otp)

    def work() -> None:
        office = reopened(center_data, NODES, people, now_ms).office
        assert office.answer(asked).code == ""
        office.round()

    def after() -> None:
        office = reopened(center_data, NODES, people, now_ms)
        answer = office.office.answer(asked)
        assert answer.code == ""
        office.office.round()
        assert [one.key for one in office.office.book.since("order", 0)] == ["grave", "again"]
        assert Operation.objects.filter(command="restart-agent").count() == 1
        assert office.signed(answer.operation) == set(NODES)
        assert len(office.downlinks()) == 2
        assert all(office.verifies(row) for row in office.downlinks())
        assert audit(office.office.book) == []
        office.office.book.close()

    assert each_cut(center_data, work, after, 12) >= 10


def test_an_approval_that_was_cut_and_given_again_counts_once(center_data: Path) -> None:
    from center.commander.frames import Approve

    people, now_ms, made, otp = started(center_data)
    asked = Approve(made, "budi", otp)

    def work() -> None:
        office = reopened(center_data, NODES, people, now_ms).office
        assert office.answer(asked).code == ""
        office.round()

    def after() -> None:
        office = reopened(center_data, NODES, people, now_ms)
        assert office.office.answer(asked).code == ""
        office.office.round()
        assert len(office.office.book.since("approve", 0)) == 1
        assert office.signed(made) == set(NODES)
        assert len(office.downlinks()) == 2
        office.office.book.close()

    assert each_cut(center_data, work, after, 10) >= 8


def test_what_stands_in_the_book_is_carried_out_though_nobody_asks_again(center_data: Path) -> None:
    """Killed between the book and the database: the next commander finds it by itself, or there is no trace of it."""
    from center.commander.frames import Order
    from center.operations.models import Operation

    people, now_ms, _, otp = started(center_data)
    stood = []

    def work() -> None:
        office = reopened(center_data, NODES, people, now_ms).office
        office.answer(Order("alone", "restart-agent", NODES, "budi", otp=otp))
        office.round()

    def after() -> None:
        office: Desk = reopened(center_data, NODES, people, now_ms)
        office.office.round()
        in_book = office.office.book.asked("alone") is not None
        stood.append(in_book)
        assert Operation.objects.filter(command="restart-agent").exists() == in_book
        assert len(office.downlinks()) == (2 if in_book else 0)
        office.office.book.close()

    each_cut(center_data, work, after, 12)
    assert set(stood) == {True, False}


def test_keys_are_whole_whatever_is_cut(center_data: Path) -> None:
    """First made, prepared, switched, retired: the ring names keys that are there, and command.pub follows it."""
    from center.commander.keys import KeyRing, published
    from wire.keys import parse_keys

    folder = center_data / "commander"

    def work() -> None:
        ring = KeyRing(folder)
        ring.make(1)
        for step in (lambda: ring.prepare(2), ring.switch, ring.retire):
            step()

    def after() -> None:
        ring = KeyRing(folder)
        found = ring.make(3)
        key, _ = ring.sign(b"x")
        assert key == found.signing
        assert set(parse_keys(published(center_data))) == {held.id for held in found.keys}

    assert each_cut(center_data, work, after, 40) >= 15

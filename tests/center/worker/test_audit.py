"""The gap audit on a real database: reports, ledger entries and epochs as they arrive, findings as rows."""

import json
from pathlib import Path
from typing import Any

from tests.support.arrivals import RECEIVED, project_all, store_records, store_state
from tests.support.fleet import EPOCH, NODE, record, report_body

KINDS = ("fault", "checking", "card", "restore")


def audit(data: Path, now_ms: int = RECEIVED) -> None:
    """Project what is stored and audit everything, as a worker that has just started does."""
    from center.worker.audit import Auditor

    project_all(data)
    Auditor().run(now_ms)


def findings(epoch: str = EPOCH, node: str = NODE) -> dict[tuple[str, str], list[list[int]]]:
    """(stream, kind) -> ranges."""
    from center.connectivity.models import Integrity

    rows = Integrity.objects.filter(node=node, epoch=epoch)
    return {(row.stream, row.kind): json.loads(row.ranges) for row in rows}


def report(seq: int, **outbox: tuple[int, int]) -> Any:
    """A report that says (oldest held, head) per stream."""
    said = {"event": (1, 0), "health": (seq, seq - 1), **outbox}
    return record(seq, "report", report_body(outbox={name: [*pair, 0] for name, pair in said.items()}))


def gap(seq: int, first: int, last: int, stream: str = "health", reason: str = "bound", **fields: Any) -> Any:
    body = {"stream": stream, "first": first, "last": last, "count": last - first + 1, "from_ms": 1, "to_ms": 2}
    return record(seq, "gap", {**body, "reason": reason, **fields})


def notice(seq: int, predecessor: str | None, heads: dict[str, int], reason: str) -> Any:
    body = {"predecessor": predecessor, "predecessor_heads": heads, "board": "b1", "reason": reason}
    return record(seq, "epoch", body)


def test_a_node_of_which_everything_arrived_has_no_finding(center_data: Path) -> None:
    for seq in range(1, 6):
        store_records(center_data, [report(seq)], "health")
    audit(center_data)
    assert findings() == {}


def test_what_is_neither_stored_nor_declared_is_a_fault_until_it_comes_after_all(center_data: Path) -> None:
    from center.connectivity.models import Integrity
    from center.ingest.models import Change

    store_records(center_data, [report(1), report(4), report(7)], "health")
    audit(center_data, 1000)
    assert findings() == {("health", "fault"): [[2, 3], [5, 6]]}
    assert Integrity.objects.values_list("count", "since_ms").get() == (4, 1000)
    assert Change.objects.filter(kind="integrity", node=NODE).exists()
    store_records(center_data, [report(2), report(3)], "health")
    audit(center_data, 2000)
    assert findings() == {("health", "fault"): [[5, 6]]}
    assert Integrity.objects.values_list("count", "since_ms", "changed_ms").get() == (2, 1000, 2000)
    store_records(center_data, [report(5), report(6)], "health")
    audit(center_data, 3000)
    assert findings() == {}


def test_a_declaration_that_comes_later_than_the_loss_leaves_no_fault(center_data: Path) -> None:
    store_records(center_data, [report(1), report(9, event=(1, 3))], "health")
    audit(center_data)
    assert findings() == {("health", "checking"): [[2, 8]]}
    store_records(center_data, [record(1), record(2)])
    audit(center_data)
    assert findings() == {("health", "checking"): [[2, 8]]}
    store_records(center_data, [gap(3, 2, 8)])
    audit(center_data)
    assert findings() == {}


def test_an_entry_explains_as_many_as_it_counts_and_all_it_covers_when_it_counts_none(center_data: Path) -> None:
    store_records(center_data, [gap(1, 1, 3, count=0, reason="numbers of the epoch before"), gap(2, 4, 8, count=2)])
    store_records(center_data, [report(4), report(7), report(9, event=(3, 2))], "health")
    audit(center_data)
    assert findings() == {("health", "fault"): [[8, 8]]}, "three of 4..8 are missing and two were declared"
    store_records(center_data, [report(6)], "health")
    audit(center_data)
    assert findings() == {}


def test_an_entry_that_outlived_its_file_speaks_of_the_epoch_it_names(center_data: Path) -> None:
    store_state(center_data, session=1)
    store_records(center_data, [report(1), report(9, event=(1, 1))], "health")
    store_records(center_data, [record(1)])
    audit(center_data)
    assert findings() == {("health", "fault"): [[2, 8]]}
    store_state(center_data, received_ms=RECEIVED + 1000, epoch="epoch-2")
    moved = [notice(1, EPOCH, {"health": 9, "event": 1}, "corrupt"), gap(2, 2, 8, epoch=EPOCH)]
    store_records(center_data, moved, epoch="epoch-2")
    store_records(center_data, [report(9, event=(3, 2))], "health", epoch="epoch-2")
    audit(center_data)
    assert findings() == {}
    assert findings("epoch-2") == {("health", "fault"): [[1, 8]]}, "nothing of the new epoch was declared"


def test_what_was_open_when_the_epoch_moved_is_a_fault_once_the_next_epoch_has_settled(center_data: Path) -> None:
    store_state(center_data, session=1)
    store_records(center_data, [report(1), report(9, event=(1, 2))], "health")
    store_records(center_data, [record(1)])
    audit(center_data)
    assert findings() == {("health", "checking"): [[2, 8]]}
    store_state(center_data, received_ms=RECEIVED + 1000, epoch="epoch-2")
    store_records(center_data, [notice(1, EPOCH, {"health": 9, "event": 2}, "board_changed")], epoch="epoch-2")
    audit(center_data)
    assert findings() == {("health", "checking"): [[2, 8]]}
    auditor_sees(center_data, report(10, event=(2, 1)), "epoch-2")
    assert findings() == {("health", "fault"): [[2, 8]]}


def auditor_sees(data: Path, arriving: Any, epoch: str) -> None:
    """One more report, as a worker takes it that has been running for long: only this epoch has news."""
    from center.worker.audit import Auditor
    from center.worker.projection import project_page

    auditor = Auditor()
    auditor.run(RECEIVED)
    while auditor.run(RECEIVED):
        pass
    renumbered = gap(2, 1, 9, count=0, reason="numbers of the epoch before")
    store_records(data, [renumbered], epoch=epoch)
    store_records(data, [arriving], "health", epoch=epoch)
    while project_page(data, auditor):
        pass
    auditor.run(RECEIVED)
    auditor.run(RECEIVED)


def test_a_missing_event_is_a_fault_of_its_own(center_data: Path) -> None:
    store_records(center_data, [record(1), record(3)])
    store_records(center_data, [report(1, event=(4, 3))], "health")
    audit(center_data)
    assert findings() == {("event", "fault"): [[2, 2]]}


def test_events_that_are_stored_but_not_projected_yet_hold_the_audit_back(center_data: Path) -> None:
    from center.worker.audit import Auditor

    store_records(center_data, [report(1), report(9, event=(1, 1))], "health")
    project_all(center_data)
    store_records(center_data, [gap(1, 2, 8)])
    auditor = Auditor()
    auditor.run(RECEIVED)
    assert findings() == {}
    project_all(center_data)
    auditor.run(RECEIVED)
    assert findings() == {}


def test_one_auditor_over_time_finds_the_same_as_one_that_begins_anew(center_data: Path) -> None:
    from center.worker.audit import Auditor
    from center.worker.projection import project_page

    auditor = Auditor()

    def step(*records: Any, stream: str = "health") -> dict[tuple[str, str], list[list[int]]]:
        store_records(center_data, list(records), stream)
        while project_page(center_data, auditor):
            pass
        auditor.run(RECEIVED)
        told = findings()
        Auditor().run(RECEIVED)
        assert findings() == told
        return told

    assert step(report(1), report(2)) == {}
    assert step(report(6)) == {("health", "fault"): [[3, 5]]}
    assert step(gap(1, 3, 4), stream="event") == {("health", "fault"): [[5, 5]]}
    assert step(report(8, event=(2, 1))) == {("health", "fault"): [[5, 5], [7, 7]]}
    assert step(report(5), report(7)) == {}
    assert step(report(9, event=(2, 1), snapshot=(5, 4))) == {("snapshot", "fault"): [[1, 4]]}


def test_a_lost_card_is_told_as_what_may_be_lost_with_it(center_data: Path) -> None:
    store_state(center_data, session=1)
    store_records(center_data, [report(1, complaint=(1, 2)), report(2, complaint=(1, 2))], "health")
    store_state(center_data, received_ms=RECEIVED + 1000, epoch="epoch-2")
    heads = {"health": 9, "complaint": 3, "event": 0}
    store_records(center_data, [notice(1, EPOCH, heads, "file_lost")], epoch="epoch-2")
    audit(center_data)
    assert findings() == {("health", "card"): [[3, 9]], ("complaint", "card"): [[1, 3]]}
    assert findings("epoch-2") == {}


def test_until_the_new_epoch_says_what_came_before_it_nothing_is_called_lost(center_data: Path) -> None:
    store_state(center_data, session=1)
    store_records(center_data, [report(1, complaint=(1, 2))], "health")
    store_state(center_data, received_ms=RECEIVED + 1000, epoch="epoch-2")
    audit(center_data)
    assert findings() == {}
    store_records(center_data, [notice(1, EPOCH, {"complaint": 2}, "corrupt")], epoch="epoch-2")
    audit(center_data)
    assert findings() == {("complaint", "card"): [[1, 2]]}


def test_a_card_of_which_no_successor_knows_ends_with_what_it_had_said(center_data: Path) -> None:
    store_state(center_data, session=1)
    store_records(center_data, [report(1), report(4)], "health")
    audit(center_data)
    store_state(center_data, received_ms=RECEIVED + 1000, epoch="epoch-2")
    store_records(center_data, [notice(1, None, {}, "first")], epoch="epoch-2")
    store_records(center_data, [report(8, complaint=(1, 1))], "health")  # on its way when the card was pulled
    audit(center_data)
    assert findings() == {("health", "fault"): [[2, 3], [5, 7]], ("complaint", "card"): [[1, 1]]}


def test_an_epoch_that_moved_within_its_file_lost_nothing_and_its_ledger_moves_along(center_data: Path) -> None:
    store_state(center_data, session=1)
    store_records(center_data, [report(1), report(7, event=(1, 2))], "health")
    audit(center_data)
    assert findings() == {("health", "checking"): [[2, 6]]}
    store_state(center_data, received_ms=RECEIVED + 1000, epoch="epoch-2")
    heads = {"health": 9, "event": 2}
    moved = [
        notice(3, EPOCH, heads, "board_changed"),
        notice(4, None, {}, "first"),  # the notice of the epoch before had not been acknowledged
        gap(5, 2, 6),
        gap(6, 1, 2, "event", "numbers of the epoch before", count=0),
        gap(7, 1, 7, "health", "numbers of the epoch before", count=0),
    ]
    store_records(center_data, moved, epoch="epoch-2")
    store_records(center_data, [report(8, event=(3, 7)), report(9, event=(8, 7))], "health", epoch="epoch-2")
    audit(center_data)
    assert findings() == {}
    assert findings("epoch-2") == {}


def test_a_chain_of_epochs_whose_notices_moved_along_is_put_together_in_any_order(center_data: Path) -> None:
    from center.ingest.models import Epoch

    for node, order in (("opd-a", (1, 2, 3)), ("opd-b", (3, 1, 2)), ("opd-c", (2, 3, 1))):
        store_state(center_data, session=1, node=node)
        store_records(center_data, [report(1)], "health", node=node)
        store_state(center_data, received_ms=RECEIVED + 1, epoch="epoch-2", node=node)
        store_state(center_data, received_ms=RECEIVED + 2, epoch="epoch-4", node=node)
        notices = {
            1: notice(5, "epoch-3", {"health": 9}, "board_changed"),
            2: notice(6, "epoch-2", {"health": 8}, "epoch_conflict"),  # that of epoch-3, which never spoke
            3: notice(7, EPOCH, {"health": 7}, "board_changed"),  # that of epoch-2
        }
        for number in order:
            store_records(center_data, [notices[number]], epoch="epoch-4", node=node)
            project_all(center_data)
        chain = Epoch.objects.filter(node=node).values_list("epoch", "predecessor")
        assert dict(chain) == {EPOCH: "", "epoch-2": EPOCH, "epoch-3": "epoch-2", "epoch-4": "epoch-3"}
        audit(center_data)
        assert findings(EPOCH, node) == {}


def test_a_notice_that_had_arrived_itself_is_passed_over_in_the_chain(center_data: Path) -> None:
    from center.ingest.models import Epoch

    store_records(center_data, [notice(1, "epoch-2", {}, "board_changed")], epoch="epoch-3")
    store_records(center_data, [notice(1, "epoch-3", {}, "board_changed")], epoch="epoch-4")
    store_records(center_data, [notice(2, "epoch-1", {}, "epoch_conflict")], epoch="epoch-4")  # that of epoch-2
    project_all(center_data)
    chain = dict(Epoch.objects.values_list("epoch", "predecessor"))
    assert chain == {"epoch-2": "epoch-1", "epoch-3": "epoch-2", "epoch-4": "epoch-3"}


def test_of_a_cloned_card_nothing_is_claimed(center_data: Path) -> None:
    from center.ingest.models import Epoch

    store_records(center_data, [report(1), report(9)], "health")
    store_records(center_data, [record(9, "report", report_body(verdict="Q2"))], "health")
    audit(center_data)
    assert Epoch.objects.get().conflict
    assert findings() == {}


def test_what_was_open_at_the_backup_may_have_been_declared_to_the_lost_database_alone(center_data: Path) -> None:
    from center.ingest.generation import renew_generation
    from center.ingest.models import Restore

    store_records(center_data, [report(1), report(9, event=(1, 3))], "health")
    store_records(center_data, [record(1), record(2)])
    audit(center_data)
    assert findings() == {("health", "checking"): [[2, 8]]}
    renew_generation()
    at_ms = Restore.objects.get().at_ms
    store_records(center_data, [report(20, event=(4, 3), health=(20, 19))], "health", at_ms + 5_000)
    audit(center_data, at_ms + 5_000)
    assert findings() == {("health", "restore"): [[2, 8], [10, 19]], ("event", "restore"): [[3, 3]]}


class Restored:
    """A node whose reports 1..4 and snapshots 1..2 the backup knows; the lost database had acknowledged more."""

    def __init__(self, data: Path) -> None:
        from center.ingest.generation import renew_generation
        from center.ingest.models import Restore

        self.data = data
        store_records(data, [report(seq, snapshot=(seq, seq)) for seq in (1, 2, 4)], "health")
        audit(data)
        assert findings() == {("health", "fault"): [[3, 3]], ("snapshot", "fault"): [[1, 3]]}
        renew_generation()
        self.at_ms = Restore.objects.get().at_ms

    def say(self, seq: int, after_ms: int, **outbox: tuple[int, int]) -> None:
        store_records(self.data, [report(seq, **outbox)], "health", self.at_ms + after_ms)
        audit(self.data, self.at_ms + after_ms)


def test_what_only_the_lost_database_had_is_a_gap_of_the_restore_and_older_faults_stay(center_data: Path) -> None:
    from center.ingest.models import Generation, Restore, RestoredLane

    restored = Restored(center_data)
    assert Restore.objects.values_list("generation", "known_until_ms").get() == (
        Generation.objects.get().value,
        RECEIVED,
    )
    restored.say(20, 5_000, snapshot=(9, 9), event=(4, 3))
    assert findings() == {
        ("health", "fault"): [[3, 3]],
        ("health", "restore"): [[5, 19]],
        ("snapshot", "fault"): [[1, 3]],
        ("snapshot", "restore"): [[4, 8]],
        ("event", "restore"): [[1, 3]],
    }
    lanes = RestoredLane.objects.values_list("stream", "floor", "known_last", "bound")
    assert {stream: rest for stream, *rest in lanes}["health"] == [4, 4, 20]


def test_what_the_node_offers_again_after_a_restore_is_no_gap(center_data: Path) -> None:
    restored = Restored(center_data)
    restored.say(20, 5_000, event=(4, 3))
    restored.say(21, 35_000, event=(1, 3), health=(20, 20))
    assert ("event", "restore") not in findings()
    store_records(center_data, [record(seq) for seq in (1, 2, 3)], received_ms=restored.at_ms + 40_000)
    restored.say(22, 65_000, event=(4, 3), health=(22, 21))
    assert ("event", "restore") not in findings()


def test_a_loss_long_after_a_restore_is_a_fault_again(center_data: Path) -> None:
    restored = Restored(center_data)
    restored.say(20, 5_000)
    restored.say(30, 3_600_000)
    assert findings()["health", "restore"] == [[5, 19]]
    assert findings()["health", "fault"] == [[3, 3], [21, 29]]


def test_an_epoch_the_backup_does_not_know_is_explained_unless_it_began_after_the_restore(center_data: Path) -> None:
    restored = Restored(center_data)
    at_ms = restored.at_ms
    for epoch, made_ms in (("epoch-old", at_ms - 60_000), ("epoch-new", at_ms + 60_000)):
        node = f"opd-{epoch}"
        made = {"mono_ms": 1, "wall_ms": made_ms, "boot": epoch}
        body = {"predecessor": None, "predecessor_heads": {}, "board": "", "reason": "first"}
        received_ms = at_ms + 70_000
        store_records(center_data, [record(1, "epoch", body, **made)], "event", received_ms, node=node, epoch=epoch)
        store_records(center_data, [report(5, event=(2, 1))], "health", received_ms, node=node, epoch=epoch)
        audit(center_data, received_ms)
    assert findings("epoch-old", "opd-epoch-old") == {("health", "restore"): [[1, 4]]}
    assert findings("epoch-new", "opd-epoch-new") == {("health", "fault"): [[1, 4]]}


def test_auditing_a_city_again_touches_only_what_was_marked(center_data: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from center.worker.audit import Auditor
    from center.worker.projection import project_page

    for number in range(1, 41):
        store_records(center_data, [report(1), report(2)], "health", node=f"kel-36730110{number:02}")
    auditor = Auditor()
    while project_page(center_data, auditor):
        pass
    auditor.run(RECEIVED)
    store_records(center_data, [report(3)], "health", node="kel-3673011007")
    while project_page(center_data, auditor):
        pass
    with CaptureQueriesContext(
        connection,
    ) as queries:
        auditor.run(RECEIVED)
    assert len(queries) < 20
    with CaptureQueriesContext(connection) as queries:
        auditor.run(RECEIVED)
    assert len(queries) < 3

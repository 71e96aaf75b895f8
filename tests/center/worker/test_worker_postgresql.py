"""A worker beside several ingest processes on PostgreSQL, where each writes rows of the same nodes."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.center.test_postgresql import center_data, url  # noqa: F401 - fixtures
from tests.support.fleet import batch, record, report_body
from wire import topics

if TYPE_CHECKING:
    from center.ingest.decode import Parcel

pytestmark = pytest.mark.full

NODES = [f"kel-{number}" for number in range(3673011001, 3673011061)]
STREAMS = ("event", "health", "complaint", "snapshot")
LAST = 30


def _report(node: str, seq: int) -> "Parcel":
    """A health report that says what the node holds, its streams in this order or the other."""
    from center.ingest.decode import Parcel, decode

    held = {stream: [1, seq, 0] for stream in (STREAMS if seq % 2 else reversed(STREAMS))}
    payload = batch([record(seq, "report", report_body(outbox=held))], "health", node=node)
    parcel = decode(topics.up(node, "health"), payload, retained=False, received_ms=1)
    assert isinstance(parcel, Parcel)
    return parcel


def test_ingest_and_worker_write_what_nodes_hold_and_never_wait_for_each_other(
    center_data: Path,  # noqa: F811
) -> None:
    from django.db import connection

    from center.ingest.commit import commit
    from center.ingest.models import Head, RawRecord
    from center.worker.projection import project_page

    trouble: list[Exception] = []
    stored = threading.Event()

    def ingest(nodes: list[str], first: int) -> None:
        for seq in range(first, LAST + 1, 2):
            commit([_report(node, seq) for node in nodes], center_data)

    def work() -> None:
        while not stored.is_set():
            project_page(center_data)
        while project_page(center_data):  # what was stored behind the last look
            pass

    def watched(run: Callable[[], None]) -> None:
        try:
            run()
        except Exception as error:  # noqa: BLE001 - told below
            trouble.append(error)
        finally:
            connection.close()

    writers = [
        threading.Thread(target=watched, args=(lambda: ingest(NODES, 1),)),
        threading.Thread(target=watched, args=(lambda: ingest(NODES[::-1], 2),)),
    ]
    worker = threading.Thread(target=watched, args=(work,))
    for thread in (*writers, worker):
        thread.start()
    for thread in writers:
        thread.join()
    stored.set()
    worker.join()
    assert trouble == []
    assert RawRecord.objects.count() == len(NODES) * LAST
    assert set(Head.objects.filter(stream="snapshot").values_list("node", "head")) == {(node, LAST) for node in NODES}


def test_an_outage_told_in_any_order_is_one_row_here_too(center_data: Path) -> None:  # noqa: F811
    from center.connectivity.models import NodePath, Outage, VerdictChange
    from tests.center.worker.test_diagnosis import outage, path, verdict
    from tests.support.arrivals import project_all, store_records

    store_records(center_data, [outage(2, phase="ended", code="L5b"), verdict(3), path(4)])
    project_all(center_data)
    store_records(center_data, [outage(1)])
    project_all(center_data)
    assert Outage.objects.values_list("seq", "ended", "code").get() == (2, 2, "L5b")
    assert (VerdictChange.objects.count(), NodePath.objects.count()) == (1, 1)

"""Who signs, two who publish, and the worker, all at once on PostgreSQL: each message goes out once."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.center.test_postgresql import center_data, guarded, url  # noqa: F401 - fixtures
from tests.support.arrivals import RECEIVED, store_records, store_state
from tests.support.fleet import record
from tests.support.orders import order, sign

pytestmark = pytest.mark.full

NODES = [f"kel-36730110{number:02}" for number in range(1, 11)]
OPERATIONS = 8
PATIENCE_S = 90


def signer() -> None:
    """What the commander does, but for the signature."""
    from center.ingest.database import select, write

    waiting = (
        "SELECT t.id FROM operations_operationtarget t WHERE t.state = 'due' "
        "AND NOT EXISTS (SELECT 1 FROM operations_downlink d WHERE d.id = t.id)"
    )
    for (target,) in select(waiting):
        write(lambda one=target: sign(one, "nonce-1"))  # type: ignore[misc]


def publisher(data: Path, published: list[str]) -> Callable[[], None]:
    """What ingest does, and the node, which answers at once in three batches."""

    def publish() -> None:
        from center.operations import downlink

        for one in downlink.due(RECEIVED):
            if not downlink.claim(one, RECEIVED):
                continue
            published.append(one.id)
            for seq, state in enumerate(("accepted", "running", "done"), 1):
                body = {"id": one.id, "name": "ping", "state": state}
                store_records(data, [record(seq, "command", body)], node=one.node, epoch=f"epoch-{one.id[:13]}")

    return publish


def worker(data: Path) -> Callable[[], None]:
    def work() -> None:
        from center.operations import rolling
        from center.worker.projection import project_page

        project_page(data)
        rolling.carry_on(RECEIVED)

    return work


def test_each_message_goes_out_once_and_every_operation_ends(center_data: Path) -> None:  # noqa: F811
    from center.operations.command_models import Operation, OperationTarget

    for node in NODES:
        store_state(center_data, RECEIVED, node=node)
    for _ in range(OPERATIONS):
        order(NODES, canary=1, batch_size=4)
    published: list[str] = []
    faults: list[Exception] = []
    ended = threading.Event()

    def over_and_over(deed: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            while not ended.wait(0.005):
                deed()

        return run

    deeds = [signer, publisher(center_data, published), publisher(center_data, published), worker(center_data)]
    threads = [guarded(over_and_over(deed), faults) for deed in deeds]
    for thread in threads:
        thread.start()
    deadline_s = time.monotonic() + PATIENCE_S
    while Operation.objects.exclude(state="done").exists() and not faults and time.monotonic() < deadline_s:
        time.sleep(0.05)
    ended.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sorted(published) == sorted(OperationTarget.objects.values_list("pk", flat=True))
    assert set(OperationTarget.objects.values_list("state", "by_node")) == {("done", True)}
    assert Operation.objects.filter(state="done", wave=4).count() == OPERATIONS

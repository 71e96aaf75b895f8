"""Signed messages go to the session they were signed for, while they are wanted, and to no other."""

from pathlib import Path

import pytest

from tests.support.arrivals import RECEIVED, store_state
from tests.support.fleet import NODE
from tests.support.orders import MINUTES, order, set_target, sign, states, target_of


def due(now_ms: int = RECEIVED) -> list[str]:
    from center.operations import downlink

    return [one.id for one in downlink.due(now_ms)]


def wanted(**columns: object) -> str:
    """A target that is due, its node there with the nonce nonce-1."""
    target = target_of(order(**columns))  # type: ignore[arg-type]
    set_target(target, state="due", due_ms=RECEIVED)
    return target


def test_it_is_due_to_the_session_whose_nonce_it_names_alone(center_data: Path) -> None:
    target = wanted()
    sign(target, "nonce-1")
    assert due() == []
    store_state(center_data, RECEIVED)
    assert due() == [target]
    store_state(center_data, RECEIVED + 1, session=2)
    assert due(RECEIVED + 2) == []
    sign(target, "nonce-2")
    assert due(RECEIVED + 2) == [target]


def test_another_epoch_that_was_born_later_is_the_session_that_counts(center_data: Path) -> None:
    target = wanted()
    sign(target, "nonce-1")
    store_state(center_data, RECEIVED)
    store_state(center_data, RECEIVED + 5, epoch="epoch-2", session=7)
    assert due(RECEIVED + 6) == []
    sign(target, "nonce-7")
    assert due(RECEIVED + 6) == [target]


def test_it_is_due_until_it_expires(center_data: Path) -> None:
    target = wanted()
    store_state(center_data, RECEIVED)
    sign(target, "nonce-1", expires_ms=RECEIVED + 1_000)
    assert due(RECEIVED + 999) == [target]
    assert due(RECEIVED + 1_000) == []


@pytest.mark.parametrize("leaf", ["command", "config"])
def test_without_a_signature_nothing_is_ever_published(center_data: Path, leaf: str) -> None:
    from center.operations.models import Downlink

    target = wanted()
    store_state(center_data, RECEIVED)
    sign(target, "nonce-1", leaf=leaf)
    assert due() == [target]
    Downlink.objects.update(signature="")
    assert due() == []


@pytest.mark.parametrize("state", ["accepted", "running", "done", "failed", "rejected", "expired", "skipped", "queued"])
def test_what_a_node_has_or_nobody_wants_any_more_is_not_sent_again(center_data: Path, state: str) -> None:
    target = wanted()
    store_state(center_data, RECEIVED)
    sign(target, "nonce-1")
    set_target(target, state=state)
    assert due() == []


@pytest.mark.parametrize("state", ["waiting", "cancelled", "aborted", "lapsed", "done"])
def test_of_an_operation_that_does_not_go_on_nothing_is_sent(center_data: Path, state: str) -> None:
    from center.operations import downlink
    from center.operations.command_models import Operation

    target = wanted()
    store_state(center_data, RECEIVED)
    sign(target, "nonce-1")
    (seen,) = downlink.due(RECEIVED)
    Operation.objects.update(state=state)
    assert due() == []
    assert not downlink.claim(seen, RECEIVED)


def test_a_row_for_another_node_than_the_target_is_not_sent(center_data: Path) -> None:
    from center.operations.models import Downlink

    sign(wanted(), "nonce-1")
    Downlink.objects.update(node="kel-3673011002")
    store_state(center_data, RECEIVED, node="kel-3673011002")
    assert due() == []


def test_publishing_makes_the_target_sent_once_and_carries_the_signature(center_data: Path) -> None:
    from center.ingest.models import Change
    from center.operations import downlink
    from center.operations.command_models import OperationTarget
    from wire import codec

    target = wanted()
    store_state(center_data, RECEIVED)
    sign(target, "nonce-1", RECEIVED + MINUTES)
    (one,) = downlink.due(RECEIVED)
    message = codec.decode_downlink(one.payload())
    assert (message.id, message.nonce, message.expires_ms) == (target, "nonce-1", RECEIVED + MINUTES)
    assert (message.key_id, message.signature, one.topic) == (
        "0" * 16, "signed-for-nonce-1", f"sandi/v1/{NODE}/down/command",
    )  # fmt: skip
    assert downlink.claim(one, RECEIVED + 7)
    assert not downlink.claim(one, RECEIVED + 8)
    row = OperationTarget.objects.get()
    assert (row.state, row.sent_ms) == ("sent", RECEIVED + 7)
    assert Change.objects.filter(kind="operation", node=row.operation_id).count() == 1


def test_a_row_that_was_signed_anew_meanwhile_is_not_sent_as_it_was(center_data: Path) -> None:
    from center.operations import downlink

    made = order()
    set_target(target_of(made), state="due", due_ms=RECEIVED)
    store_state(center_data, RECEIVED)
    sign(target_of(made), "nonce-1")
    (seen,) = downlink.due(RECEIVED)
    sign(target_of(made), "nonce-2")
    assert not downlink.claim(seen, RECEIVED)
    assert states(made) == ["due"]


def test_what_was_withdrawn_is_never_sent_and_a_late_receipt_changes_nothing(center_data: Path) -> None:
    from center.operations import downlink
    from center.operations.models import Downlink

    target = wanted()
    store_state(center_data, RECEIVED)
    sign(target, "nonce-1")
    downlink.withdraw([target], RECEIVED)
    assert due() == []
    assert not downlink.close(target, NODE, "done", RECEIVED)
    assert Downlink.objects.get().outcome == "withdrawn"

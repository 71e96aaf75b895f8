"""What is signed, when, and again for whom: sessions, expiry, stops; by the book alone, whatever the rows say."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commanding import START_MS, Desk, body_of, born, desk, enrolled

NODE, OTHER = "kel-3673011001", "kel-3673011002"
HOST = {"host": "10.0.0.1"}


@pytest.fixture
def office(center_data: Path) -> Iterator[Desk]:
    with desk(center_data, NODE, OTHER) as made:
        made.person("sari")
        made.person("budi")
        yield made


def signed(office: Desk) -> dict[str, Any]:
    """Node -> its one downlink, after a round."""
    office.office.round()
    return {row.node: row for row in office.downlinks()}


def test_another_session_gets_the_same_command_signed_anew(office: Desk) -> None:
    office.order("ping", arguments=HOST)
    before = signed(office)
    office.now_ms += 1000
    born(NODE, "nonce-new", office.now_ms)
    after = signed(office)
    assert after[NODE].id == before[NODE].id
    assert after[NODE].nonce == "nonce-new"
    assert after[NODE].published_ms is None
    assert office.verifies(after[NODE])
    assert after[OTHER].signature == before[OTHER].signature


def test_what_is_about_to_expire_is_signed_anew_and_what_was_accepted_is_not(office: Desk) -> None:
    from center.operations.models import OperationTarget

    office.order("restart-agent", otp=office.code("sari"))
    before = signed(office)
    OperationTarget.objects.filter(node=OTHER).update(state="accepted")
    office.now_ms += 14 * 60_000
    after = signed(office)
    assert after[NODE].expires_ms > before[NODE].expires_ms
    assert after[NODE].id == before[NODE].id
    assert office.verifies(after[NODE])
    assert after[OTHER].expires_ms == before[OTHER].expires_ms


def test_what_has_its_receipt_is_not_signed_again(office: Desk) -> None:
    from center.operations.models import Downlink

    office.order("ping", arguments=HOST)
    signed(office)
    Downlink.objects.filter(node=NODE).update(receipt_at_ms=office.now_ms, outcome="accepted")
    born(NODE, "nonce-new", office.now_ms)
    assert office.office.round() == 0


def test_nothing_is_signed_for_a_node_that_is_away(office: Desk) -> None:
    born(NODE, "nonce-old", hint="offline")
    made = office.order("ping", arguments=HOST).operation
    assert set(signed(office)) == {OTHER}
    assert office.signed(made) == {OTHER}
    born(NODE, "nonce-new", office.now_ms)
    assert signed(office)[NODE].nonce == "nonce-new"


def test_what_was_cancelled_is_not_signed_though_the_row_says_it_is_due(office: Desk) -> None:
    from center.commander.frames import Stop
    from center.operations.models import Operation, OperationTarget

    born(NODE, "", hint="offline")
    made = office.order("ping", nodes=(NODE,), arguments=HOST).operation
    assert office.office.answer(Stop(made, "cancel", "sari")).code == ""
    Operation.objects.filter(pk=made).update(state="running")
    OperationTarget.objects.filter(operation=made).update(state="due")
    born(NODE, "nonce-new", office.now_ms)
    assert office.office.round() == 0


def test_an_order_of_another_life_of_the_database_is_not_signed(office: Desk) -> None:
    from center.ingest.generation import renew_generation

    office.order("ping", arguments=HOST)
    renew_generation()
    assert office.office.round() == 0
    office.restarted()
    assert office.office.round() == 0


def test_an_order_is_not_signed_for_ever(office: Desk) -> None:
    office.order("ping", arguments=HOST)
    office.now_ms += 3 * 86_400_000
    assert office.office.round() == 0


def test_a_command_carried_out_long_ago_is_not_signed_because_its_row_says_it_is_due_again(office: Desk) -> None:
    """The box may have forgotten by then that it did it; the order itself still stands, for a node that was away."""
    from center.commander.frames import Approve
    from center.operations.models import Downlink, OperationTarget

    born(OTHER, "", hint="offline")
    made = office.order("reboot", otp=office.code("sari")).operation
    assert office.office.answer(Approve(made, "budi", office.code("budi"))).code == ""
    assert office.office.round() == 1
    office.now_ms += 80 * 60_000
    OperationTarget.objects.filter(operation=made).update(state="due", due_ms=office.now_ms)
    Downlink.objects.all().delete()
    for node in (NODE, OTHER):
        born(node, f"later-{node}", office.now_ms)
    assert office.office.round() == 1
    assert [row.node for row in office.downlinks()] == [OTHER]


def test_a_row_the_book_does_not_know_is_told_and_never_signed(office: Desk) -> None:
    """An operation invented, a node added to one, the target of one put under another."""
    from center.operations.models import Operation, OperationTarget

    born(NODE, "nonce-1", hint="offline")
    real = office.order("ping", nodes=(NODE,), arguments=HOST).operation
    born(NODE, "nonce-2", office.now_ms)
    invented = Operation.objects.create(
        id=str(uuid.uuid4()), command="reboot", state="running", made_by="x", made_ms=START_MS
    )
    for operation, node in ((invented.id, NODE), (invented.id, OTHER), (real, OTHER)):
        OperationTarget.objects.create(
            id=str(uuid.uuid4()), operation_id=operation, node=node, position=9, state="due", due_ms=START_MS
        )
    assert office.office.round() == 1
    assert [(row.node, body_of(row)["name"]) for row in office.downlinks()] == [(NODE, "ping")]
    assert office.office.facts()["not_in_book"] == 3


def test_arguments_come_from_the_book_whatever_the_rows_say(office: Desk) -> None:
    from center.operations.models import Operation, OperationTarget

    born(NODE, "", hint="offline")
    made = office.order("ping", nodes=(NODE,), arguments=HOST).operation
    Operation.objects.filter(pk=made).update(command="reboot", arguments='{"host":"evil"}')
    OperationTarget.objects.filter(operation=made).update(arguments='{"host":"evil","count":50}')
    born(NODE, "nonce-new", office.now_ms)
    assert body_of(signed(office)[NODE]) == {"name": "ping", "arguments": HOST}


def test_a_target_that_was_given_another_node_is_not_signed(office: Desk) -> None:
    from center.operations.models import OperationTarget

    born(NODE, "", hint="offline")
    made = office.order("ping", nodes=(NODE,), arguments=HOST).operation
    OperationTarget.objects.filter(operation=made).update(node=OTHER)
    assert office.office.round() == 0
    assert office.downlinks() == []


def test_a_grave_order_is_not_signed_because_its_row_says_it_was_approved(office: Desk) -> None:
    from center.operations.models import Operation, OperationTarget

    made = office.order("reboot", otp=office.code("sari")).operation
    Operation.objects.filter(pk=made).update(state="running", second_by="budi", second_ms=office.now_ms)
    OperationTarget.objects.filter(operation=made).update(state="due", due_ms=office.now_ms)
    assert office.office.round() == 0
    assert office.downlinks() == []


def test_the_nonce_of_another_node_is_not_signed_for(office: Desk) -> None:
    office.order("ping", arguments=HOST)
    born(NODE, f"nonce-{OTHER}")
    assert office.office.round() == 0


def test_a_signature_is_for_its_node_leaf_and_session_alone(office: Desk) -> None:
    office.order("restart-agent", otp=office.code("sari"))
    row = signed(office)[NODE]
    assert office.verifies(row)
    assert not office.verifies(row, node=OTHER)
    assert not office.verifies(row, leaf="config")
    for name, value in (("nonce", "x"), ("expires_ms", row.expires_ms + 1), ("id", "x"), ("generation", "x"),
                        ("created_ms", 1), ("body", row.body.replace("restart-agent", "reboot"))):  # fmt: skip
        right = getattr(row, name)
        setattr(row, name, value)
        assert not office.verifies(row), name
        setattr(row, name, right)


def test_a_downlink_somebody_wrote_first_is_overwritten_with_what_was_ordered(office: Desk) -> None:
    """A row under the target's id, with a body of the intruder's."""
    from center.operations.models import Downlink, OperationTarget

    born(NODE, "", hint="offline")
    made = office.order("ping", nodes=(NODE,), arguments=HOST).operation
    target = OperationTarget.objects.get(operation=made)
    Downlink.objects.create(
        id=target.id, node=OTHER, leaf="config", body="{}", generation="x", created_ms=1, nonce="old"
    )
    born(NODE, "nonce-new", office.now_ms)
    row = signed(office)[NODE]
    assert (row.leaf, body_of(row)["name"]) == ("command", "ping")
    assert office.verifies(row)


def test_a_node_enrolled_later_is_ordered_about_by_the_next_order_alone(office: Desk) -> None:
    from center.operations.models import OperationTarget

    made = office.order("ping", arguments=HOST).operation
    enrolled("kel-3673011003")
    born("kel-3673011003", "nonce-3")
    office.office.round()
    assert OperationTarget.objects.filter(operation=made).count() == 2
    assert {row.node for row in office.downlinks()} == {NODE, OTHER}

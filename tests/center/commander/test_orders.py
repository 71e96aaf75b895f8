"""Orders: what each gravity needs, every refusal, and that an order is made once however often it is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commanding import Desk, body_of, desk

NODES = ("kel-3673011001", "kel-3673011002", "kel-3673011003")


@pytest.fixture
def office(center_data: Path) -> Iterator[Desk]:
    with desk(center_data, *NODES) as made:
        yield made


def test_a_look_is_signed_at_once_for_every_connected_node(office: Desk) -> None:
    answer = office.order("ping", arguments={"host": "10.0.0.1"})
    assert answer.code == ""
    assert office.office.round() == 3
    rows = office.downlinks()
    assert {row.node for row in rows} == set(NODES)
    for row in rows:
        assert office.verifies(row)
        assert body_of(row) == {"name": "ping", "arguments": {"host": "10.0.0.1"}}
        assert row.nonce == f"nonce-{row.node}"
    assert set(office.targets(answer.operation).values()) == {"sent"}


def test_a_grave_order_waits_for_a_second_person(office: Desk) -> None:
    from center.commander.frames import Approve

    office.person("sari")
    office.person("budi")
    made = office.order("reboot", otp=office.code("sari"))
    assert made.code == ""
    assert office.office.round() == 0
    alone = office.office.answer(Approve(made.operation, "sari", office.code("sari")))
    assert alone.code == "same_person"
    assert office.office.round() == 0
    approved = office.office.answer(Approve(made.operation, "budi", office.code("budi")))
    assert approved.code == ""
    assert office.office.round() == 3
    assert set(office.targets(made.operation).values()) == {"sent"}


def test_the_same_key_gives_the_same_operation(office: Desk) -> None:
    first = office.order("ping", key="one", arguments={"host": "10.0.0.1"})
    again = office.order("ping", key="one", arguments={"host": "10.0.0.1"})
    other = office.order("ping", key="one", arguments={"host": "10.0.0.2"})
    assert first.operation == again.operation
    assert first.code == again.code == ""
    assert other.code == "state"
    office.office.round()
    assert len(office.downlinks()) == 3

"""Orders: what each gravity needs, every refusal, and that an order is made once however often it is asked for."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.commanding import Desk, body_of, desk

NODES = ("kel-3673011001", "kel-3673011002", "kel-3673011003")
HOST = {"host": "10.0.0.1"}
TOML = "[probes]\ninterval_s = 30\n"


@pytest.fixture
def office(center_data: Path) -> Iterator[Desk]:
    with desk(center_data, *NODES) as made:
        yield made


def test_a_look_is_signed_at_once_for_every_connected_node(office: Desk) -> None:
    answer = office.order("ping", arguments=HOST)
    assert answer.code == ""
    assert office.office.round() == 3
    rows = office.downlinks()
    assert {row.node for row in rows} == set(NODES)
    for row in rows:
        assert office.verifies(row)
        assert body_of(row) == {"name": "ping", "arguments": HOST}
        assert row.nonce == f"nonce-{row.node}"
    assert office.signed(answer.operation) == set(NODES)


def test_a_touch_needs_one_person_and_their_code(office: Desk) -> None:
    office.person("sari")
    assert office.order("restart-agent").code == "otp"
    assert office.order("restart-agent", otp=office.code("sari")).code == ""
    assert office.office.round() == 3


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
    assert office.signed(made.operation) == set(NODES)
    again = office.office.answer(Approve(made.operation, "budi", ""))
    assert (again.code, again.operation) == ("", made.operation)


def test_nobody_approves_what_was_ordered_too_long_ago(office: Desk) -> None:
    from center.commander.frames import Approve

    office.person("sari")
    office.person("budi")
    made = office.order("reboot", otp=office.code("sari"))
    office.now_ms += 31 * 60_000
    late = office.office.answer(Approve(made.operation, "budi", office.code("budi")))
    assert late.code == "state"
    assert office.office.round() == 0


def test_the_same_key_gives_the_same_operation(office: Desk) -> None:
    office.person("sari")
    first = office.order("restart-agent", key="one", otp=office.code("sari"))
    again = office.order("restart-agent", key="one", otp="000000")
    other = office.order("restart-agent", key="one", nodes=NODES[:1], otp=office.code("sari"))
    assert first.operation == again.operation
    assert first.code == again.code == ""
    assert other.code == "state"
    office.office.round()
    assert len(office.downlinks()) == 3


@pytest.mark.parametrize(
    ("command", "fields", "code"),
    [
        ("dance", {}, "command"),
        ("ping", {}, "arguments"),
        ("ping", {"arguments": {"host": "x", "more": 1}}, "arguments"),
        ("ping", {"arguments": {"host": "x y"}}, "arguments"),
        ("ping", {"arguments": {"host": "x", "count": 51}}, "arguments"),
        ("ping", {"arguments": HOST, "toml": TOML}, "arguments"),
        ("ping", {"arguments": HOST, "note": "a\0b"}, "arguments"),
        ("ping", {"arguments": HOST, "nodes": (NODES[0], NODES[0])}, "nodes"),
        ("ping", {"arguments": HOST, "nodes": (NODES[0], "kel-3673019999")}, "nodes"),
        ("ping", {"arguments": HOST, "per_node_arguments": {"kel-3673019999": HOST}}, "arguments"),
        ("ping", {"arguments": HOST, "per_node_arguments": {NODES[1]: {"host": ""}}}, "arguments"),
        ("config", {"toml": "[probes"}, "arguments"),
        ("config", {"toml": ""}, "arguments"),
        ("config", {"toml": TOML, "arguments": HOST}, "arguments"),
        ("config", {"toml": TOML, "per_node": {NODES[0]: "= 1"}}, "arguments"),
        ("config", {"toml": TOML, "per_node": {"kel-3673019999": TOML}}, "arguments"),
        ("keys", {"arguments": {"keys": "A" * 43 + "="}}, "arguments"),
        ("restart-agent", {"by": "mallory", "otp": "123456"}, "person"),
        ("restart-agent", {"otp": "123456"}, "otp"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(
    office: Desk, command: str, fields: dict[str, Any], code: str
) -> None:
    from center.operations.models import Operation

    office.person("sari")
    answer = office.order(command, **fields)
    assert answer.code == code, answer
    assert answer.detail
    assert answer.operation == ""
    assert not Operation.objects.exists()
    assert not office.office.book.since("order", 0)
    (counted,) = office.refusals()
    assert counted[0] == code


def test_a_retired_node_is_not_ordered_about(office: Desk) -> None:
    from center.sites.models import Node

    Node.objects.filter(pk=NODES[1]).update(retired=True)
    assert office.order("ping", arguments=HOST).code == "nodes"
    assert office.order("ping", nodes=(NODES[0],), arguments=HOST).code == ""


def test_looks_are_bounded_over_all_accounts(office: Desk) -> None:
    """240 nodes a minute; one order for more goes when the minute before it was quiet."""
    codes = [office.order("ping", by=f"by{number}", arguments=HOST).code for number in range(81)]
    assert codes[:80] == [""] * 80
    assert codes[80] == "rate"
    office.now_ms += 61_000
    assert office.order("ping", arguments=HOST).code == ""


def test_waves_are_numbered_and_only_the_first_is_due(office: Desk) -> None:
    from center.commander.frames import Roll
    from center.operations.models import Operation

    made = office.order("ping", arguments=HOST, roll=Roll(canary=1, batch_size=1, pause_s=60))
    assert office.targets(made.operation) == {NODES[0]: "due", NODES[1]: "queued", NODES[2]: "queued"}
    assert office.waves(made.operation) == [1, 2, 3]
    operation = Operation.objects.get(pk=made.operation)
    assert (operation.canary, operation.batch_size, operation.pause_s, operation.wave) == (1, 1, 60, 1)
    assert office.office.round() == 1


def test_each_node_gets_its_own_configuration_under_one_rising_number(office: Desk) -> None:
    from center.fleet.models import ConfigPush

    office.person("sari")
    own = '[uplink]\nhost = "10.9.9.9"\n[probes]\ninterval_s = 60\n'
    first = office.order("config", toml=TOML, per_node={NODES[1]: own}, otp=office.code("sari"))
    second = office.order("config", toml=TOML, otp=office.code("sari"))
    assert (first.code, second.code) == ("", "")
    office.office.round()
    bodies = [body_of(row) | {"node": row.node} for row in office.downlinks() if row.leaf == "config"]
    assert {body["revision"] for body in bodies} == {1, 2}
    texts = {body["node"]: body["toml"] for body in bodies if body["revision"] == 1}
    assert texts[NODES[0]] == TOML
    assert texts[NODES[1]] == '[probes]\ninterval_s = 60\n\n[uplink]\nhost = "10.9.9.9"\n'
    pushes = ConfigPush.objects.order_by("revision")
    assert [(push.revision, push.operation) for push in pushes] == [(1, first.operation), (2, second.operation)]


def test_a_number_that_pages_know_of_is_not_given_twice(office: Desk) -> None:
    """A book that was lost, and a database that was not."""
    from center.fleet.models import ConfigPush
    from center.ingest.generation import current_generation

    ConfigPush.objects.create(generation=current_generation(), revision=7, toml=TOML, made_by="x", made_ms=1)
    office.person("sari")
    office.order("config", toml=TOML, otp=office.code("sari"))
    assert ConfigPush.objects.order_by("-revision")[0].revision == 8


def test_cancel_pause_and_resume_reach_the_rows(office: Desk) -> None:
    from center.commander.frames import Roll, Stop
    from center.operations.models import Operation

    made = office.order("ping", arguments=HOST, roll=Roll(batch_size=1)).operation

    def state(what: str) -> tuple[str, str]:
        code = office.office.answer(Stop(made, what, "sari")).code
        return code, Operation.objects.get(pk=made).state

    assert state("pause") == ("", "paused")
    assert state("pause") == ("", "paused")
    assert state("resume") == ("", "running")
    assert state("cancel") == ("", "cancelled")
    assert state("cancel") == ("", "cancelled")
    assert state("resume") == ("state", "cancelled")
    assert office.office.answer(Stop("nothing", "cancel", "sari")).code == "state"
    assert office.office.round() == 0

"""Neighbours of a cut node out of the centre's own tables: who is asked, at which address, and what they have said."""

import json
from pathlib import Path

import msgspec
import pytest

from center.broker_log import FILE
from center.core.broker_watch import Seen
from tests.support import wall_city
from tests.support.arrivals import RECEIVED, project_all, store_records
from tests.support.commander_door import commander_program
from tests.support.fleet import record, report_body

CUT, NEXT, AWAY = "kel-3673011001", "kel-3673011002", "kel-3673011003"


@pytest.fixture
def city(center_data: Path) -> Path:
    """Three boxes of one provider; the first is down, and on the line of the second."""
    from center.sites.models import Link, Provider, Upstream, UpstreamKind

    wall_city.add_sites()
    for node, state in ((CUT, "DOWN"), (NEXT, "UP"), (AWAY, "UP")):
        wall_city.add_node(node, state)
    Link.objects.all().delete()
    provider = Provider.objects.create(code="isp-a", name="ISP A")
    for code, nodes in (("ring-1", (CUT, NEXT)), ("ring-2", (AWAY,))):
        line = Upstream.objects.create(code=code, name=code, kind=UpstreamKind.LINE, provider=provider)
        for node in nodes:
            Link.objects.create(site_id=node, upstream=line)
    return center_data


def tell_address(data: Path, node: str, address: str, seq: int = 1) -> None:
    """A report with what the probe `address` found, and one after it in which it did not run."""
    window = {"probe": "address", "target": "local", "state": "up", "sent": 0, "lost": 0, "detail": {"ipv4": address}}
    bodies = [report_body(probes=[window]), report_body()]
    rows = [record(seq + place, "report", body) for place, body in enumerate(bodies)]
    store_records(data, rows, "health", RECEIVED, node=node)
    project_all(data)


def broker_saw(data: Path, nodes: dict[str, dict[str, int]]) -> None:
    (data / FILE).parent.mkdir(parents=True, exist_ok=True)
    (data / FILE).write_bytes(msgspec.json.encode(Seen(1, nodes=nodes)))


def test_the_order_names_siblings_and_the_address_the_node_last_told(city: Path) -> None:
    from center.operations.witnessing import order_for

    tell_address(city, CUT, "10.3.1.5/24")
    order = order_for(CUT, "operator")
    assert (order.command, order.by, order.nodes) == ("witness", "operator", (AWAY, NEXT))
    assert order.arguments == {"node": CUT, "host": "10.3.1.5"}
    assert order.per_node_arguments == {}
    assert order.key != order_for(CUT, "operator").key


def test_of_two_addresses_the_newer_one_counts_and_that_of_the_broker_above_it(city: Path) -> None:
    from center.operations.witnessing import order_for

    tell_address(city, CUT, "192.168.1.20/24")
    broker_saw(city, {"10.9.8.7": {CUT: 2_000}, "10.9.8.6": {CUT: 1_000}, "10.9.8.5": {NEXT: 3_000}})
    assert order_for(CUT, "operator").arguments["host"] == "10.9.8.7"
    tell_address(city, CUT, "10.9.8.7/24", seq=3)
    assert order_for(CUT, "operator").arguments["host"] == "10.9.8.7"


def test_why_nobody_can_be_asked_is_said(city: Path) -> None:
    from center.connectivity.models import NodeState
    from center.operations.witnessing import WitnessError, order_for

    codes = []
    for prepare in (
        lambda: None,
        lambda: tell_address(city, CUT, "10.3.1.5/24"),
        lambda: broker_saw(city, {"203.0.113.9": {CUT: 1, AWAY: 2}}),
    ):
        prepare()
        if codes:
            NodeState.objects.filter(node__in=(NEXT, AWAY)).update(state="DOWN" if len(codes) == 1 else "UP")
        with pytest.raises(WitnessError) as caught:
            order_for(CUT, "operator")
        codes.append(caught.value.code)
        assert caught.value.indonesian != str(caught.value)
    assert codes == ["address", "neighbours", "neighbours"]
    with pytest.raises(WitnessError) as caught:
        order_for("kel-0000000000", "operator")
    assert caught.value.code == "node"


def test_a_broker_that_tells_nothing_readable_is_no_obstacle(city: Path) -> None:
    from center.operations.witnessing import order_for

    tell_address(city, CUT, "10.3.1.5/24")
    (city / FILE).parent.mkdir(parents=True, exist_ok=True)
    (city / FILE).write_bytes(b"{")
    assert order_for(CUT, "operator").arguments["host"] == "10.3.1.5"


def test_a_press_makes_an_operation_on_the_neighbours_through_the_commander(city: Path) -> None:
    """Looking needs no code; without a commander it is said that nothing was ordered."""
    from center.commander.client import CommanderError
    from center.operations.command_models import OperationTarget
    from center.operations.witnessing import ask_neighbours, newest_about, verdict_of

    tell_address(city, CUT, "10.3.1.5/24")
    with pytest.raises(CommanderError):
        ask_neighbours(CUT, "operator")
    with commander_program(city):
        ordered = ask_neighbours(CUT, "operator")
    targets = OperationTarget.objects.filter(operation_id=ordered).order_by("position")
    assert [target.node for target in targets] == [AWAY, NEXT]
    assert newest_about(CUT) == ordered
    said = verdict_of(ordered)
    assert said is not None
    assert said.code == "waiting"


def operation(ident: str, answers: dict[str, tuple[str, dict[str, object]]], command: str = "witness") -> None:
    from center.operations.command_models import Operation, OperationTarget

    arguments = json.dumps({"node": CUT, "host": "10.3.1.5"})
    made = {"command": command, "state": "running", "made_by": "operator", "made_ms": RECEIVED}
    Operation.objects.create(id=ident, arguments=arguments, **made)
    for position, (node, (state, result)) in enumerate(answers.items()):
        row = {"node": node, "position": position, "state": state, "result": json.dumps(result)}
        OperationTarget.objects.create(id=f"{ident}-{position}", operation_id=ident, **row)


def test_what_they_said_is_read_from_their_results(city: Path) -> None:
    from center.core.witnesses import Verdict
    from center.operations.witnessing import newest_about, verdict_of

    tell_address(city, CUT, "10.3.1.5/24")
    lost, reached = {"reached": False, "last": "10.0.0.1"}, {"reached": True, "last": "10.3.1.5"}
    stories = {
        "running": ({AWAY: ("running", {}), NEXT: ("done", lost)}, Verdict("waiting", 0, 1)),
        "box": ({AWAY: ("done", reached), NEXT: ("failed", {})}, Verdict("box", 1, 1)),
        "line": ({AWAY: ("done", lost), NEXT: ("done", lost)}, Verdict("line", 0, 2, "10.0.0.1")),
        "router": ({AWAY: ("done", {**lost, "last": "10.3.1.1"})}, Verdict("router", 0, 1, "10.3.1.1")),
        "nobody": ({AWAY: ("expired", {}), NEXT: ("rejected", {})}, Verdict("unmeasured", 0, 0)),
    }
    for ident, (answers, _) in stories.items():
        operation(ident, answers)
    assert {ident: verdict_of(ident) for ident in stories} == {ident: wanted for ident, (_, wanted) in stories.items()}
    operation("other", {AWAY: ("done", {})}, command="ping")
    assert verdict_of("other") is verdict_of("no such") is None
    assert newest_about(CUT) in stories
    assert newest_about(AWAY) == ""

"""Whatever is lost, forged, repeated, late or killed: every command has exactly one end, the same on both sides."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.afar_world import World
from tests.support.commanding import desk

NODES = ("kel-3673011001", "kel-3673011002", "kel-3673011003")
FLOW = ("sign", "publish", "deliver", "work", "send", "arrive", "project", "carry_on")
TROUBLE = (
    "killed", "stop", "lose", "replay", "forge", "slander", "connect", "disconnect", "restart", "wait", "replay",
)  # fmt: skip
PICKS = st.integers(0, 5000)
DEEDS = st.one_of(
    st.tuples(st.sampled_from(FLOW), PICKS),
    st.tuples(st.sampled_from(TROUBLE), PICKS),
    st.tuples(st.just("flow"), PICKS),
    st.tuples(st.just("flow"), PICKS),
)
SCHEDULES = st.lists(DEEDS, min_size=12, max_size=50)
ROLLS = st.sampled_from([(0, 0, 100), (1, 1, 34), (0, 2, 0)])
Schedule = list[tuple[str, int]]


@contextmanager
def after(data: Path, roll: tuple[int, int, int], schedule: Schedule) -> Iterator[World]:
    """A world in which an operation went over the nodes while all this happened, and then there was peace."""
    from center.commander.frames import Roll

    shutil.rmtree(data / "commander", ignore_errors=True)  # or its book would bring back what was asked before
    with desk(data, *NODES) as office:
        world = World(data, office)
        for number in range(len(NODES)):
            world.connect(number)
        made = office.order("ping", arguments={"host": "10.0.0.1"}, roll=Roll(*roll, pause_s=7))
        world.operation = made.operation
        for name, pick in schedule:
            getattr(world, name)(pick)
        world.stop(1)  # a pause is not for ever
        world.settle()
        yield world


def require_one_end_each(world: World) -> None:
    from center.operations import orders

    row = orders.operation(world.operation)
    assert row is not None and row.settled, row
    nodes = {node.name: node for node in world.nodes}
    for target in orders.targets(world.operation):
        node = nodes[target.node]
        assert target.final and node.runs.get(target.id, 0) <= 1
        ends = node.ends.get(target.id, [])
        assert len(ends) <= 1
        if ends:
            assert (target.state, target.code, target.by_node) == (*ends[0], True)
        else:
            assert (target.by_node, target.id in node.kept) == (False, False)
            assert target.state in {"expired", "skipped"}
        assert not target.result


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROLLS, SCHEDULES)
def test_every_command_has_one_end_and_both_sides_agree(
    center_data: Path, roll: tuple[int, int, int], schedule: Schedule
) -> None:
    with after(center_data, roll, schedule) as world:
        require_one_end_each(world)
        asked = [set(node.kept) for node in world.nodes]
        assert all(len(ids) <= 1 for ids in asked) and not set.intersection(*asked)

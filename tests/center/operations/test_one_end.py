"""Whatever is lost, forged, repeated, late or killed: every command has exactly one end, the same on both sides."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.afar_world import World
from tests.support.commanding import desk

NODES = ("kel-3673011001", "kel-3673011002", "kel-3673011003")
FLOW = ("sign", "publish", "deliver", "work", "send", "arrive", "project", "carry_on")
TROUBLE = (
    "killed", "stop", "lose", "replay", "forge", "slander", "connect", "disconnect", "restart", "wait", "replay",
    "new_card",
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


def disagreements(data: Path, roll: tuple[int, int, int], schedule: Schedule) -> list[str]:
    """Commands without exactly one end, or with another at the centre than at their node; nodes that were asked what
    was not theirs."""
    from center.operations import orders

    with after(data, roll, schedule) as world:
        row = orders.operation(world.operation)
        found = world.astray + ([] if row is not None and row.settled else [f"not over: {row}"])
        targets = {one.node: one for one in orders.targets(world.operation)}
        for node in world.nodes:
            one, ends = targets[node.name], node.ends.get(targets[node.name].id, [])
            former = [end for card in node.former for end in card.get(one.id, [])]
            own = {"expired", "skipped"} | ({"failed"} if node.former else set())
            right = (one.state, one.code) in (*ends, *former) if one.by_node else one.state in own and not ends
            if not right or len(ends) > 1 or node.runs.get(one.id, 0) > 1 or one.result:
                found.append(f"{one} but at the node {ends}")
            if set(node.kept) - {one.id} or (node.kept and not ends):
                found.append(f"{node.name} keeps {node.kept}")
    return found


def patient(examples: int) -> settings:
    """A database per test, not per example; a busy machine takes its time."""
    return settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@patient(6)
@given(ROLLS, SCHEDULES)
def test_every_command_has_one_end_and_both_sides_agree(
    center_data: Path, roll: tuple[int, int, int], schedule: Schedule
) -> None:
    assert disagreements(center_data, roll, schedule) == []


@pytest.mark.full
@patient(60)
@given(ROLLS, SCHEDULES)
def test_and_so_it_is_in_many_more_schedules(center_data: Path, roll: tuple[int, int, int], schedule: Schedule) -> None:
    assert disagreements(center_data, roll, schedule) == []

"""Every fault really bites, is really undone, and every healthy variant looks as unusual as it says."""

import time
from contextlib import ExitStack
from random import Random

import pytest

from tests.netlab import signs
from tests.netlab.fault import Breaking, Expected, Fault
from tests.netlab.table import ALL, FAULTS, HEALTHY
from tests.netlab.town import Town
from wire.verdicts import VERDICTS

pytestmark = [pytest.mark.netns, pytest.mark.timeout(300)]
_PATIENCE_S = 60.0
_QUICK = (
    "cable_out", "gateway_off", "uplink_down", "routing_loop", "port_filtered", "certificate_expired",
    "names_hijacked", "mtu_reduced", "large_packets_vanish_down", "site_certificate_ends_soon",
)  # fmt: skip
"""One of each kind of making a fault; the others are looked at in the long suite."""


def _cases() -> list[object]:
    rows = (*FAULTS, *HEALTHY)
    return [pytest.param(row, id=row.name, marks=() if row.name in _QUICK else pytest.mark.full) for row in rows]


def test_the_table_is_as_large_as_promised_and_speaks_of_known_verdicts() -> None:
    assert len(FAULTS) >= 40
    assert len(HEALTHY) >= 5
    assert len(ALL) == len(FAULTS) + len(HEALTHY)
    assert {"L0", "OK", "I2", "W4"} <= set(VERDICTS)


@pytest.mark.parametrize("fault", _cases())
def test_a_fault_bites_while_it_is_there_and_not_afterwards(town: Town, fault: Fault) -> None:
    assert _until(lambda: not signs.well(town)), f"the town is ill before anything was done: {signs.well(town)}"
    with ExitStack() as undo:
        expected = fault.apply(Breaking(town, Random(f"17 {fault.name}"), undo))
        assert expected.exact | expected.coarse | expected.also <= set(VERDICTS)
        assert _until(expected.shows), f"{fault.name} {dict(expected.params)} cannot be seen from the node"
        if fault.healthy:
            assert expected.exact == {"OK"}
    assert _until(lambda: not signs.well(town)), f"after {fault.name}: {signs.well(town)}"
    if not fault.healthy:
        assert _gone(expected), f"{fault.name} still shows after it was undone"


def _gone(expected: Expected) -> bool:
    return _until(lambda: not expected.shows())


def _until(condition: object) -> bool:
    """Whether the condition comes true in time: neighbours must be found again, a busy machine takes its time."""
    assert callable(condition)
    end = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True

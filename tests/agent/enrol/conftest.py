"""One broker and one listener of the same authority for all of these tests; each test has its own box and node."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from agent.enrol import brokertest, door
from tests.support.broker import RunningBroker, running_broker
from tests.support.enrol_box import EnrolBox
from tests.support.enrolment_listener import Listener, listening

_NUMBERS = count(3673011001)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that does come is waited for, however busy the machine is."""
    monkeypatch.setattr(door, "_STEP_S", 120.0)


@pytest.fixture
def heard_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The broker is asked by one who waits for its refusal, however late it comes; where it refuses nothing, that is a
    wait for nothing. `undo` ends it."""
    with monkeypatch.context() as waiting:
        waiting.setattr(brokertest, "_SHORTEST_PAUSE_S", 25.0)
        waiting.setattr(brokertest, "_LONGEST_PAUSE_S", 25.0)
        yield waiting


@pytest.fixture
def listener(broker: RunningBroker) -> Iterator[Listener]:
    with listening(broker.authority) as running:
        yield running


@pytest.fixture
def box(tmp_path: Path, listener: Listener, broker: RunningBroker) -> EnrolBox:
    return EnrolBox(tmp_path / "box", listener, broker.port, node=f"kel-{next(_NUMBERS)}")

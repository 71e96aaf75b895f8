"""One broker and one listener of the same authority for all of these tests; each test has its own box and node."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.broker import RunningBroker, running_broker
from tests.support.enrol_box import EnrolBox
from tests.support.enrolment_listener import Listener, listening

_NUMBERS = count(3673011001)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def listener(broker: RunningBroker) -> Iterator[Listener]:
    with listening(broker.authority) as running:
        yield running


@pytest.fixture
def box(tmp_path: Path, listener: Listener, broker: RunningBroker) -> EnrolBox:
    return EnrolBox(tmp_path / "box", listener, broker.port, node=f"kel-{next(_NUMBERS)}")

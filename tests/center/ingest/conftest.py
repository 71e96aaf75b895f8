"""A broker, a database read from beside, and one node with an open session."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.broker import RunningBroker, running_broker
from tests.support.fleet import Database, FakeUplink, uplink


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RunningBroker]:
    """A real mosquitto over mutual TLS."""
    with running_broker(tmp_path) as running:
        yield running


@pytest.fixture
def database(center_data: Path) -> Database:
    """The centre's database file."""
    return Database(center_data)


@pytest.fixture
def node(broker: RunningBroker) -> Iterator[FakeUplink]:
    """One enrolled node, connected."""
    with uplink(broker) as session:
        yield session

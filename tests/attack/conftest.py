"""The city's own broker for attacks, one per file; the centre listens at it as ingest does."""

from collections.abc import Iterator

import pytest

from tests.support.broker import RunningBroker, running_broker
from tests.support.lab import Lab, laboratory
from tests.support.mqtt import Peer, peer
from wire import topics


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running_broker(tmp_path_factory.mktemp("city")) as running:
        yield running


@pytest.fixture
def center(broker: RunningBroker) -> Iterator[Peer]:
    """As ingest: hears all records and births."""
    with peer(broker, broker.issue_center("center-ingest-1")) as connected:
        connected.subscribe(topics.UP_FILTER)
        connected.subscribe(topics.STATE_FILTER)
        yield connected


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Boxes and cables of a test of its own; needs root."""
    with laboratory() as made:
        yield made

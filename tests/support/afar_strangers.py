"""Centres that a box can be sent to by mistake: another one's, and one that takes everything and answers nothing."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from center.broker import BrokerConfig
from center.pki import open_authority
from tests.support.afar_centre import AfarCentre
from tests.support.broker import RunningBroker, running_broker
from tests.support.ports import free_port


@contextlib.contextmanager
def foreign_centre(folder: Path, centre: AfarCentre) -> Iterator[RunningBroker]:
    """A broker of another authority, on the same network: it and the box believe each other nothing."""
    with running_broker(folder, centre.mqtt_host) as broker:
        yield broker


@contextlib.contextmanager
def deaf_centre(folder: Path, centre: AfarCentre) -> Iterator[RunningBroker]:
    """A broker with this centre's own certificate and nobody behind it, as one that was set up for an exercise: the box
    connects, its records are taken from it, and no word ever comes back."""
    directory = folder / "deaf"
    directory.mkdir()
    config = BrokerConfig(host=centre.mqtt_host, port=free_port(centre.mqtt_host))
    broker = RunningBroker(directory, config, open_authority(centre.data / "pki"))
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()

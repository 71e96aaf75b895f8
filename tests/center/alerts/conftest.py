"""Fixtures of the alerts' tests: a centre with a site, a channel and a route, and receivers that really listen."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.alerts import Receiver, add_channel, add_route, listening


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver in a thread of this process answers late on a busy machine; that is no failure of a channel."""
    for module, name in (("http_post", "TIMEOUT_S"), ("http_post", "DEADLINE_S"), ("channels.email", "TIMEOUT_S")):
        monkeypatch.setattr(f"center.alerts.{module}.{name}", 90.0)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """An HTTP server that takes what channels post and remembers it."""
    with listening() as server:
        yield server


@pytest.fixture
def hooked(center_data: Path, receiver: Receiver) -> Path:
    """A webhook channel "piket" to the receiver with a route for everything; the data directory."""
    add_channel("piket", "webhook", {"url": receiver.url})
    add_route("piket")
    return center_data


@pytest.fixture
def service(center_data: Path) -> Iterator[Callable[[], Any]]:
    """Makes alerts processes that run in this one: call `round()` on them."""
    import threading

    from center.alerts.channel import Centre
    from center.alerts.owner import Owner
    from center.alerts.service import Service

    held: list[Any] = []

    def make() -> Service:
        owner = Owner(center_data)
        lock = owner.alive()
        lock.__enter__()
        held.append(lock)
        return Service(Centre(center_data), owner, threading.Event())

    yield make
    for lock in held:
        lock.__exit__(None, None, None)

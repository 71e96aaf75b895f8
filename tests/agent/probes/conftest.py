"""Fixtures of the probes' tests: a real broker of a module, a small authority of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.broker import RunningBroker, running_broker
from tests.support.broker_probe import NODE
from tests.support.serving import Certificates


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running_broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker probe waits for a server's objection until it comes: a busy machine may take more than the quarter of
    a second after which silence is consent."""
    for name in ("_OBJECTION_MIN_S", "_OBJECTION_MAX_S"):
        monkeypatch.setattr(f"agent.probes.broker.{name}", 30.0)


@pytest.fixture
def own(tmp_path: Path) -> tuple[Certificates, Path]:
    """A small authority, and a node's credentials from it."""
    made = Certificates(tmp_path / "own")
    folder = tmp_path / "credentials"
    folder.mkdir()
    certificate, key = made.leaf(NODE, days=30)
    shutil.copy(made.ca, folder / "ca.crt")
    shutil.copy(certificate, folder / "node.crt")
    shutil.copy(key, folder / "node.key")
    return made, folder

"""Fixtures and options for every test: Hypothesis without deadlines (two busy cores), and a repeatable run.

The long suite hands out whole files. Those that take longest begin first, or one worker ends alone with the last of
them while the others have nothing left to do.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

LONGEST_FIRST = (
    "tests/netlab/test_diagnosis.py",  # with the two below, which wait nearly all the time: it judges what is slow
    "tests/agent/uplink/test_slow_link.py",
    "tests/agent/uplink/test_bad_line.py",
    "tests/chaos/disk/test_bad_disks.py",  # a worker takes a second file at once: behind the longest a shorter one
    "tests/chaos/test_faults.py",
    "tests/netlab/test_faults.py",
    "tests/center/test_backup.py",
    "tests/chaos/disk/test_agents.py",
    "tests/chaos/test_short.py",
    "tests/chaos/disk/test_power_cuts.py",
    "tests/center/test_backup_postgresql.py",
    "tests/e2e/test_audit_of_a_real_outbox.py",
    "tests/chaos/disk/test_damage.py",
    "tests/chaos/test_scenarios.py",
    "tests/systemd/test_installation.py",
    "tests/systemd/test_center_installation.py",
)
"""A minute and more each. The order of the others is of no account."""


settings.register_profile(
    "sandi",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
    database=None,
    max_examples=100,
)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("sandi")


@pytest.hookimpl(trylast=True)  # after what is not asked for has been taken out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long in the long suite come first; the short one is shared out test by test, as it lies."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    if all(item.get_closest_marker("full") for item in items):
        items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder whose fsync costs nothing: for what is judged by what is read, not by what survives."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)

"""Fixtures and options for every test: Hypothesis without deadlines (two busy cores), and a repeatable run.

The long suite hands out whole files. Those that take longest begin first, or one worker ends alone with the last of
them while the others have nothing left to do.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from tests.support.made_once import FOLDER

LONGEST_FIRST = (
    "tests/netlab/test_diagnosis.py",  # with the two below, which wait nearly all the time: it judges what is slow
    "tests/agent/uplink/test_slow_link.py",
    "tests/agent/uplink/test_bad_line.py",
    "tests/city_month/test_database.py",  # a worker takes a second file at once: behind the longest a shorter one
    "tests/systemd/test_undo_power.py",  # and these wait for boxes, which wait for their guards
    "tests/systemd/test_undo_update.py",
    "tests/systemd/test_undo_config.py",
    "tests/systemd/test_package.py",  # these make the bundle and the slots that others put to use
    "tests/systemd/test_center_installation.py",
    "tests/systemd/test_installation.py",
    "tests/center/test_backup_postgresql.py",
    "tests/center/web/test_axe.py",
    "tests/agent/kiosk_web/test_wiping.py",
    "tests/e2e/test_eyes_line.py",
    "tests/e2e/test_blind_centre.py",
    "tests/e2e/test_field_journey.py",
    "tests/agent/kiosk_web/test_visits.py",
    "tests/agent/test_self_watch.py",
    "tests/center/open311/test_fuzzed.py",
    "tests/center/web/test_wall_endurance.py",
    "tests/agent/cameras/test_faults.py",
    "tests/chaos/voices/test_voices.py",
    "tests/chaos/test_scenarios.py",
    "tests/chaos/test_faults.py",
    "tests/e2e/test_field_arm.py",
    "tests/e2e/test_changed_authority.py",
    "tests/e2e/test_concluded_outage.py",
    "tests/center/worker/test_worker_postgresql.py",
    "tests/e2e/test_backup_restore.py",
    "tests/agent/kiosk_web/test_hostile.py",
    "tests/e2e/test_self_warnings_to_page.py",
    "tests/netlab/test_faults.py",
    "tests/center/test_postgresql.py",
    "tests/city_month/test_month.py",
)
"""A minute and more each. The order of the others is of no account."""
LONG_IN_SHORT = (
    "tests/chaos/test_short.py",
    "tests/e2e/",
    "tests/netlab/test_diagnosis.py",
    "tests/agent/probes/test_outages.py",
    "tests/agent/uplink/test_bad_line.py",
    "tests/agent/test_self_watch.py",
    "tests/agent/test_clock_steps.py",
)
"""Of the short suite, tests that wait for a quarter of a minute and more."""


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


def pytest_configure(config: pytest.Config) -> None:
    """A folder for what all workers of this run share (tests/support/made_once.py); they inherit its name."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="sandi-made-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


@pytest.hookimpl(trylast=True)  # after what is not asked for has been taken out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that take long in the long suite come first. The short one is cut into as many runs of tests as there are
    workers, each of which takes its share of the long tests first and gives away what it does not reach."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    if all(item.get_closest_marker("full") for item in items):
        items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(places)))
        return
    workers = int(getattr(config, "workerinput", {}).get("workercount", 1))
    long = [item for item in items if item.nodeid.startswith(LONG_IN_SHORT)]
    others = [item for item in items if not item.nodeid.startswith(LONG_IN_SHORT)]
    if workers > 1 and len(others) > 100 * len(LONG_IN_SHORT):  # the whole suite, not a few files somebody asked for
        share = -(-len(items) // workers)
        items[:] = _shared_out(long, others, workers, share)


def pytest_collection_finish() -> None:
    """Among what Hypothesis tries are the constants of our own modules that are imported by then, whatever
    `derandomize` says: what a property meets would hang on which tests ran before it in this process. So it knows those
    of the collected files, and learns no more."""
    known = providers._get_local_constants()
    providers._get_local_constants = lambda: known


def _shared_out(long: list[pytest.Item], others: list[pytest.Item], workers: int, share: int) -> list[pytest.Item]:
    """All of them, in runs of `share`: some long ones, then the next of the others in their order."""
    order: list[pytest.Item] = []
    at = 0
    for number in range(workers):
        mine = long[number::workers]
        order += [*mine, *others[at : at + share - len(mine)]]
        at += share - len(mine)
    return [*order, *others[at:]]


@pytest.fixture(autouse=True)
def same_umask() -> Iterator[None]:
    """Commands that are run inside the process narrow what files are made with; the next test must not inherit that."""
    mask = os.umask(0o022)
    os.umask(mask)
    yield
    os.umask(mask)


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """A folder whose fsync costs nothing: for what is judged by what is read, not by what survives."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)

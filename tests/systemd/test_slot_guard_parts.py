"""The guard's small parts: versions in order, states on the disk, and the program itself with the machine's Python."""

import json
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.version import Version
from slotguard import disk
from slotguard.machine import PHASES, State
from slotguard.versions import is_readable, order

from tests.support.guarded_box import SYSTEMD

_NUMBERS = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
_TAILS = st.sampled_from(["", ".dev1", ".dev12", "a1", "b2", "rc1", "rc2", ".post1", ".post202611290955", "rc1.dev3"])
VERSIONS = st.tuples(_NUMBERS, _TAILS).map("".join)


@given(one=VERSIONS, other=VERSIONS)
def test_versions_stand_in_the_order_python_packages_have(one: str, other: str) -> None:
    theirs = (Version(one) > Version(other)) - (Version(one) < Version(other))
    ours = (order(one) > order(other)) - (order(one) < order(other))
    assert ours == theirs


@given(text=st.text(max_size=30))
def test_what_is_no_version_is_older_than_everything(text: str) -> None:
    if not is_readable(text):
        assert order(text) < order("0.dev0")


STATES = st.builds(
    State, phase=st.sampled_from(PHASES), version=st.text(max_size=10), code=st.text(max_size=10),
    attempt=st.integers(0, 9), cameras=st.lists(st.text(max_size=5)).map(tuple), boots=st.integers(0, 3),
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(state=STATES)
def test_a_state_comes_back_from_the_disk_as_it_was(tmp_path: Path, state: State) -> None:
    disk.write_state(tmp_path / "state.json", state)
    assert disk.read_state(tmp_path / "state.json") == state


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.binary(max_size=60) | st.sampled_from([b"[]", b'{"phase": 3}', b'{"phase": "tomorrow"}', b'{"cameras": 5}'])
)
def test_what_is_no_state_is_idle(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "state.json").write_bytes(raw)
    assert disk.read_state(tmp_path / "state.json").phase in PHASES


def test_a_later_guards_state_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(json.dumps(asdict(State("trying", "1.0")) | {"of_tomorrow": True}))
    assert disk.read_state(tmp_path / "state.json") == State("trying", "1.0")


@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="no Python of the system")
def test_the_program_runs_with_the_machines_own_python_and_writes_no_byte_code() -> None:
    before = sorted((SYSTEMD / "slotguard").rglob("*.pyc"))
    done = subprocess.run([SYSTEMD / "slot-guard", "status"], check=False, capture_output=True, text=True, env={})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["phase"] in PHASES
    assert sorted((SYSTEMD / "slotguard").rglob("*.pyc")) == before

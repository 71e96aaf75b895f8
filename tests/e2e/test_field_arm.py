"""The agent built for 64-bit Arm: its certificate, its first record, its words, each instruction an Arm one.

What a board with an Arm processor does is done here by QEMU, one program at a time (`tests/support/arm_box.py`). So
this judges whether it is right, never how fast it is.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agent.control_client import NoDaemonError, ask
from tests.support.arm_box import QEMU, ArmBox
from tests.support.bundles import BUILT_AT
from tests.support.city import ROOT, City, running_city
from tests.support.machine import wait_for
from tests.support.processes import program

pytestmark = [pytest.mark.full, pytest.mark.broker, pytest.mark.timeout(900)]
NODE = "opd-diskominfo"
QEMU_S = 240.0
"""On a busy machine it needs half a minute for what takes a second."""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> ArmBox:
    for name in (QEMU, "dpkg-deb", "apt-get"):
        if shutil.which(name) is None:
            pytest.skip(f"{name} is missing; scripts/test-full installs it")
    folder = tmp_path_factory.mktemp("arm")
    return ArmBox(folder / "box", _bundle(folder / "bundle"))


def _bundle(target: Path) -> Path:
    """What a technician carries to a site; for the Python of the release this machine runs."""
    from tests.support.arm_root import python_version

    done = subprocess.run(
        [str(ROOT / "scripts/bundle"), str(target), "aarch64", python_version()],
        check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        env={**os.environ, **BUILT_AT},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with running_city(tmp_path_factory.mktemp("city"), enrolled=()) as city:
        (city.data / "center.toml").write_text(f'[mqtt]\nport = {city.mqtt_port}\nnames = ["127.0.0.1"]\n')
        yield city


def test_it_is_an_arm_program_through_and_through(box: ArmBox) -> None:
    libraries = "import os, msgspec, nacl.bindings, psutil; print(os.uname().machine)"
    child = "import os; print(os.uname().machine)"
    starts = f"import subprocess, sys; print(subprocess.check_output([sys.executable, '-c', {child!r}]).decode())"
    assert box.python(f"{libraries}; {starts}").split() == ["aarch64", "aarch64"]


def test_it_enrols_and_its_first_record_is_stored_and_acknowledged(box: ArmBox, city: City, tmp_path: Path) -> None:
    card, keys, state = tmp_path / "card", tmp_path / "credentials", tmp_path / "enrol"
    city.command("provision", NODE, "--model", "pi-4b", "--role", "opd", "--host", "127.0.0.1", "--out", str(card))
    keys.mkdir(mode=0o700)
    where = {"SANDI_ENROL_STATE": str(state)}
    enrolled = box.run(
        "enrol", "--once", "--json", "--card", str(card / "sandi"), "--credentials", str(keys), environment=where
    )
    assert msgspec.json.decode(enrolled.stdout)["state"] == "enrolled"
    assert not (card / "sandi/token").exists(), "the token on the card is used up"
    config = tmp_path / "agent.toml"
    config.write_text(
        f'[node]\nid = "{NODE}"\ndata_dir = "{tmp_path / "data"}"\nrun_dir = "{tmp_path / "run"}"\n'
        f'[uplink]\nhost = "127.0.0.1"\nport = {city.mqtt_port}\ncredentials = "{keys}"\n'
    )
    with program(*box.command("run", "--config", str(config)), environment=box.environment) as agent:
        wait_for(f"a stored record\n{agent.output}", lambda: _stored(city) > 0, QEMU_S)
        wait_for(f"the node up\n{agent.output}", lambda: city.state(NODE) in ("UP", "DEGRADED"), QEMU_S)
        wait_for(f"the acknowledgement\n{agent.output}", lambda: _acknowledged(tmp_path / "run"), QEMU_S)
        said = box.run("status", "--config", str(config), check=False, environment=where).stdout
    assert NODE in said and "tersambung" in said, said


def _acknowledged(run_dir: Path) -> bool:
    """Whether all events the agent has given a number are at the centre, by its own account."""
    try:
        streams = ask(run_dir / "control.sock", {"op": "status"}, timeout_s=60)["outbox"].get("streams", {})
    except NoDaemonError:
        return False
    event = streams.get("event", {"head": 0, "pending": 1})
    return bool(event["head"] >= 1 and event["pending"] == 0)


def _stored(city: City) -> int:
    ((count,),) = city.query("SELECT count(*) FROM ingest_rawrecord WHERE node = ?", NODE)
    return int(str(count))

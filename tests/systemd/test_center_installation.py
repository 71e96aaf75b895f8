"""A centre and a node installed on one really booted machine find each other, and the node is seen to be UP.

Their slots were made by install.sh before, as on a machine where it was interrupted behind that step.
"""

import json
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.machine import Machine, booted
from tests.support.own_time import within

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]

NODE = "kel-3673011001"
OFFLINE = ("/bundle/systemd/install.sh", "--offline-wheels", "/bundle/wheels")
CAMERA = """
[cameras.halaman]
type = "replay"
folder = "/srv/pictures"
interval_s = 5
purpose = "traffic"
notice_posted = true

[cameras.aliran]
type = "rtsp"
url = "rtsp://127.0.0.1:9/"
interval_s = 5
purpose = "traffic"
notice_posted = true
"""
COMPLAINT = json.dumps({"category": "aduan", "text": "Lampu jalan di depan kantor kelurahan padam sejak Senin."})
CENTER = (*OFFLINE, "--role", "center", "--host", "127.0.0.1")


@pytest.fixture(scope="module")
def machine(
    machine_root: Path,
    bundle: Path,
    lay: Callable[[Machine, str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Machine]:
    with booted(machine_root, tmp_path_factory.mktemp("machine"), {bundle: "/bundle"}) as machine:
        lay(machine, "center")
        yield machine


@pytest.fixture(scope="module")
def told(machine: Machine) -> str:
    """What installing the centre printed."""
    return machine.run(*CENTER, timeout_s=300).stdout


def _nodes(machine: Machine) -> dict[str, str]:
    listing = machine.run("sandi-center", "nodes", "--json").stdout
    return {row["node"]: row["state"] for row in json.loads(listing)}


def test_the_admin_password_is_shown_to_whoever_installs_and_not_kept_in_the_journal(
    machine: Machine, told: str
) -> None:
    assert told.count("Account admin, password:") == 1
    password = told.split("Account admin, password:")[1].split(maxsplit=1)[0]
    assert machine.show("sandi-center.service", "ActiveState")["ActiveState"] == "active"
    machine.run("journalctl", "--sync")
    assert password not in machine.run("journalctl", "--no-pager").stdout


def test_installing_the_centre_twice_changes_nothing(machine: Machine, told: str) -> None:
    assert machine.run(*CENTER).stdout.strip() == "Nothing changed: all of it is installed already."


def test_a_node_enrolled_and_installed_there_is_seen_up(
    machine: Machine, told: str, lay: Callable[[Machine, str], None]
) -> None:
    as_center = ("runuser", "-u", "sandi-center", "--")
    out = "/var/lib/sandi-center/enrolled"
    machine.run(*as_center, "sandi-center", "enroll", NODE, "--out", out)
    lay(machine, "agent")
    machine.run(*OFFLINE, "--node", NODE, "--host", "127.0.0.1", "--credentials", out, timeout_s=300)
    state = f"SELECT MAX(state) FROM connectivity_nodestate WHERE node = '{NODE}'"
    try:
        machine.wait_for("the centre to see it up", lambda: _told(machine, state) in ("UP", "DEGRADED"))
        machine.wait_for("its list to say so", lambda: _nodes(machine).get(NODE) in ("UP", "DEGRADED"))
    except AssertionError as error:
        for unit in ("sandi-agent.service", "sandi-center.service"):
            error.add_note(f"{unit}:\n{machine.journal(unit)[-4000:]}")
        raise
    assert NODE in _nodes(machine)


def test_its_cameras_and_its_complaints_reach_the_centre_from_inside_the_sandbox(machine: Machine, told: str) -> None:
    """The camera process has a unit and a user of its own, and is switched on by installing again once there are
    cameras; PyAV comes with the first that needs it. A complaint goes in by the intake socket."""
    samples = Path(__file__).resolve().parents[2] / "agent/cameras/samples"
    folder = machine.path("/srv/pictures")
    folder.mkdir()
    for picture in samples.glob("*.jpg"):
        shutil.copy(picture, folder)
    assert not machine.path("/opt/sandi/agent/.camera-packages").exists()
    machine.run("sh", "-c", f"printf '%s' {shlex.quote(CAMERA)} >>/etc/sandi/agent.toml")
    out = "/var/lib/sandi-center/enrolled"
    machine.run(*OFFLINE, "--node", NODE, "--host", "127.0.0.1", "--credentials", out, timeout_s=300)
    machine.run("systemctl", "restart", "sandi-agent")
    hand_in = f"printf '%s' {shlex.quote(COMPLAINT)} | sandi complain --input -"
    machine.wait_for("the intake", machine.path("/run/sandi/intake.sock").exists)  # ready a moment after the agent is
    # A box that is busy may have taken it and answer too late: then it is handed in again.
    machine.wait_for("it to be taken", lambda: machine.run("sh", "-c", hand_in, check=False).returncode == 0)
    pictures = machine.path("/var/lib/sandi-center/pictures")
    try:
        machine.wait_for("a picture", lambda: any(pictures.rglob("*.jpg")))
        machine.wait_for("PyAV to say that nobody streams", lambda: _code(machine, "aliran") == "unreachable")
        complaints = "SELECT COUNT(*) FROM complaints_complaint"
        machine.wait_for("the complaint", lambda: _told(machine, complaints) not in ("", "0"))
    except AssertionError as error:
        for unit in ("sandi-agent.service", "sandi-camera.service"):
            error.add_note(f"{unit}:\n{machine.journal(unit)[-4000:]}")
        raise


def _code(machine: Machine, camera: str) -> str:
    status = machine.run("sandi", "status", "--json", check=False).stdout or "{}"
    return str(json.loads(status).get("cameras", {}).get(camera, {}).get("code", ""))


def _told(machine: Machine, sql: str) -> str:
    """One value straight from the centre's database, read only: for waiting, where its command would be dear."""
    code = (
        "import sqlite3, sys; db = sqlite3.connect('file:/var/lib/sandi-center/center.db?mode=ro', uri=True);"
        "print(db.execute(sys.argv[1]).fetchone()[0])"
    )
    return machine.run("python3", "-c", code, sql).stdout.strip()


def test_taking_the_node_away_leaves_the_centre_running(machine: Machine, told: str) -> None:
    pid = machine.show("sandi-center.service", "MainPID")
    machine.run("/bundle/systemd/install.sh", "--uninstall", "--purge")
    assert machine.show("sandi-center.service", "MainPID") == pid
    assert machine.run("sandi-center", "nodes", "--json").returncode == 0


def test_the_centre_stops_in_time_and_goes_without_its_data(machine: Machine, told: str) -> None:
    with within(30):
        machine.run("systemctl", "stop", "sandi-center.service", timeout_s=180)
    assert machine.show("sandi-center.service", "Result")["Result"] == "success", "none of it had to be killed"
    machine.run("/bundle/systemd/install.sh", "--role", "center", "--uninstall")
    assert not machine.path("/opt/sandi").exists()
    assert machine.path("/var/lib/sandi-center/center.db").exists()

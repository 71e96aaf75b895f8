"""The camera process on a really booted machine: its own user, its own group's door, no key of the node."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.control_client import NoDaemonError, ask
from tests.support.machine import Machine, booted

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]

NODE = "kel-3673011001"
PICTURES = Path(__file__).resolve().parents[2] / "agent" / "cameras" / "samples"
CAMERAS = """
[cameras.halaman]
type = "replay"
folder = "/pictures"
interval_s = 1
purpose = "traffic"
notice_posted = true
"""
UNIT = "sandi-camera"


@pytest.fixture(scope="module")
def node(
    machine_root: Path,
    bundle: Path,
    lay: Callable[[Machine, str], None],
    node_keys: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Machine]:
    """Installed, then given a camera, then installed again: what an update does on a node that has cameras."""
    shown = {bundle: "/bundle", node_keys: "/keys", PICTURES: "/pictures"}
    with booted(machine_root, tmp_path_factory.mktemp("machine"), shown) as machine:
        lay(machine, "agent")
        install = (
            "/bundle/systemd/install.sh", "--offline-wheels", "/bundle/wheels", "--node", NODE, "--host", "127.0.0.1",
            "--credentials", "/keys",
        )  # fmt: skip
        machine.run(*install, timeout_s=300)
        assert machine.run("systemctl", "is-enabled", UNIT, check=False).stdout.strip() == "disabled"
        assert machine.run("stat", "-c", "%U", "/var/lib/sandi-camera").stdout.strip() == UNIT, "before it ever ran"
        machine.run("sh", "-c", f"cat >>/etc/sandi/agent.toml <<'END'\n{CAMERAS}END")
        machine.run("systemctl", "restart", "sandi-agent")
        machine.run(*install, timeout_s=300)
        yield machine


def camera(node: Machine) -> dict[str, object]:
    """What the agent says of it; empty while it does not answer."""
    try:
        return _of_camera(ask(node.path("/run/sandi/control.sock"), {"op": "status"}))
    except NoDaemonError:
        return {}


def _told(node: Machine) -> dict[str, object]:
    """What the command says of it; empty while it has no answer."""
    return _of_camera(msgspec.json.decode(node.run("sandi", "status", "--json", check=False).stdout or "{}"))


def _of_camera(status: dict[str, Any]) -> dict[str, object]:
    return dict(status.get("cameras", {}).get("halaman", {}))


def test_a_node_with_cameras_has_its_camera_process_and_pictures_arrive(node: Machine) -> None:
    assert node.run("systemctl", "is-enabled", UNIT).stdout.strip() == "enabled"
    try:
        node.wait_for("a picture", lambda: camera(node).get("state") == "ok")
    except AssertionError as error:
        raise AssertionError(f"{camera(node)}\n{node.journal(UNIT)}\n{node.journal('sandi-agent')}") from error
    pid = node.show(UNIT, "MainPID")["MainPID"]
    status = node.run("cat", f"/proc/{pid}/status").stdout
    assert "Uid:\t0" not in status and "CapEff:\t0000000000000000" in status
    node.wait_for("its purpose", lambda: _told(node).get("purpose") == "traffic")
    assert node.run("ls", "/var/lib/sandi-camera").stdout.split() == ["masks", "memory"]


def test_who_sets_a_camera_up_has_the_rights_of_the_service(node: Machine) -> None:
    assert node.run("id", "-nG", UNIT).stdout.split() == [UNIT, "video"]
    assert node.run("stat", "-c", "%a %U %G", "/var/lib/sandi-camera").stdout == f"750 {UNIT} {UNIT}\n"
    rights = (
        "import os; from pathlib import Path; from agent.cli_camera_common import use_owners_rights as use\n"
        "use(Path('/var/lib/sandi-camera')); print(os.getuid(), sorted(os.getgroups()))"
    )
    user = node.run("id", "-u", UNIT).stdout.strip()
    groups = sorted(int(one) for one in node.run("id", "-G", UNIT).stdout.split())
    done = node.run("/opt/sandi/agent/bin/python", "-c", rights)
    assert done.stdout == f"{user} {groups}\n"


def test_its_user_reaches_no_key_no_settings_and_no_other_socket(node: Machine) -> None:
    for path in ("/etc/sandi/credentials/node.key", "/etc/sandi/agent.toml", "/var/lib/sandi/outbox.db"):
        done = node.run("runuser", "-u", UNIT, "--", "cat", path, check=False)
        assert done.returncode != 0 and "Permission denied" in done.stderr, path
    ask = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    for name, reached in (("control.sock", False), ("intake.sock", False)):
        done = node.run("runuser", "-u", UNIT, "--", "python3", "-c", ask, f"/run/sandi/{name}", check=False)
        assert (done.returncode == 0) == reached, name
    assert node.run("stat", "-c", "%a %U %G", "/run/sandi/pictures.sock").stdout == "660 sandi sandi-camera\n"


def test_it_stops_in_order_and_the_status_says_that_it_is_gone(node: Machine) -> None:
    node.run("systemctl", "stop", UNIT)
    assert node.show(UNIT, "Result")["Result"] == "success"
    node.wait_for("the status", lambda: camera(node).get("code") == "no_camera_process")
    node.run("systemctl", "start", UNIT)
    node.wait_for("a picture again", lambda: camera(node).get("state") == "ok")
    assert node.show(UNIT, "NRestarts")["NRestarts"] == "0"


def test_uninstalling_keeps_masks_and_their_owner_and_purging_takes_both(node: Machine) -> None:
    node.run("/bundle/systemd/install.sh", "--uninstall")
    assert node.run("systemctl", "is-active", UNIT, check=False).stdout.strip() != "active"
    assert node.run("stat", "-c", "%U", "/var/lib/sandi-camera").stdout.strip() == UNIT
    node.run("/bundle/systemd/install.sh", "--uninstall", "--purge")
    for command in (("getent", "passwd", UNIT), ("getent", "group", UNIT), ("ls", "/var/lib/sandi-camera")):
        assert node.run(*command, check=False).returncode != 0, command

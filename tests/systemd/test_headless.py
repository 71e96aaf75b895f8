"""The two units that lie ready on a node, on a really booted machine: off at first, then doing what they are for."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.machine import Machine, booted

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]

NODE = "kel-3673011001"
PIN = "730251"
# A terminal of 24 lines whose other end is copied to a file: what stands on the screen.
TERMINAL = """
import fcntl, os, pty, struct, termios
master, slave = pty.openpty()
fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
open("/run/pts", "w").write(os.ttyname(slave))
with open("/run/screen", "wb", buffering=0) as copy:
    while True:
        copy.write(os.read(master, 65536))
"""
ASK = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8080/').read().decode())"


@pytest.fixture(scope="module")
def node(
    machine_root: Path,
    bundle: Path,
    lay: Callable[[Machine, str], None],
    node_keys: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Machine]:
    shown = {bundle: "/bundle", node_keys: "/keys"}
    with booted(machine_root, tmp_path_factory.mktemp("machine"), shown) as machine:
        lay(machine, "agent")
        machine.run(
            "/bundle/systemd/install.sh", "--offline-wheels", "/bundle/wheels", "--node", NODE, "--host", "127.0.0.1",
            "--credentials", "/keys", timeout_s=300,
        )  # fmt: skip
        yield machine


@pytest.mark.parametrize("unit", ["sandi-watch@tty1.service", "sandi-lan-page.service"])
def test_they_are_installed_and_off(node: Machine, unit: str) -> None:
    assert node.show(unit, "LoadState", "ActiveState") == {"LoadState": "loaded", "ActiveState": "inactive"}
    assert node.run("systemctl", "is-enabled", unit, check=False).stdout.strip() == "disabled"


def test_the_screen_shows_the_box_on_its_console_as_nobody_in_particular(node: Machine) -> None:
    node.path("/run/terminal.py").write_text(TERMINAL)
    node.run("systemd-run", "--unit=terminal", "python3", "/run/terminal.py")
    node.wait_for("the terminal", lambda: node.path("/run/pts").exists() and node.path("/run/pts").read_text() != "")
    unit = "sandi-watch@" + node.path("/run/pts").read_text().removeprefix("/dev/").replace("/", "-") + ".service"
    node.run("systemctl", "start", unit)
    screen = node.path("/run/screen")
    try:
        node.wait_for("the box's name", lambda: NODE.encode() in screen.read_bytes())
    except AssertionError as error:
        raise AssertionError(f"{screen.read_bytes()!r}\n{node.journal(unit)}") from error
    node.wait_for("the verdict", lambda: b"Putusan" in screen.read_bytes())
    assert screen.read_bytes().isascii()
    pid = node.show(unit, "MainPID")["MainPID"]
    status = node.run("cat", f"/proc/{pid}/status").stdout
    assert "Uid:\t0" not in status
    assert "CapEff:\t0000000000000000" in status
    node.run("systemctl", "stop", unit)
    assert node.show(unit, "Result")["Result"] == "success"


def test_the_page_needs_a_pin_and_its_switch_and_then_serves(node: Machine) -> None:
    node.run("systemctl", "start", "sandi-lan-page", check=False)
    assert node.show("sandi-lan-page", "ActiveState")["ActiveState"] == "inactive"  # no PIN: skipped
    node.run("sh", "-c", f"echo {PIN} | sandi lan-pin set")
    assert node.run("stat", "-c", "%a %U", "/etc/sandi/lan.pin").stdout == "600 root\n"
    node.run("sh", "-c", "printf '\\n[lan_page]\\nenabled = true\\n' >>/etc/sandi/agent.toml")
    node.run("systemctl", "start", "sandi-lan-page")
    end = time.monotonic() + 120
    while (asked := node.run("python3", "-c", ASK, check=False)).returncode and time.monotonic() < end:
        time.sleep(0.3)
    assert "PIN teknisi" in asked.stdout, node.journal("sandi-lan-page")
    pid = node.show("sandi-lan-page", "MainPID")["MainPID"]
    assert "Uid:\t0" not in node.run("cat", f"/proc/{pid}/status").stdout
    assert NODE not in asked.stdout


def test_they_go_with_the_rest(node: Machine) -> None:
    node.run("systemctl", "enable", "sandi-watch@tty1", "sandi-lan-page")
    node.run("/bundle/systemd/install.sh", "--uninstall")
    left = node.run("find", "/etc/systemd/system", "-name", "sandi*").stdout
    assert left == ""
    assert node.show("sandi-lan-page", "ActiveState")["ActiveState"] == "inactive"

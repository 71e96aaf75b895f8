"""The units as files: valid to systemd, and open only where the reason is written down here."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.machine import security_findings

SYSTEMD = Path(__file__).resolve().parents[2] / "systemd"

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")

_NEEDED_BY_BOTH = {
    "PrivateNetwork=": "the network is what it is for",
    "RestrictAddressFamilies=~AF_(INET|INET6)": "the network is what it is for",
    "IPAddressDeny=": "targets and the centre's address are settings",
    "RestrictAddressFamilies=~AF_UNIX": "control and intake sockets, systemd's notifications",
    "RestrictAddressFamilies=~AF_NETLINK": "links, addresses and routes; names for the broker's certificate",
    "RootDirectory=/RootImage=": "runs on the host's Python and its picamera2",
    "ProcSubset=": "readings of load, memory and network come from /proc",
    "SystemCallFilter=~@privileged": "gives the sockets to their groups (chown), which is in that set",
}
_NEEDED_BY_AGENT = _NEEDED_BY_BOTH | {
    "SupplementaryGroups=": "the groups its sockets belong to",
    "PrivateUsers=": "would make every peer at the sockets `nobody`",
    "ProtectClock=": "forbids even asking whether the clock is synchronised",
    "SystemCallFilter=~@resources": "a photo's worker bounds itself",
    "SystemCallFilter=~@clock": "adjtimex, for asking; setting needs CAP_SYS_TIME, which it has not",
}
_NEEDED_BY_CENTER = _NEEDED_BY_BOTH | {
    "MemoryDenyWriteExecute=": "cffi callbacks of the cryptography in use",
    "DeviceAllow=": "the clock device, read only, as ProtectClock= allows it",
}
_NEEDED_BY_BACKUP = {
    "PrivateNetwork=": "PostgreSQL may be on another machine",
    "RestrictAddressFamilies=~AF_(INET|INET6)": "PostgreSQL may be on another machine",
    "IPAddressDeny=": "the database's address is a setting",
    "RestrictAddressFamilies=~AF_UNIX": "PostgreSQL's socket, the journal",
    "RootDirectory=/RootImage=": "runs on the host's Python",
    "MemoryDenyWriteExecute=": "cffi callbacks of the cryptography in use",
    "SystemCallFilter=~@resources": "lowers its own priority beside the running centre",
    "DeviceAllow=": "the clock device, read only, as ProtectClock= allows it",
}

_NEEDED_BY_SCREEN = {
    "PrivateNetwork=": "measures by itself while the agent is down",
    "RestrictAddressFamilies=~AF_(INET|INET6)": "measures by itself while the agent is down",
    "RestrictAddressFamilies=~AF_NETLINK": "links, addresses and routes",
    "RestrictAddressFamilies=~AF_UNIX": "asks the agent at its control socket",
    "IPAddressDeny=": "the centre's address is a setting",
    "RootDirectory=/RootImage=": "runs on the host's Python",
    "SupplementaryGroups=": "the group that may ask the agent",
    "PrivateUsers=": "the agent would see `nobody` at its socket",
    "ProcSubset=": "routes and interfaces are read from /proc",
    "DeviceAllow=": "the console it draws on",
}
_NEEDED_BY_LAN_PAGE = {
    "PrivateNetwork=": "serves the local network",
    "RestrictAddressFamilies=~AF_(INET|INET6)": "serves the local network",
    "IPAddressDeny=": "all but local addresses are denied",
    "RestrictAddressFamilies=~AF_UNIX": "asks the agent at its control socket",
    "RootDirectory=/RootImage=": "runs on the host's Python",
    "SupplementaryGroups=": "the group that may ask the agent",
    "PrivateUsers=": "the agent would see `nobody` at its socket",
    "DeviceAllow=": "the clock device, read only, as ProtectClock= allows it",
}
_NEEDED_BY_SERIAL = {
    "RestrictAddressFamilies=~AF_UNIX": "the agent's intake socket, its own for the screen",
    "RootDirectory=/RootImage=": "runs on the host's Python",
    "SupplementaryGroups=": "the groups of serial lines and printers",
    "PrivateUsers=": "the agent would see `nobody` at its socket",
    "SystemCallFilter=~@privileged": "gives its socket to its group (chown), which is in that set",
    "PrivateDevices=": "serial lines and printers are what it is for",
    "DeviceAllow=": "serial lines and printers, and the clock device, read only, as ProtectClock= allows it",
}
_NEEDED_BY_KIOSK = {
    "PrivateNetwork=": "the browser reaches it on 127.0.0.1",
    "RestrictAddressFamilies=~AF_(INET|INET6)": "the browser reaches it on 127.0.0.1",
    "IPAddressDeny=": "all but 127.0.0.1 is denied",
    "RestrictAddressFamilies=~AF_UNIX": "the intake socket",
    "RootDirectory=/RootImage=": "runs on the host's Python",
    "PrivateUsers=": "the agent would see `nobody` at its socket",
    "DeviceAllow=": "the clock device, read only, as ProtectClock= allows it",
}
_NEEDED_BY_CAMERA = {
    "PrivateNetwork=": "cameras hang in the local network",
    "RestrictAddressFamilies=~AF_(INET|INET6)": "cameras hang in the local network",
    "IPAddressDeny=": "all but local addresses are denied",
    "RestrictAddressFamilies=~AF_UNIX": "the agent's picture door",
    "RestrictAddressFamilies=~AF_NETLINK": "libcamera listens for devices that come and go",
    "RootDirectory=/RootImage=": "runs on the host's Python and its picamera2",
    "SupplementaryGroups=": "the group of webcams and the board's camera",
    "PrivateUsers=": "the agent would see `nobody` at its door",
    "PrivateDevices=": "webcams and the board's camera are what it is for",
    "DeviceAllow=": "webcams and the board's camera, and the clock device, read only, as ProtectClock= allows it",
    "ProcSubset=": "libcamera asks /proc/device-tree which board this is",
    "SystemCallFilter=~@resources": "a camera's worker lowers its own priority",
}


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    """Programs are put where the units look for them, so that only real faults are left to report."""
    programs = tmp_path / "bin"
    programs.mkdir()
    units = [unit for kind in ("service", "timer") for unit in SYSTEMD.glob(f"*.{kind}")]
    for unit in units:
        text = unit.read_text()
        if unit.suffix == ".service":
            (programs / unit.stem).symlink_to("/bin/true")
        lines = [f"ExecStart={programs / unit.stem}" if x.startswith("ExecStart=") else x for x in text.splitlines()]
        (tmp_path / unit.name).write_text("\n".join(lines) + "\n")
    for drop_ins in SYSTEMD.glob("*.service.d"):
        shutil.copytree(drop_ins, tmp_path / drop_ins.name)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in units)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("unit", "needed", "limit"),
    [
        ("sandi-agent.service", _NEEDED_BY_AGENT, 18),
        ("sandi-center.service", _NEEDED_BY_CENTER, 13),
        ("sandi-center-alerts.service", _NEEDED_BY_CENTER, 13),
        ("sandi-center-backup.service", _NEEDED_BY_BACKUP, 13),
        ("sandi-watch@.service", _NEEDED_BY_SCREEN, 13),
        ("sandi-lan-page.service", _NEEDED_BY_LAN_PAGE, 12),
        ("sandi-kiosk-serial.service", _NEEDED_BY_SERIAL, 7),
        ("sandi-kiosk.service", _NEEDED_BY_KIOSK, 12),
        ("sandi-camera.service", _NEEDED_BY_CAMERA, 15),
    ],
)
def test_a_unit_is_open_only_where_it_has_a_reason(unit: str, needed: dict[str, str], limit: int) -> None:
    """`limit` is the exposure in tenths; sets of calls that share one call count more than once in it."""
    findings = security_findings(SYSTEMD / unit)
    assert set(findings) <= set(needed), set(findings) - set(needed)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={limit}", str(SYSTEMD / unit)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-400:]

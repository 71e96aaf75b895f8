"""The Debian package on really booted machines of each Debian: its whole life, from installing to purging.

One boot per release, in the order of a life: what is dear is the machine and each slot.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import packages
from tests.support.debian_root import debian_root, own_codename
from tests.support.machine import Machine, booted

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]

UNIT = "sandi-agent.service"
NODE = "kel-3673011001"
AGENT = f'[node]\nid = "{NODE}"\n\n[uplink]\nhost = "127.0.0.1"\n'
SYSTEMD = packages.REPOSITORY / "systemd"
DEB = "/packages/sandi_{}.deb"
ASIDE = "/root/slot"
HOLD = "/run/hold"
BEGUN = '  mkdir -p -- "$release/.build"\n'
"""Where a slot is half made, in install-release.sh."""
TREES = ("/etc", "/opt", "/srv", "/usr", "/var", "/root", "/home")
# What dpkg, users' tools, the journal and systemd itself keep or renew, whoever was installed.
OF_THE_SYSTEM = re.compile(
    r"/(etc/(passwd|group|shadow|gshadow|subuid|subgid)-|etc/ld\.so\.cache|etc/\.pwd\.lock"
    r"|var/(log|cache|tmp|lib/dpkg|lib/systemd|lib/apt|lib/dbus)(/|$)|usr/lib/python3[.\d]*/.*__pycache__)"
)


@pytest.fixture(scope="session")
def package(machine_root: Path) -> Path:
    """As it is made for the field."""
    return packages.package_in(packages.built_once())


@pytest.fixture(scope="session")
def shelf(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As version 1; 2, whose slot is another one and not made any further as long as HOLD is there; 3, whose slot
    cannot be made because a wheel is missing."""
    scratch, shelf = tmp_path_factory.mktemp("variants"), tmp_path_factory.mktemp("packages")

    def newer(share: Path) -> None:
        with (share / "systemd/requirements-agent.lock").open("a") as lock:
            lock.write("# newer\n")

    def broken(share: Path) -> None:
        newer(share)
        next(share.glob("wheels/msgspec-*.whl")).unlink()
        next(share.glob("wheels/msgspec-*.whl")).unlink()

    packages.variant(package, "1", shelf, scratch, lambda _: None)

    def newer_and_held(share: Path) -> None:
        newer(share)
        script = share / "systemd/install-release.sh"
        steps = script.read_text()
        assert BEGUN in steps
        script.write_text(steps.replace(BEGUN, f"{BEGUN}  while [ -e {HOLD} ]; do sleep 0.2; done\n"))

    packages.variant(package, "2", shelf, scratch, newer_and_held)
    packages.variant(package, "3", shelf, scratch, broken)
    return shelf


@pytest.fixture(params=["bookworm", "trixie"])
def machine(
    request: pytest.FixtureRequest, shelf: Path, node_keys: Path, tmp_path: Path, machine_root: Path
) -> Iterator[Machine]:
    root = machine_root if request.param == own_codename() else debian_root(request.param, more=())
    with booted(root, tmp_path, {shelf: "/packages", node_keys: "/keys", SYSTEMD: "/checkout"}) as machine:
        yield machine


def test_a_package_lives_its_whole_life(machine: Machine) -> None:
    before, accounts = _names(machine), _accounts(machine)
    _beside_install_sh_nothing_is_unpacked(machine)
    _installs_without_network_and_waits_for_its_card(machine)
    _provisioned_it_starts_and_keeps_a_first_record(machine)
    _a_frozen_loop_is_ended_by_the_watchdog(machine)
    _a_slot_that_cannot_be_made_leaves_the_old_one_running(machine)
    _an_interrupted_upgrade_is_finished_later_and_keeps_data(machine)
    _beside_the_package_install_sh_refuses(machine)
    _removal_stops_all_and_keeps_data(machine)
    _installed_again_it_is_as_it_was(machine)
    _without_its_slot_the_command_says_what_to_do(machine)
    machine.run("dpkg", "--purge", "sandi")
    left = {name for name in _names(machine) - before if not OF_THE_SYSTEM.match(name)}
    assert left == set()
    assert _accounts(machine) == accounts
    assert machine.run("dpkg", "--audit").stdout == ""
    # On a busy machine systemd has been seen to list one of them longer, as not found: one whose end was still under
    # way when the package forgot the failed ones.
    machine.wait_for("systemd to let go of the units", lambda: _are_forgotten(machine))
    assert _known_units(machine) == ""


def _installs_without_network_and_waits_for_its_card(machine: Machine) -> None:
    told = machine.run("dpkg", "--install", DEB.format(1), timeout_s=300).stdout
    assert "switching to version" in told
    assert machine.run("dpkg", "--audit").stdout == ""
    assert machine.show(UNIT, "ActiveState", "UnitFileState", "ConditionResult") == {
        "ActiveState": "inactive",
        "UnitFileState": "enabled",
        "ConditionResult": "no",
    }
    assert machine.run("stat", "-c", "%a %U", "/etc/sandi/credentials").stdout == "700 sandi-enrol\n"
    assert machine.run("sandi", "--help").stdout
    assert machine.run("cat", "/proc/sys/net/ipv4/ping_group_range", check=False).stdout.split()[-1:] == ["2147483647"]


def _provisioned_it_starts_and_keeps_a_first_record(machine: Machine) -> None:
    machine.path("/etc/sandi/agent.toml").write_text(AGENT)
    machine.run("chown", "root:sandi-technician", "/etc/sandi/agent.toml")
    machine.run("chmod", "640", "/etc/sandi/agent.toml")
    machine.run("sh", "-c", "install -m 600 -o sandi-enrol -g sandi-enrol /keys/* /etc/sandi/credentials/")
    machine.run("systemctl", "start", UNIT)
    assert machine.show(UNIT, "ActiveState", "Type") == {"ActiveState": "active", "Type": "notify"}
    machine.wait_for("a first record", lambda: _records(machine) > 0)


def _a_frozen_loop_is_ended_by_the_watchdog(machine: Machine) -> None:
    drop_in = f"/run/systemd/system/{UNIT}.d/watchdog.conf"
    machine.run("mkdir", "-p", str(Path(drop_in).parent))
    machine.run("sh", "-c", f"printf '[Service]\\nWatchdogSec=15\\nRestartSec=1\\n' >{drop_in}")
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", UNIT)
    pid = machine.freeze(UNIT)
    machine.wait_for("the watchdog", lambda: _is_active(machine) and _pid(machine) not in (0, pid))
    assert "atchdog timeout" in machine.journal(UNIT)
    machine.run("rm", "-r", str(Path(drop_in).parent))
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", UNIT)


def _a_slot_that_cannot_be_made_leaves_the_old_one_running(machine: Machine) -> None:
    pid, slot = _pid(machine), _slot(machine)
    done = machine.run("dpkg", "--install", DEB.format(3), check=False, timeout_s=300)
    assert done.returncode != 0
    assert "FAILED at: preparing the software in /opt/sandi/releases/" in done.stderr
    assert "sandi" in machine.run("dpkg", "--audit").stdout
    assert (_pid(machine), _slot(machine), _is_active(machine)) == (pid, slot, True)
    assert _slots(machine) == [slot]


def _an_interrupted_upgrade_is_finished_later_and_keeps_data(machine: Machine) -> None:
    """dpkg and all below it are killed while the new slot is being made, as a pulled plug would do it."""
    pid, slot, records, kept = _pid(machine), _slot(machine), _records(machine), _digest(machine)
    machine.run("touch", HOLD)
    machine.run("systemd-run", "--unit=upgrade", "dpkg", "--install", DEB.format(2))
    machine.wait_for("the new slot to begin", lambda: len(_slots(machine)) == 2)
    machine.run("systemctl", "kill", "--signal=KILL", "upgrade")
    machine.wait_for("dpkg to be gone", lambda: not _is_running(machine, "upgrade"))
    machine.run("rm", HOLD)
    assert (_pid(machine), _slot(machine)) == (pid, slot)
    assert machine.run("dpkg", "--audit").stdout != ""
    machine.run("dpkg", "--configure", "-a", timeout_s=300)
    assert machine.run("dpkg", "--audit").stdout == ""
    assert _slot(machine) != slot
    assert set(_slots(machine)) == {slot, _slot(machine)}, "the slot before is kept"
    assert _is_active(machine)
    assert _pid(machine) != pid
    assert _digest(machine) == kept
    assert _records(machine) >= records


def _beside_the_package_install_sh_refuses(machine: Machine) -> None:
    for script in ("install.sh", "uninstall.sh"):
        done = machine.run(f"/checkout/{script}", check=False)
        assert done.returncode == 2
        assert "is a Debian package" in done.stderr


def _removal_stops_all_and_keeps_data(machine: Machine) -> None:
    kept = _digest(machine)
    machine.run("sh", "-c", f"mkdir {ASIDE} && cp --archive {_slot(machine)} {ASIDE}/")
    machine.run("systemctl", "enable", "--now", "sandi-lan-page")
    machine.run("systemctl", "disable", "sandi-enrol")
    machine.run("dpkg", "--remove", "sandi")
    listed = ("systemctl", "list-units", "--plain", "--no-legend", "sandi*")
    machine.wait_for("all of it to have ended", lambda: machine.run(*listed).stdout == "")
    assert not machine.path("/opt/sandi").exists()
    assert machine.run("find", "/etc/systemd/system", "-name", "sandi*").stdout == ""
    assert _digest(machine) == kept
    assert machine.path("/var/lib/sandi/outbox.db").stat().st_size > 0
    assert {"sandi-agent.service", "sandi-lan-page.service"} <= set(
        machine.path("/etc/sandi/units-on").read_text().split()
    ), "the next installation switches on what was on"


def _beside_install_sh_nothing_is_unpacked(machine: Machine) -> None:
    other = machine.path("/etc/systemd/system/sandi-agent.service")
    other.write_text("[Service]\nExecStart=/bin/true\n")
    done = machine.run("dpkg", "--install", DEB.format(1), check=False)
    other.unlink()
    assert done.returncode != 0
    assert "uninstall.sh" in done.stderr
    assert not machine.path("/usr/bin/sandi").exists()


def _installed_again_it_is_as_it_was(machine: Machine) -> None:
    """Its slot is there already: the third time it would be made the same."""
    kept = _digest(machine)
    machine.run("sh", "-c", f"mkdir -p /opt/sandi/releases && mv {ASIDE}/* /opt/sandi/releases/ && rmdir {ASIDE}")
    machine.run("dpkg", "--install", DEB.format(2), timeout_s=300)
    assert _is_active(machine)
    assert machine.show("sandi-lan-page", "UnitFileState")["UnitFileState"] == "enabled"
    assert machine.show("sandi-enrol", "UnitFileState")["UnitFileState"] == "disabled"
    assert _digest(machine) == kept


def _without_its_slot_the_command_says_what_to_do(machine: Machine) -> None:
    machine.run("rm", "/opt/sandi/agent")
    done = machine.run("sandi", "status", check=False)
    assert done.returncode == 2
    assert "dpkg-reconfigure sandi" in done.stderr
    machine.run("dpkg-reconfigure", "sandi", timeout_s=300)
    assert machine.run("sandi", "--help").stdout


def test_the_same_commit_gives_the_same_bytes(package: Path, tmp_path: Path) -> None:
    packages.built(tmp_path)
    again = packages.package_in(tmp_path)
    assert again.read_bytes() == package.read_bytes()


def test_it_holds_what_a_box_without_network_needs_and_nothing_of_this_machine(package: Path) -> None:
    listing = packages.contents(package)
    names = {line.split(maxsplit=5)[5].removeprefix(".") for line in listing.splitlines()}
    for name in ("/usr/bin/sandi", "/usr/lib/systemd/system/sandi-agent.service", "/usr/lib/sysctl.d/60-sandi.conf"):
        assert name in names
    wheels = [name for name in names if name.startswith("/usr/share/sandi/wheels/")]
    for python in ("cp311-cp311", "cp313-cp313"):
        assert any(name.startswith("/usr/share/sandi/wheels/msgspec-") and python in name for name in wheels)
    assert any("/pip-" in name for name in wheels)
    assert not [name for name in names if name.endswith((".pyc", ".key", ".toml")) or "__pycache__" in name]
    assert all(" root/root " in line for line in listing.splitlines())
    assert not [line for line in listing.splitlines() if line[5] == "w" or line[8] == "w"]
    assert packages.field(package, "Architecture") in ("amd64", "arm64")


def _names(machine: Machine) -> set[str]:
    return set(machine.run("find", *TREES, "-xdev").stdout.splitlines())


def _accounts(machine: Machine) -> str:
    return machine.run("sort", "/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow").stdout


def _pid(machine: Machine) -> int:
    return int(machine.show(UNIT, "MainPID")["MainPID"])


def _is_active(machine: Machine) -> bool:
    return machine.show(UNIT, "ActiveState")["ActiveState"] == "active"


def _is_running(machine: Machine, unit: str) -> bool:
    return machine.show(unit, "ActiveState")["ActiveState"] in ("active", "activating", "deactivating")


def _are_forgotten(machine: Machine) -> bool:
    if _known_units(machine):
        machine.run("systemctl", "reset-failed", "sandi*", check=False)
    return _known_units(machine) == ""


def _known_units(machine: Machine) -> str:
    return machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "sandi*").stdout


def _slot(machine: Machine) -> str:
    return machine.run("readlink", "/opt/sandi/agent").stdout.strip()


def _slots(machine: Machine) -> list[str]:
    return machine.run("find", "/opt/sandi/releases", "-mindepth", "1", "-maxdepth", "1").stdout.split()


def _digest(machine: Machine) -> str:
    """Of everything a person or the enrolment has put there, with the name of the epoch."""
    files = "find /etc/sandi -type f ! -name units-on -print0 | sort -z | xargs -0 sha256sum"
    epoch = "sed 's/,.*//' /var/lib/sandi/epoch.json"
    return machine.run("sh", "-c", f"{files}; {epoch}").stdout


def _records(machine: Machine) -> int:
    """Events the running agent holds; each was on the disk before it counted."""
    told: list[str] = []

    def answered() -> bool:
        done = machine.run("sandi", "outbox", "--json", check=False)
        told.extend([done.stdout] if done.returncode == 0 else [])
        return bool(told)

    machine.wait_for("the agent to answer", answered)
    return int(json.loads(told[0])["streams"]["event"]["head"])

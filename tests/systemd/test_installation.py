"""install.sh and the agent's unit on a really booted machine: installing, living through harm, and leaving."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import Machine, booted
from tests.support.own_time import within

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]

UNIT = "sandi-agent.service"
NODE = "kel-3673011001"
INSTALL = (
    "/bundle/systemd/install.sh", "--offline-wheels", "/bundle/wheels", "--node", NODE, "--host", "127.0.0.1",
    "--credentials", "/keys",
)  # fmt: skip
ASIDE = "/root/releases"
"""Where a slot that install.sh has made outlives its uninstallation: it would make the same again."""
TREES = ("/etc", "/opt", "/usr/local", "/var/lib")


@pytest.fixture(scope="module")
def bare(
    machine_root: Path, bundle: Path, node_keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Machine]:
    """A booted machine on which nothing of ours was installed yet."""
    with booted(machine_root, tmp_path_factory.mktemp("machine"), {bundle: "/bundle", node_keys: "/keys"}) as machine:
        yield machine


@pytest.fixture(scope="module")
def tree_before(bare: Machine) -> str:
    return _tree(bare)


@pytest.fixture(scope="module")
def node(bare: Machine, tree_before: str) -> Machine:
    """The machine with a running agent; its slot may be there from another test."""
    bare.run("sh", "-c", f"! test -d {ASIDE} || {{ mkdir -p /opt/sandi && mv {ASIDE} /opt/sandi/releases; }}")
    told = bare.run(*INSTALL, timeout_s=300).stdout
    assert "starting sandi-agent.service" in told, told
    return bare


def _tree(machine: Machine) -> str:
    """Names, modes, owners and change times of everything installation could touch."""
    return machine.run("find", *TREES, "-ignore_readdir_race", "-printf", "%p %m %U %G %T@ %l\n").stdout


def _pid(machine: Machine) -> int:
    """The agent's process; 0 when none runs."""
    return int(machine.show(UNIT, "MainPID")["MainPID"])


def _fed_us(machine: Machine) -> int:
    """When the watchdog heard of it last (systemd's monotonic clock)."""
    return int(machine.show(UNIT, "WatchdogTimestampMonotonic")["WatchdogTimestampMonotonic"])


def _kill(machine: Machine, number: str) -> int:
    pid = _pid(machine)
    assert pid > 0, machine.journal(UNIT)
    machine.run("kill", f"-{number}", str(pid))
    return pid


def _is_active(machine: Machine) -> bool:
    return machine.show(UNIT, "ActiveState")["ActiveState"] == "active"


def test_a_dry_run_tells_each_step_and_does_none(bare: Machine) -> None:
    before = _tree(bare)
    told = bare.run(*INSTALL, "--dry-run").stdout
    assert "[dry-run] installing /etc/systemd/system/sandi-agent.service" in told
    assert "Nothing was done" in told
    assert _tree(bare) == before


def test_without_keys_it_installs_but_says_why_it_does_not_start(bare: Machine, tree_before: str) -> None:
    told = bare.run(*INSTALL[:3], timeout_s=300).stdout
    assert "Installed but not started" in told
    assert "/etc/sandi/credentials/node.key" in told
    assert not _is_active(bare)
    bare.run("cp", "--archive", "/opt/sandi/releases", ASIDE)
    bare.run("/bundle/systemd/install.sh", "--uninstall", "--purge")
    assert _names(_tree(bare)) == _names(tree_before)


def test_installing_makes_the_agent_ready(node: Machine) -> None:
    """The unit is Type=notify: active means that the agent itself said READY."""
    assert node.show(UNIT, "ActiveState", "Type", "UnitFileState") == {
        "ActiveState": "active",
        "Type": "notify",
        "UnitFileState": "enabled",
    }
    assert node.run("stat", "-c", "%a %U %G", "/etc/sandi/agent.toml").stdout == "640 root sandi-technician\n"
    assert node.run("stat", "-c", "%a %U %G", "/etc/sandi/credentials").stdout == "700 sandi-enrol sandi-enrol\n"
    assert node.path("/proc/sys/net/ipv4/ping_group_range").exists()


def test_a_second_run_changes_nothing_and_says_so(node: Machine) -> None:
    before, pid = _static(_tree(node)), _pid(node)
    told = node.run(*INSTALL).stdout
    assert told.strip() == "Nothing changed: all of it is installed already."
    assert (_static(_tree(node)), _pid(node)) == (before, pid)


def test_the_agent_answers_technicians_and_no_one_else(node: Machine) -> None:
    node.run("useradd", "--groups", "sandi-technician", "teknisi")
    node.run("useradd", "tamu")
    asks = ("runuser", "-u", "teknisi", "--", "sandi", "status", "--json")
    told = [""]

    def answered() -> bool:
        told.append(node.run(*asks, check=False).stdout)
        return NODE in told[-1]

    node.wait_for("an answer", answered)
    assert NODE in json.dumps(json.loads(told[-1]))
    refused = node.run("runuser", "-u", "tamu", "--", "sandi", "status", "--json", check=False)
    assert NODE not in refused.stdout
    assert refused.returncode != 0


def test_the_sandbox_keeps_program_and_keys_out_of_reach(node: Machine) -> None:
    """Tried from inside the service's own view of the machine, as its user, with its limits on files."""
    inside = (
        "nsenter",
        "--target",
        str(_pid(node)),
        "--mount",
        "--root",
        "setpriv",
        "--reuid=sandi",
        "--regid=sandi",
        "--clear-groups",
    )
    for target in ("/opt/sandi/agent/bin/sandi", "/etc/sandi/agent.toml", "/usr/local/bin/x"):
        assert node.run(*inside, "sh", "-c", f"echo >>{target}", check=False).returncode != 0, target
    assert node.run(*inside, "cat", "/etc/sandi/credentials/node.key", check=False).returncode != 0
    assert node.run(*inside, "sh", "-c", "echo ok >/var/lib/sandi/probe && rm /var/lib/sandi/probe").returncode == 0


_ASK = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/sandi-logs.sock'); s.sendall(b'{}\\n');"
_ASK += "print(b''.join(iter(lambda: s.recv(9999), b'')).decode(), end='')"


def test_the_agents_user_has_our_units_lines_and_neither_the_journal_nor_anybody_elses(node: Machine) -> None:
    """Behind the door a user of the moment reads for it; technicians have the journal or not, as root has decided."""

    def lines(user: str, question: str) -> str:
        done = node.run("runuser", "-u", user, "--", "python3", "-IS", "-c", _ASK.format(question), check=False)
        return done.stdout if done.returncode == 0 else done.stderr.splitlines()[-1]

    node.wait_for("the agent's first word", lambda: "agent.service started" in lines("sandi", "agent 500"))
    assert lines("sandi", "systemd-journald 5") == lines("sandi", "agent 501") == ""
    assert len(lines("sandi", "agent 1").splitlines()) == 1
    assert lines("tamu", "agent 5").startswith("PermissionError")
    refused = node.run("runuser", "-u", "sandi", "--", "journalctl", "--quiet", "--unit=sandi-agent", check=False)
    assert refused.stdout == ""


def test_what_the_agent_wishes_is_taken_away_and_done_by_a_root_without_capabilities(node: Machine) -> None:
    """A kiosk that is off stays off; of an unknown word nothing begins, and it stays where it is."""
    as_agent = ("runuser", "-u", "sandi", "--", "sh", "-c")
    pid = _pid(node)
    node.run(*as_agent, "install -d -m 770 /run/sandi/want; touch /run/sandi/want/format /run/sandi/want/restart-kiosk")
    wish = node.path("/run/sandi/want/restart-kiosk")
    node.wait_for("the wish to be taken away", lambda: not wish.exists())
    node.wait_for("a word on it", lambda: "want-taken: restart-kiosk" in node.journal("sandi-want.service"))
    node.wait_for("its end", lambda: node.show("sandi-want.service", "ActiveState")["ActiveState"] == "inactive")
    assert node.show("sandi-kiosk.service", "ActiveState")["ActiveState"] == "inactive"
    node.run("systemctl", "--quiet", "mask", "--runtime", "systemd-reboot.service")  # the machine is needed further
    node.run(*as_agent, "touch /run/sandi/want/reboot")
    node.wait_for("the wish for a restart to be taken", lambda: not node.path("/run/sandi/want/reboot").exists())
    node.wait_for("systemd's answer to it", lambda: "systemd-reboot.service" in node.journal("sandi-want.service"))
    node.run("systemctl", "--quiet", "unmask", "--runtime", "systemd-reboot.service")
    assert node.path("/run/sandi/want/format").exists()
    assert node.show("sandi-want.path", "ActiveState")["ActiveState"] == "active"
    assert _pid(node) == pid
    node.run("rm", "/run/sandi/want/format")


def test_a_killed_agent_is_back_soon(node: Machine) -> None:
    pid = _kill(node, "KILL")
    node.wait_for("a new agent", lambda: _is_active(node) and _pid(node) not in (0, pid))
    assert node.show(UNIT, "SubState")["SubState"] == "running"


def test_a_hung_agent_is_ended_by_the_watchdog_and_started_again(node: Machine) -> None:
    drop_in = f"/run/systemd/system/{UNIT}.d/watchdog.conf"
    node.run("mkdir", "-p", str(Path(drop_in).parent))
    node.run("sh", "-c", f"printf '[Service]\\nWatchdogSec=15\\nRestartSec=1\\n' >{drop_in}")
    node.run("systemctl", "daemon-reload")
    # On a machine that stands still a first start may fail; systemd then starts it again.
    node.run("systemctl", "restart", UNIT, check=False)
    try:
        pid = node.freeze(UNIT)
        node.wait_for("the watchdog", lambda: _is_active(node) and _pid(node) not in (0, pid))
        assert "atchdog timeout" in node.journal(UNIT)
    finally:
        node.run("rm", drop_in)
        node.run("systemctl", "daemon-reload")
        node.run("systemctl", "restart", UNIT)


def test_a_live_agent_feeds_the_watchdog_without_any_network(node: Machine) -> None:
    """The machine has only loopback and nothing listens: an agent must not be restarted for that."""
    drop_in = f"/run/systemd/system/{UNIT}.d/watchdog.conf"
    node.run("sh", "-c", f"mkdir -p {Path(drop_in).parent}; printf '[Service]\\nWatchdogSec=30\\n' >{drop_in}")
    node.run("systemctl", "daemon-reload")
    node.run("systemctl", "restart", UNIT)
    pid, began_us = _pid(node), _fed_us(node)
    try:
        node.wait_for("another word after ten seconds", lambda: _fed_us(node) - began_us > 9_000_000)
        assert _pid(node) == pid
    finally:
        node.run("rm", drop_in)
        node.run("systemctl", "daemon-reload")
        node.run("systemctl", "restart", UNIT)


def test_stopping_takes_less_than_two_seconds_and_leaves_the_marker(node: Machine) -> None:
    with within(2):
        node.run("systemctl", "stop", UNIT)
    assert node.show(UNIT, "Result")["Result"] == "success"
    beats = b"".join(path.read_bytes() for path in node.path("/var/lib/sandi").glob("heartbeat*"))
    assert re.search(rb'"stop":"[^"]+"', beats), beats
    node.run("systemctl", "start", UNIT)
    assert _is_active(node)


def test_a_failed_installation_says_where_and_leaves_nothing_half_made(node: Machine) -> None:
    """Packages are missing: the agent that runs stays as it is."""
    pid = _pid(node)
    node.run("sh", "-c", "mkdir /tmp/wheels && cp /bundle/wheels/pip-*.whl /tmp/wheels")
    done = node.run(
        "/bundle/systemd/install.sh", "--offline-wheels", "/tmp/wheels", "--prefix", "/opt/other", check=False
    )
    assert done.returncode == 1
    assert "FAILED at: preparing the software in /opt/other/releases/" in done.stderr
    assert node.run("find", "/opt/other", "-type", "f").stdout == ""
    assert _pid(node) == pid > 0
    node.run("rm", "-r", "/opt/other")


def test_uninstalling_leaves_data_and_configuration_and_nothing_else(node: Machine, tree_before: str) -> None:
    node.run("/bundle/systemd/install.sh", "--uninstall")
    left = _names(_tree(node)) - _names(tree_before)
    kept = ("/var/lib/sandi", "/etc/sandi", "/var/lib/systemd")
    assert [name for name in sorted(left) if not name.startswith(kept) and not _is_backup(name)] == []
    assert "/etc/sandi/credentials/node.key" in left
    assert any(name.startswith("/var/lib/sandi/") for name in left)
    assert node.run("systemctl", "cat", UNIT, check=False).returncode != 0
    again = node.run("/bundle/systemd/install.sh", "--uninstall").stdout
    assert again.strip() == "Nothing to remove."


def test_software_and_data_can_live_elsewhere(node: Machine) -> None:
    """On a box with a disk beside its SD card; runs last, on what uninstalling left."""
    node.run("/bundle/systemd/install.sh", "--uninstall", "--purge")
    elsewhere = ("--prefix", "/srv/sandi", "--data-dir", "/srv/data")
    node.run(*INSTALL, *elsewhere, timeout_s=300)
    assert _is_active(node), node.journal(UNIT)
    assert node.path("/srv/data").is_dir()
    assert any(node.path("/srv/data").iterdir())
    assert "Nothing changed" in node.run(*INSTALL, *elsewhere).stdout


def _is_backup(name: str) -> bool:
    """useradd and groupdel keep the file before, with a dash behind: /etc/passwd-."""
    return name.startswith("/etc/") and name.endswith("-")


def _names(tree: str) -> set[str]:
    return {line.split(" ")[0] for line in tree.splitlines()}


def _static(tree: str) -> list[str]:
    """Without what a running machine writes by itself."""
    return sorted(line for line in tree.splitlines() if not line.startswith(("/var/lib/sandi", "/var/lib/systemd")))

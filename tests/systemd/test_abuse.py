"""What a process of ours could do to the machine if somebody took it over: tried from inside the sandbox of each unit.

One machine is booted, as command centre in separate units and as box; then the real unit of each process is started
with nothing replaced but its program (and what waits for that program's word). The container is given every capability
and call, so that what is refused is refused by the unit: two runs without a sandbox show that, and that the attempts
work.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.abuse import ATTEMPTS
from tests.support.machine import Machine, booted
from tests.support.own_time import within
from tests.support.postgresql import binaries, running_postgresql

pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(binaries() is None, reason="PostgreSQL is not installed"),
]

SUPPORT = Path(__file__).resolve().parents[1] / "support"
NODE = "kel-3673011001"
DATA = "/var/lib/sandi-center"
OFFLINE = ("--offline-wheels", "/bundle/wheels")
# Else the container itself would refuse these, whatever the unit says.
UNHELD = (
    "--capability=all",
    "--system-call-filter=@module @reboot @clock @raw-io @swap @debug @keyring bpf perf_event_open acct syslog",
)
PROBE = ("/usr/bin/python3", "-I", "-S", "/srv/probe/abuse.py")
DROP_IN = f"""[Unit]
ConditionPathExists=
[Service]
Type=oneshot
TimeoutStartSec=300
Restart=no
WatchdogSec=0
PAMName=
StandardInput=null
StandardOutput=journal
StandardError=journal
ExecStart=
ExecStart={" ".join(PROBE)}
"""
CAMERA = """
[cameras.halaman]
type = "replay"
folder = "/srv/pictures"
purpose = "traffic"
notice_posted = true
"""

_JIT = "write and run memory"  # libffi's callbacks; Chromium's JavaScript
_AWAY = "send away"
_ROOT = frozenset({"systemd's own socket", "see other users' processes", "kill another", "run a setuid program"})
# What each may do, because it is what it is for. Everything else must fail.
OPEN: dict[str, frozenset[str]] = {
    "sandi-camera.service": frozenset(
        {"read the cameras' passwords", "write the cameras' data", "agent's picture door"}
    ),
    "sandi-kiosk.service": frozenset({"agent's intake"}),
    "sandi-kiosk-serial.service": frozenset({"agent's intake"}),
    # The namespaces of Chromium's own sandbox; whatever is done in them has no right outside.
    "sandi-kiosk-browser.service": frozenset({"new users", _JIT}),
    "sandi-lan-page.service": frozenset({"agent's control socket"}),
    "sandi-watch@tty1.service": frozenset({"agent's control socket", _AWAY}),
    "sandi-enrol.service": frozenset({"read the node's key", "read the enrolment token", _AWAY}),
    "sandi-renew.service": frozenset({"read the node's key", "read the enrolment token", _AWAY}),
    "sandi-clock.service": frozenset({"ask the clock"}),
    # Root, because systemd takes orders from root alone: who has them has the machine.
    "sandi-keys.service": _ROOT,
    "sandi-want.service": _ROOT,
    "sandi-slot.service": _ROOT | {"write /opt/sandi"},
    # As a member of the agent's group: the bundle lies among the agent's data.
    "sandi-update.service": _ROOT | {"write /opt/sandi", "read the outbox"},
    "sandi-logs@1.service": frozenset({"read the journal"}),
    "sandi-broker-crl.service": _ROOT,
    "sandi-web@8080.service": frozenset(
        {
            *("read the sealing key", "read the key of sessions", "read the alarm channels' secrets"),
            *("commander's socket", _JIT),
        }
    ),
    "sandi-worker.service": frozenset({"write pictures", _JIT}),
    "sandi-alerts.service": frozenset({"read the alarm channels' secrets", _AWAY, _JIT}),
    "sandi-throughput.service": frozenset({_AWAY, _JIT}),
    "sandi-enrol-listener.service": frozenset({"signer's socket", _AWAY, _JIT}),
    "sandi-ingest@1.service": frozenset({"write pictures", _JIT}),
    "sandi-broker.service": frozenset({_AWAY, _JIT}),
    "sandi-signer.service": frozenset(
        {
            *("read the authority's key", "read the broker's key", "read another process's certificate key"),
            *("write the authority", "commander's socket", _JIT),
        }
    ),
    "sandi-commander.service": frozenset({"read the command key", "read the commander's book", _JIT}),
    # Last: the others knock at its doors.
    "sandi-agent.service": frozenset(
        {"read the agent's credentials", "read the outbox", "write the agent's data", _AWAY}
    ),
}
REFUSED = frozenset({"EPERM", "EACCES", "EROFS", "EAFNOSUPPORT"})
# Not there for it at all: other users' processes, /proc/sys, another unit's credentials, doors of one that has ended.
HIDDEN = frozenset(
    {
        *("write another's memory", "read another's environment", "write /proc/sys", "read the agent's credentials"),
        *("agent's control socket", "agent's intake", "agent's picture door", "signer's socket"),
        *("commander's socket", "read the command key", "read the commander's book"),
    }
)


@pytest.fixture(scope="module")
def machine(
    machine_root: Path,
    bundle: Path,
    lay: Callable[[Machine, str], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Machine]:
    with running_postgresql() as url:
        port = url.rpartition(":")[2].partition("/")[0]
        folder = next(Path(tempfile.gettempdir()).glob(f"sandi-postgresql-*/.s.PGSQL.{port}")).parent
        folder.chmod(0o755)
        binds = {bundle: "/bundle", folder: "/srv/pg", SUPPORT: "/srv/probe"}
        with booted(machine_root, tmp_path_factory.mktemp("machine"), binds, UNHELD) as machine:
            lay(machine, "center")
            _install_centre(machine, port)
            yield machine


def _install_centre(machine: Machine, port: str) -> None:
    machine.run("mkdir", "-p", DATA)
    machine.path(f"{DATA}/center.toml").write_text(
        '[mqtt]\nhost = "0.0.0.0"\nnames = ["127.0.0.1"]\n'
        f'[database]\nurl = "postgresql://sandi@%2Fsrv%2Fpg:{port}/postgres"\n'
    )
    machine.path(f"{DATA}/center.toml").chmod(0o644)
    install = ("/bundle/systemd/install.sh", *OFFLINE, "--role", "center", "--host", "127.0.0.1", "--no-start")
    machine.run(*install, timeout_s=400)
    machine.run("/bundle/systemd/split-center.sh", timeout_s=400)


@pytest.fixture(scope="module")
def box(machine: Machine, lay: Callable[[Machine, str], None]) -> Machine:
    """The same machine, with a box enrolled there the old way and its agent running."""
    as_signer = ("runuser", "-u", "sandi-signer", "--")
    machine.run(*as_signer, "sandi-center", "enroll", NODE, "--out", f"{DATA}/enrolled")
    lay(machine, "agent")
    install = ("/bundle/systemd/install.sh", *OFFLINE, "--node", NODE, "--host", "127.0.0.1")
    machine.run(*install, "--credentials", f"{DATA}/enrolled", timeout_s=400)
    return machine


def _active(machine: Machine, unit: str) -> bool:
    return machine.show(unit, "ActiveState")["ActiveState"] == "active"


def test_every_process_of_the_centre_works_in_a_unit_of_its_own(machine: Machine) -> None:
    """Without the authority's key where it is not theirs; what they print is in the failure."""
    units = [
        *("sandi-signer.service", "sandi-enrol-listener.service", "sandi-broker.service", "sandi-ingest@1.service"),
        *("sandi-worker.service", "sandi-web@8080.service", "sandi-throughput.service", "sandi-alerts.service"),
        *("sandi-broker-crl.path", "sandi-commander.service"),
    ]
    for unit in units:
        try:
            machine.wait_for(f"{unit} to run", lambda unit=unit: _active(machine, unit), 180)  # type: ignore[misc]
        except AssertionError as error:
            error.add_note(machine.journal(unit)[-3000:])
            raise
    page = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8080/healthz', timeout=100).status)"
    assert machine.run("python3", "-c", page).stdout.strip() == "200"
    owner = {unit: machine.show(unit, "User")["User"] for unit in units if unit.endswith(".service")}
    assert len(set(owner.values())) == len(owner)


def test_splitting_twice_changes_nothing(machine: Machine) -> None:
    words = machine.run("/bundle/systemd/split-center.sh", timeout_s=400).stdout.strip()
    assert words == "Nothing changed: all of it is installed already."


def test_the_one_unit_and_the_separate_ones_exclude_each_other(machine: Machine) -> None:
    assert machine.show("sandi-center.service", "ActiveState")["ActiveState"] == "inactive"
    assert "sandi-center.target" in machine.show("sandi-center.service", "Conflicts")["Conflicts"]


def test_a_box_is_seen_up_and_after_its_revocation_the_broker_begins_anew_within_a_minute(box: Machine) -> None:
    as_signer = ("runuser", "-u", "sandi-signer", "--", "sandi-center")

    def state() -> str:
        rows = json.loads(box.run(*as_signer, "nodes", "--json").stdout)
        return {row["node"]: str(row["state"]) for row in rows}.get(NODE, "")

    try:
        box.wait_for("the centre to see the box", lambda: state() in ("UP", "DEGRADED"), 180)
    except AssertionError as error:
        for unit in ("sandi-agent.service", "sandi-broker.service", "sandi-ingest@1.service", "sandi-worker.service"):
            error.add_note(f"{unit}:\n{box.journal(unit)[-3000:]}")
        raise
    before = box.show("sandi-broker.service", "MainPID")
    box.run(*as_signer, "revoke", NODE)
    with within(60):
        box.wait_for("the broker to begin anew", lambda: box.show("sandi-broker.service", "MainPID") != before, 180)
    box.wait_for("the broker to be ready", lambda: _active(box, "sandi-broker.service"))
    assert box.show("sandi-broker.service", "MainPID") not in (before, "0")


def test_what_is_logged_becomes_fields_of_the_journal(box: Machine) -> None:
    """From a process of the centre and from the agent, through the real journald; each by the unit that said it."""

    def said(unit: str, event: str) -> list[dict[str, str]]:
        words = box.run("journalctl", "--no-pager", "--output=json", f"_SYSTEMD_UNIT={unit}", f"SANDI_EVENT={event}")
        return [json.loads(line) for line in words.stdout.splitlines()]

    box.wait_for("the centre's word", lambda: bool(said("sandi-enrol-listener.service", "enrolment-listens")))
    (centre, *_) = said("sandi-enrol-listener.service", "enrolment-listens")
    assert (centre["SANDI_PORT"], centre["PRIORITY"], centre["SYSLOG_IDENTIFIER"]) == ("8885", "6", "sandi-center")
    assert centre["_TRANSPORT"] == "journal"
    box.wait_for("the agent's word", lambda: bool(said("sandi-agent.service", "started")))
    (agent, *_) = said("sandi-agent.service", "started")
    assert (agent["SANDI_NODE"], agent["PRIORITY"], agent["SYSLOG_IDENTIFIER"]) == (NODE, "6", "sandi")
    assert agent["MESSAGE"].startswith("info agent")


def test_the_clock_is_asked_for_the_agent(box: Machine) -> None:
    box.wait_for("an answer", lambda: box.path("/run/sandi-clock/error").exists())
    error_us, asked_ms = box.path("/run/sandi-clock/error").read_text().split()
    assert int(error_us) >= 0
    assert int(asked_ms) > 0


def test_the_kiosks_server_starts_as_a_user_who_may_not_read_the_settings(box: Machine) -> None:
    """It has a copy from PID 1, and its command looks at no other."""
    box.run("systemctl", "start", "sandi-kiosk.service")
    assert _active(box, "sandi-kiosk.service")


@pytest.fixture(scope="module")
def found(box: Machine) -> dict[str, dict[str, str]]:
    """Unit -> attempt -> what came of it; "control" and "bare" are runs without a sandbox."""
    prepare = (
        "ip addr add 192.0.2.1/32 dev lo; mkdir -p /srv/abuse /srv/pictures; groupadd -f render; groupadd -f input;"
        "cp /usr/bin/id /srv/abuse/id; chmod 4755 /srv/abuse/id;"
        "echo x >/etc/sandi/camera-passwords.toml; chown sandi-camera /etc/sandi/camera-passwords.toml;"
        "echo x >/etc/sandi/enrol/token; chown sandi-enrol /etc/sandi/enrol/token; echo x >/etc/sandi/lan.pin;"
        "chmod 600 /etc/sandi/camera-passwords.toml /etc/sandi/enrol/token /etc/sandi/lan.pin;"
        f"install -m 640 -o sandi-web -g sandi-alerts-secrets /etc/sandi/lan.pin {DATA}/alerts-secrets/example"
    )
    box.run("sh", "-c", prepare)
    with box.path("/etc/sandi/agent.toml").open("a") as file:
        file.write(CAMERA)
    box.run("systemctl", "restart", "sandi-agent.service")
    for door in ("control", "intake", "pictures"):
        box.wait_for(f"the agent's {door}", lambda door=door: box.path(f"/run/sandi/{door}.sock").exists())  # type: ignore[misc]
    rows = {
        "control": _answer(box.run(*PROBE).stdout),
        "bare": _answer(box.run("systemd-run", "--quiet", "--pipe", "--wait", *PROBE).stdout),
    }
    for unit in OPEN:
        folder = box.path(f"/run/systemd/system/{unit}.d")
        folder.mkdir(parents=True)
        (folder / "99-probe.conf").write_text(DROP_IN)
    box.run("systemctl", "daemon-reload")
    for unit in OPEN:
        started = box.run("systemctl", "restart", unit, check=False)
        words = box.journal(unit)
        assert "ABUSE " in words, f"{unit}: {started.stderr}\n{words[-2000:]}"
        rows[unit] = _answer(words)
    return rows


def _answer(words: str) -> dict[str, str]:
    answer: dict[str, str] = json.loads(words.rpartition("ABUSE ")[2].splitlines()[0])
    return answer


@pytest.mark.parametrize("run", ["control", "bare"])
def test_without_a_sandbox_every_attempt_goes_through(found: dict[str, dict[str, str]], run: str) -> None:
    """As root in the machine, and as root in a unit that closes nothing: else the other tests would prove nothing."""
    assert {name: found[run][name] for name in ATTEMPTS if found[run][name] != "open"} == {}


@pytest.mark.parametrize("unit", OPEN)
def test_from_inside_a_unit_everything_fails_but_what_it_is_for(found: dict[str, dict[str, str]], unit: str) -> None:
    outcomes = found[unit]
    assert {name for name in ATTEMPTS if outcomes[name] == "open"} == OPEN[unit]
    for name in set(ATTEMPTS) - OPEN[unit]:
        allowed = REFUSED | {"ENOENT"} if name in HIDDEN else REFUSED
        assert outcomes[name] in allowed, f"{name}: {outcomes[name]}"


def test_every_unit_that_runs_a_program_of_ours_is_tried() -> None:
    """Not those that run once by order of an operator or installer, and the two that hold the centre in one piece."""
    units = {path.name for path in (Path(__file__).resolve().parents[2] / "systemd").glob("*.service")}
    tried = {unit.replace("@tty1", "@").replace("@8080", "@").replace("@1", "@") for unit in OPEN}
    left = {f"sandi-center{name}.service" for name in ("", "-setup", "-backup", "-alerts")}
    assert tried | left == units

"""The units as files: valid to systemd, and open only where the reason is written down here."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.machine import security_findings, systemd_version

REPOSITORY = Path(__file__).resolve().parents[2]
SYSTEMD = REPOSITORY / "systemd"
SECURITY = REPOSITORY / "docs/security.md"
UNITS = sorted(SYSTEMD.glob("*.service"))
_SEPARATE = (
    *("sandi-center-setup", "sandi-signer", "sandi-enrol-listener", "sandi-broker", "sandi-ingest@"),
    *("sandi-worker", "sandi-web@", "sandi-throughput", "sandi-alerts", "sandi-commander"),
)

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    """Programs are put where the units look for them, so that only real faults are left to report."""
    programs = tmp_path / "bin"
    programs.mkdir()
    units = [unit for kind in ("service", "timer", "target", "path") for unit in SYSTEMD.glob(f"*.{kind}")]
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


def _tables() -> list[list[list[str]]]:
    """The tables of that section, each a list of rows, without heading and rule."""
    section = SECURITY.read_text(encoding="utf-8").split("\n## Units and sandboxes\n")[1].split("\n## ")[0]
    tables: list[list[list[str]]] = []
    for block in section.split("\n\n"):
        if block.startswith("|"):
            rows = [line.strip("| ").split(" | ") for line in block.strip().splitlines()]
            tables.append([[cell.strip().strip("`").replace("&#124;", "|") for cell in row] for row in rows[2:]])
    return tables


def _limits() -> dict[str, tuple[str, str, str]]:
    """Unit -> whether it is spoken to from a network, its exposure, and the most it may have."""
    return {f"{row[0]}.service": (row[1], row[2], row[3]) for row in _tables()[0]}


def _reasons() -> dict[str, set[str]]:
    """Unit -> what is written down as not closed there."""
    found: dict[str, set[str]] = {}
    for setting, units, why in _tables()[1]:
        assert len(why) > 8, f"{setting}: no reason"
        for name in units.split(", "):
            found.setdefault(f"sandi-{name}.service", set()).add(setting)
    return found


def test_every_unit_is_in_the_table_and_no_other() -> None:
    assert set(_limits()) == {unit.name for unit in UNITS}
    assert {(kind, most) for kind, _, most in _limits().values()} == {("yes", "1.5"), ("no", "2.0")}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_open_only_where_the_reason_is_written_down(unit: Path) -> None:
    """Both ways: what systemd finds has its row, and no row speaks of what is closed by now. Another version of systemd
    may look at more."""
    findings = set(security_findings(unit))
    reasons = _reasons()[unit.name]
    if systemd_version() == 252:
        assert findings == reasons
    else:
        known = {setting for settings in _reasons().values() for setting in settings}
        assert findings & known <= reasons


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_no_more_open_than_the_table_says(unit: Path) -> None:
    _, exposure, most = _limits()[unit.name]
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={round(float(most) * 10)}", str(unit)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-400:]
    if systemd_version() == 252:
        assert f": {exposure} " in done.stdout.strip().splitlines()[-1]


def test_one_unit_or_separate_ones_and_never_both() -> None:
    """Declared from both sides: whichever is started last ends the other."""
    assert "Conflicts=sandi-center.target" in (SYSTEMD / "sandi-center.service").read_text()
    assert "Conflicts=sandi-center.service" in (SYSTEMD / "sandi-center.target").read_text()
    for name in _SEPARATE:
        text = (SYSTEMD / f"{name}.service").read_text()
        assert "Conflicts=sandi-center.service" in text, name
        assert "PartOf=sandi-center.target" in text, name


@pytest.mark.parametrize("name", [name for name in _SEPARATE if name not in ("sandi-signer", "sandi-center-setup")])
def test_only_the_signer_sees_the_authoritys_key(name: str) -> None:
    text = (SYSTEMD / f"{name}.service").read_text()
    assert "InaccessiblePaths=-/var/lib/sandi-center/pki/ca.key" in text
    assert "User=sandi-signer" not in text


@pytest.mark.parametrize("name", [name for name in _SEPARATE if name not in ("sandi-commander", "sandi-center-setup")])
def test_only_the_commander_sees_the_command_key_and_the_book(name: str) -> None:
    text = (SYSTEMD / f"{name}.service").read_text()
    hidden = "InaccessiblePaths=-/var/lib/sandi-center/commander/keys -/var/lib/sandi-center/commander/book.db"
    assert hidden in text
    assert "User=sandi-commander" not in text


@pytest.mark.parametrize("name", [name for name in _SEPARATE if name != "sandi-center-setup"])
def test_a_process_that_is_to_run_for_ever_is_watched_and_never_given_up(name: str) -> None:
    lines = (SYSTEMD / f"{name}.service").read_text().splitlines()
    assert {"Type=notify", "Restart=always", "StartLimitIntervalSec=0"} <= set(lines)
    assert any(line.startswith("WatchdogSec=") for line in lines)
    assert any(line.startswith("MemoryMax=") for line in lines)
    assert any(line.startswith("TasksMax=") for line in lines)

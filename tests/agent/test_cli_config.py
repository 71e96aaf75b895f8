"""`sandi config`: what is in force, who decided it, what the box decides itself, what a push would be."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support.config_box import ConfigBox


@pytest.fixture
def box(tmp_path: Path) -> ConfigBox:
    made = ConfigBox(tmp_path)
    made.good(b"[health]\ninterval_s = 40\n")
    (tmp_path / "override.toml").write_text('[uplink]\nhost = "10.0.0.9"\n')
    return made


def sandi(box: ConfigBox, *words: str, code: int = 0) -> str:
    command = [sys.executable, "-m", "agent.cli", *words]
    environment = {"SANDI_CONFIG": str(box.path), "SANDI_LANG": "en", "PATH": "/usr/bin:/bin", "COLUMNS": "80"}
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=root)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def test_every_value_in_force_and_who_decided_it(box: ConfigBox) -> None:
    facts = json.loads(sandi(box, "config", "show", "--json"))
    found = {row["key"]: (row["value"], row["source"]) for row in facts["values"]}
    assert found["node.id"] == ("kel-3673011001", "card")
    assert found["health.interval_s"] == (40, "pushed")
    assert found["uplink.host"] == ("10.0.0.9", "override")
    assert len(facts["digest"]) == 64
    shown = sandi(box, "config", "show")
    assert "this box" in shown and "centre" in shown and max(map(len, shown.splitlines())) <= 80


def test_what_the_box_decides_itself(box: ConfigBox) -> None:
    assert json.loads(sandi(box, "config", "overrides", "--json"))["overrides"] == [
        {"key": "uplink.host", "below": True}
    ]
    assert "uplink.host" in sandi(box, "config", "overrides")
    (box.path.parent / "override.toml").unlink()
    assert "Nothing" in sandi(box, "config", "overrides")


def test_a_push_is_judged_with_the_override_of_this_very_box(box: ConfigBox) -> None:
    pushed = box.path.parent / "pushed.toml"
    pushed.write_text("[health]\ninterval_s = 50\n[node]\nplace = 'x'\n[outbox]\nreserve_mb = -1\n")
    facts = json.loads(sandi(box, "config", "check", str(box.path), "--pushed", str(pushed), "--json", code=2))
    assert [problem["key"] for problem in facts["problems"]] == ["node", "outbox.reserve_mb"]
    pushed.write_text("[health]\ninterval_s = 50\n")
    before = json.loads(sandi(box, "config", "show", "--json"))["digest"]
    facts = json.loads(sandi(box, "config", "check", str(box.path), "--pushed", str(pushed), "--json"))
    assert facts["ok"] and facts["digest"] != before


def test_a_mistake_in_the_override_names_its_file(box: ConfigBox) -> None:
    (box.path.parent / "override.toml").write_text("[health]\ninterval_s = true\n")
    assert "override.toml: health.interval_s" in sandi(box, "config", "check", code=2)
    (box.path.parent / "override.toml").write_text("[health")
    assert "override.toml" in sandi(box, "config", "show", code=2)


def test_the_archive_for_support_holds_what_is_in_force(box: ConfigBox) -> None:
    target = box.path.parent / "b.tar.gz"
    sandi(box, "bundle", "--quick", "--output", str(target), "--config", str(box.path))
    with tarfile.open(target) as archive:
        name = next(name for name in archive.getnames() if name.endswith("config.json"))
        held = archive.extractfile(name)
        assert held is not None
        shown = json.loads(held.read())
    assert (shown["health"]["interval_s"], shown["uplink"]["host"]) == (40, "10.0.0.9")

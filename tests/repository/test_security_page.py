"""The threat model names only tests that exist, and no attacker is without a word on what is left."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/.]+\.py)::(\w+)`", PAGE)
ATTACKERS = (
    "Stolen box", "Hostile user at the kiosk", "Captured broker", "Hostile network", "Malicious camera",
    "Curious operator", "Stolen card before the first boot", "Compromised web server", "Lost backup",
)  # fmt: skip


def test_every_test_named_in_the_threat_model_exists() -> None:
    assert len(NAMED) > 50
    text = {file: (ROOT / file).read_text(encoding="utf-8") if (ROOT / file).exists() else "" for file, _ in NAMED}
    there = {file: set(re.findall(r"^ *(?:async )?def (\w+)\(", found, re.M)) for file, found in text.items()}
    assert [f"{file}::{name}" for file, name in NAMED if name not in there[file]] == []


def test_each_attacker_has_controls_with_tests_and_what_is_left() -> None:
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))
    for attacker in ATTACKERS:
        assert "**Left.**" in sections[attacker], attacker
        rows = [line for line in sections[attacker].splitlines() if line.startswith("| ")][1:]
        assert rows, attacker
        assert all("`tests/" in row or "no test" in row for row in rows), attacker


def test_every_file_of_attacks_is_named() -> None:
    for file in (ROOT / "tests" / "attack").glob("test_*.py"):
        assert f"tests/attack/{file.name}" in PAGE

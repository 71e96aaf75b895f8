"""`make chaos` as typed: both halves, their last lines, the page of results, and what is asked wrongly."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.city import ROOT

pytestmark = pytest.mark.broker
PAGE = "before\n<!-- results: begin -->\nold\n<!-- results: end -->\nafter\n"


def chaos(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tests.chaos", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=570, check=False)


def test_a_fault_that_does_not_exist_is_named_with_those_that_do() -> None:
    said = chaos("--faults", "kill -9 web,bad luck")
    assert said.returncode == 2
    assert said.stderr.startswith("unknown: bad luck; there are: kill -9 agent,")


@pytest.mark.full
@pytest.mark.timeout(600)
def test_a_short_run_gives_the_figures_of_both_halves_and_writes_them_down(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    said = chaos("--seed", "5", "--minutes", "0.3", "--agents", "1", "--cycles", "5", "--json", "--write", str(page))
    assert said.returncode == 0, said.stderr[-3000:]
    city, disk = (json.loads(line) for line in said.stdout.splitlines())
    assert (city["part"], disk["part"]) == ("city", "disk")
    for result in (city, disk):
        assert (result["lost"], result["equal_rows"], result["good"], result["problems"]) == (0, 0, True, [])
        assert result["accepted"] > 0
    written = page.read_text()
    assert written.startswith("before\n<!-- results: begin -->\nMeasured ")
    assert written.endswith("<!-- results: end -->\nafter\n")
    assert "old" not in written
    assert f"| resend ratio | {city['resend_ratio']} |" in written
    assert "### The storage" in written

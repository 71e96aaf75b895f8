"""`sandi-center report`: files, publishing and checking from the terminal."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.month_rows import MONTH


@dataclass(frozen=True, slots=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def run(fresh_city: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command, in this process: Django is set up already, and stays."""
    from center.cli import main

    def command(*words: str) -> Done:
        try:
            code = main(["--lang=en", "report", "--data", str(fresh_city), *words])
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return command


def test_a_month_is_shown_written_published_and_checked(run: Run, tmp_path: Path) -> None:
    shown = run("show", "2026-10")
    assert shown.returncode == 0, shown.stderr
    assert "Astinet" in shown.stdout
    written = run("show", "2026-10", "--format", "json", "--out", str(tmp_path / "r.json"))
    assert written.returncode == 0, written.stderr
    assert json.loads((tmp_path / "r.json").read_text())["period"]["first"] == MONTH * 100 + 1
    assert run("verify", "2026-10").returncode == 1
    published = run("freeze", "2026-10", "--by", "bagian TI")
    assert published.returncode == 0, published.stderr
    assert "version 1" in published.stdout
    checked = run("verify", "2026-10")
    assert (checked.returncode, checked.stdout.split()[2]) == (0, "OK")
    pack = tmp_path / "pack.zip"
    made = run("evidence", "2026-10", "astinet", "--out", str(pack))
    assert made.returncode == 0, made.stderr
    key = run("key").stdout.strip()
    verifier = Path(__file__).parents[3] / "center" / "reports" / "pack" / "verify.py"
    command = [sys.executable, "-I", str(verifier), str(pack), "--key", key]
    assert subprocess.run(command, capture_output=True, timeout=240, check=False).returncode == 0


def test_what_cannot_be_is_one_sentence_and_exit_code_2(run: Run) -> None:
    wrong = (("show", "2026-13"), ("show", "kemarin"), ("freeze", "2026-10-01"), ("evidence", "2026-10", "nobody"))
    for words in wrong:
        done = run(*words)
        assert done.returncode == 2, words
        assert done.stderr.startswith("sandi-center: ")
        assert len(done.stderr.splitlines()) == 1

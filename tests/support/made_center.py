"""A centre's data directory as its first start leaves it, made once per run: making keys takes seconds."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.made_once import made_once

ROOT = Path(__file__).resolve().parents[2]


def made_center(data: Path) -> str:
    """Lay a made centre at `data`, which is not there yet; what its making said, the admin's password among it."""
    folder = made_once("center", _make)
    shutil.copytree(folder / "center", data)
    return (folder / "said").read_text()


def _make(folder: Path) -> None:
    command = [sys.executable, "-m", "center.cli", "--lang", "en", "init", "--data", f"{folder}/center"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "said").write_text(done.stdout)

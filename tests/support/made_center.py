"""A centre's data directory as its first start leaves it, made once per process: making keys takes seconds."""

import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def made_center(data: Path) -> str:
    """Lay a made centre at `data`, which is not there yet; what its making said, the admin's password among it."""
    folder, said = _template()
    shutil.copytree(Path(folder.name) / "center", data)
    return said


@cache
def _template() -> tuple["tempfile.TemporaryDirectory[str]", str]:
    folder = tempfile.TemporaryDirectory(prefix="sandi-made-")  # goes when this process ends
    command = [sys.executable, "-m", "center.cli", "--lang", "en", "init", "--data", f"{folder.name}/center"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout

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


def enrolled_center(data: Path, credentials: Path, nodes: tuple[str, ...]) -> str:
    """The same with these nodes enrolled, each one's credentials in its folder of `credentials`."""

    def make(folder: Path) -> None:
        (folder / "said").write_text(made_center(folder / "center"))
        for node in nodes:
            _run("enroll", node, "--out", f"{folder}/credentials/{node}", "--data", f"{folder}/center")

    folder = made_once("-".join(("enrolled", *nodes)), make)
    shutil.copytree(folder / "center", data)
    shutil.copytree(folder / "credentials", credentials, dirs_exist_ok=True)
    return (folder / "said").read_text()


def _make(folder: Path) -> None:
    (folder / "said").write_text(_run("init", "--data", f"{folder}/center"))


def _run(*words: str) -> str:
    command = [sys.executable, "-m", "center.cli", "--lang", "en", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout

"""What is dear to make and the same for all: the first of a run's workers makes it, the others wait and find it.

`tests/conftest.py` names the run's folder in the environment and takes it away at the end. Where no test run has named
one (a command that uses a test's centre), it lasts as long as the process.
"""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

FOLDER = "SANDI_TEST_RUN"


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` of this run as `make` filled it; nobody may change what is in it."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="sandi-made-")
        atexit.register(shutil.rmtree, os.environ[FOLDER], ignore_errors=True)
    return made_in(Path(os.environ[FOLDER]), name, make)


def made_in(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` in `folder` as `make` filled it; made anew when an earlier try failed or was killed."""
    place, half = folder / name, folder / f"{name}.half"
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            shutil.rmtree(half, ignore_errors=True)
            half.mkdir()
            make(half)
            half.rename(place)
    return place

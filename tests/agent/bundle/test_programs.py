"""The largest programs of the box, by what the kernel says of one that is known: this very process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.bundle import programs as module
from agent.bundle.programs import MOST_PROGRAMS, programs


def test_this_process_is_listed_as_the_kernel_counts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PROGRAMS", 100_000)
    mine = next(program for program in programs() if program["pid"] == os.getpid())
    statm = Path("/proc/self/statm").read_text(encoding="ascii")
    resident_kb = int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    assert mine["resident_kb"] == pytest.approx(resident_kb, rel=0.1)
    assert mine["uid"] == os.getuid()


def test_the_largest_come_first_and_arguments_never() -> None:
    secret = "kata-sandi-di-argumen"
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", secret]) as child:
        found = programs()
        child.kill()
    sizes = [int(program["resident_kb"]) for program in found]
    assert sizes == sorted(sizes, reverse=True) and 0 < len(sizes) <= MOST_PROGRAMS
    assert secret not in str(found)

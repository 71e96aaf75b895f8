"""What a process of the centre loads, and how it is told to end, whatever it is doing in that moment."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import program

WAITS = """
import signal
from center.processes import stop_at_signals
stop = stop_at_signals()
with stop._cond:  # as `wait` holds it while it begins and while it ends
    signal.raise_signal(signal.Signals[{name!r}])
stop.wait()
print("asked to stop")
"""


LOADS = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "center.settings"
django.setup()
print(sorted({"ninja", "pydantic", "django.test"} & set(sys.modules)))
"""


def test_what_only_the_interface_needs_is_in_no_other_process(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("a key for tests only, not of any centre")
    environment = {**os.environ, "SANDI_CENTER_DATA": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", LOADS], env=environment, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_waiting_for_it_does_not_lock_the_process_up(number: signal.Signals) -> None:
    with program(sys.executable, "-c", WAITS.format(name=number.name)) as running:
        assert running.wait() == 0, running.output
    assert running.output == "asked to stop\n"

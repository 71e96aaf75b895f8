"""How a process of the centre is told to end, whatever it is doing in that moment."""

import signal
import sys

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


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_of_waiting_for_it_does_not_lock_the_process_up(number: signal.Signals) -> None:
    with program(sys.executable, "-c", WAITS.format(name=number.name)) as running:
        assert running.wait() == 0, running.output
    assert running.output == "asked to stop\n"

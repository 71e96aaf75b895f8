"""What hostile input may cost: in proportion to its size, or to honest input, whatever machine this is."""

import gc
import time
from collections.abc import Callable

PARTS = 8
PROPORTION = 3.0
"""From this `growth` on it is no proportion: a busy machine makes one measurement twice as dear as another."""
TOO_SHORT_S = 0.001
ROUNDS = 3


def growth(run: Callable[[int], object], size: int) -> float:
    """How many times the processor time of `run(size // 8)`, eight times, `run(size)` takes: 1 where it costs in
    proportion, 8 where it costs the square."""
    return _least_s(lambda: run(size)) / (PARTS * max(_least_s(lambda: run(size // PARTS)), TOO_SHORT_S))


def dearness(hostile: Callable[[], object], honest: Callable[[], object]) -> float:
    """How many times the processor time of `honest()` one `hostile()` takes."""
    return _least_s(hostile) / _least_s(honest)


def _least_s(run: Callable[[], object]) -> float:
    """Of some rounds the cheapest, without the collector: it walks through all that thousands of tests have left."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        return min(_cost_s(run) for _ in range(ROUNDS))
    finally:
        if was_on:
            gc.enable()


def _cost_s(run: Callable[[], object]) -> float:
    began_s = time.thread_time()
    run()
    return time.thread_time() - began_s

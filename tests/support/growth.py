"""What hostile input may cost: in proportion to its size, or to honest input, whatever machine this is."""

import gc
import time
from collections.abc import Callable

PARTS = 8
HEADROOM = 3
"""A busy machine makes one measurement twice as dear as another; what grows with the square is eight times as dear."""
TOO_SHORT_S = 0.001
ROUNDS = 3


def in_proportion(run: Callable[[int], object], size: int) -> None:
    """`run(size)` costs no more processor time than eight times `run(size // 8)` does, with room for a noisy
    machine. AssertionError with both, in seconds."""
    part_s, whole_s = _least_s(lambda: run(size // PARTS)), _least_s(lambda: run(size))
    allowed_s = HEADROOM * PARTS * max(part_s, TOO_SHORT_S)
    assert whole_s < allowed_s, f"an eighth costs {part_s:.4f} s, all of it {whole_s:.4f} s"


def no_dearer(hostile: Callable[[], object], honest: Callable[[], object], times: float) -> None:
    """`hostile()` costs less than `times` the processor time of `honest()`. AssertionError with both, in seconds."""
    hostile_s, honest_s = _least_s(hostile), _least_s(honest)
    assert hostile_s < times * honest_s, f"honest costs {honest_s:.4f} s, hostile {hostile_s:.4f} s"


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
    began_s = time.process_time()
    run()
    return time.process_time() - began_s

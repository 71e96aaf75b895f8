"""In which wave of an operation a node is, from 1. Pure."""


def wave_of(position: int, canary: int, batch_size: int) -> int:
    """Wave of the node at `position` (from 0): the first `canary` alone, then `batch_size` at a time (0: the rest)."""
    if position < canary:
        return 1
    rest, first = position - canary, 2 if canary else 1
    return first + (rest // batch_size if batch_size else 0)

"""Ports that a test may give away before anybody listens on them, or leave for a while and come back to.

The kernel hands out the ports above `ip_local_port_range` to whoever asks for any, each outgoing connection among them:
one that it named a moment ago, or that a broker has only just left, may be somebody else's by now. So these lie below,
each process of a test run has its own share of them, and goes through it from a place of its own. They are multiples
of four: the next three are its owner's too (a centre gives the next to the line tests and the one behind it to
enrolment, unless told otherwise).
"""

import os
import random
import socket
from itertools import count
from pathlib import Path

LOWEST, HIGHEST = 12_000, 32_000
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")

_turns = count(random.SystemRandom().randrange(HIGHEST))


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on, and that nobody is given by chance."""
    mine = _share(min(HIGHEST, int(RANGE.read_text().split()[0])))
    for _ in mine:
        port = mine[next(_turns) % len(mine)]
        if _is_free(host, port):
            return port
    with socket.socket() as probe:  # a kernel that hands out nearly all of them
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _share(end: int) -> range:
    """Of the ports up to `end`, those of this worker (pytest-xdist)."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = max(worker + 1, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    size = max(0, end - LOWEST) // workers
    begin = LOWEST + worker * size
    return range(begin + -begin % 4, begin + size, 4)


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def held_port(host: str = "127.0.0.1") -> socket.socket:
    """A socket that is bound to a free port and never listens; `port_of` says which. As long as it is open, the kernel
    gives the port to nobody who asks for any: who connects is refused, and a server that is told this very port (and
    sets SO_REUSEADDR, as servers do) can still have it."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((host, 0))
    return held


def port_of(held: socket.socket) -> int:
    """The number of such a port."""
    return int(held.getsockname()[1])

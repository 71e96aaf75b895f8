"""A port that is ours before anybody listens there."""

import socket


def held_port(host: str = "127.0.0.1") -> socket.socket:
    """A socket that is bound to a free port and never listens; `port_of` says which. As long as it is open, the kernel
    gives the port to nobody who asks for any: who connects is refused, and a server that is told this very port (and
    sets SO_REUSEADDR, as servers do) can still have it."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind((host, 0))
    return held


def port_of(held: socket.socket) -> int:
    return int(held.getsockname()[1])

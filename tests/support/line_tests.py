"""The centre's endpoint for line tests alone, in a process of its own: `python -m tests.support.line_tests` runs it.

Arguments: the data directory, host, port, and the limits that differ from the defaults as a JSON object.
"""

import asyncio
import json
import logging.config
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from center.logs import logging_config
from center.pki import create_authority, open_authority
from center.throughput.config import ThroughputConfig, limits_of
from center.throughput.peer import server_context
from center.throughput.service import run
from tests.support.broker import free_port
from tests.support.processes import Program, program

NAMES = ("localhost", "127.0.0.1", "10.9.1.2")


@dataclass(frozen=True, slots=True)
class LineTests:
    """A running endpoint; `issue_node` hands out credentials of its authority."""

    data: Path
    port: int
    program: Program

    def issue_node(self, node: str) -> Path:
        return issue_node(self.data, node)

    def client_context(self, credentials: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(credentials / "ca.crt")
        context.load_cert_chain(credentials / "node.crt", credentials / "node.key")
        return context


def prepare(data: Path) -> None:
    """An authority with a server certificate."""
    create_authority(data / "pki").issue_server(NAMES)


def issue_node(data: Path, node: str) -> Path:
    """A node's credentials, made once."""
    folder = data / "nodes" / node
    if not folder.exists():
        create_authority(data / "pki").issue_node(node, folder, seal_public_key=bytes(32))
    return folder


def command(data: Path, host: str, port: int, **limits: float) -> list[str]:
    return [sys.executable, "-m", "tests.support.line_tests", str(data), host, str(port), json.dumps(limits)]


@contextmanager
def line_tests(data: Path, port: int = 0, **limits: float) -> Iterator[LineTests]:
    """The endpoint on 127.0.0.1 for the length of the block. Without a `port`, on one that it surely got."""
    prepare(data)
    for left in reversed(range(5)):
        chosen = port or free_port()
        with program(*command(data, "127.0.0.1", chosen, **limits)) as running:
            running.wait_for_output("listening", 90)
            if left and not port and "throughput-cannot-listen" in running.output:
                continue  # another test has taken it in between
            yield LineTests(data, chosen, running)
            return


if __name__ == "__main__":
    data, where = Path(sys.argv[1]), (sys.argv[2], int(sys.argv[3]))
    logging.config.dictConfig(logging_config())
    wanted = replace(limits_of(ThroughputConfig()), **json.loads(sys.argv[4]))
    tls = server_context(open_authority(data / "pki"))
    asyncio.run(run(data, where, wanted, tls, on_ready=lambda: print("listening", flush=True)))

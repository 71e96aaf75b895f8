"""The real web process on a data directory, and a port for it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.ports import free_port
from tests.support.wall_city import ROOT

__all__ = ["free_port", "web_server"]


@contextmanager
def web_server(data: Path, port: int, first: str = "pass") -> Iterator[subprocess.Popen[bytes]]:
    """The real web process on a data directory; ready when it answers. `first`: what it runs before it serves."""
    environment = {**os.environ, "SANDI_CENTER_DATA": str(data), "SANDI_CENTER_HTTP": f"127.0.0.1:{port}"}
    command = [
        sys.executable,
        "-c",
        f"import asyncio, center.web_server as w; {first}; asyncio.run(w.serve('127.0.0.1', {port}))",
    ]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while True:
            try:
                with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=30):
                    break
            except (URLError, OSError) as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError("the web process does not answer") from error
                time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.wait()

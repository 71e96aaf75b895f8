"""A laboratory of network namespaces: boxes, cables, routers, faults; all of it is gone afterwards.

The kernel's own network stack is the real part here; only the cables are short. Needs root.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_numbers = itertools.count(1)
_READING = "-all,+dac_read_search"
NOBODY = (
    "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", f"--inh-caps={_READING}",
    f"--ambient-caps={_READING}", f"--bounding-set={_READING}", "--",
)  # fmt: skip
"""A user without any privilege but reading: the checkout may lie in the home of root, which nobody else may enter."""


class Box:
    """One network namespace, with its own interfaces, routes, firewall and processes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._processes: list[subprocess.Popen[str]] = []
        run(("ip", "netns", "add", name))
        self.ip("link", "set", "lo", "up")

    def ip(self, *words: str) -> None:
        """The ip command, about this box."""
        run(("ip", "-n", self.name, *words))

    def run(self, *command: str, text: str | None = None) -> str:
        """Run a command inside; its output. AssertionError with what it said when it fails."""
        return run(("ip", "netns", "exec", self.name, *command), text)

    def sysctl(self, name: str, value: str) -> None:
        self.run("sysctl", "-q", "-w", f"{name}={value}")

    def nft(self, *rules: str) -> None:
        """Add rules to a table whose chains hook what is arriving, passing and leaving."""
        hooks = (("arriving", "input"), ("passing", "forward"), ("leaving", "output"))
        chains = "".join(
            f"add chain inet lab {name} {{ type filter hook {hook} priority 0; }}\n" for name, hook in hooks
        )
        lines = "".join(f"add rule inet lab {rule}\n" for rule in rules)
        self.run("nft", "-f", "-", text=f"add table inet lab\n{chains}{lines}")

    def heal(self) -> None:
        """Take all rules away."""
        self.run("nft", "flush", "ruleset")

    def start(self, *command: str) -> subprocess.Popen[str]:
        """Start a program inside; it is killed with the box."""
        process = subprocess.Popen(
            ("ip", "netns", "exec", self.name, *command),
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            start_new_session=True,
        )
        self._processes.append(process)
        return process

    def probe(
        self,
        probe: str,
        *,
        config: Mapping[str, object] | None = None,
        center: Mapping[str, object] | None = None,
        as_nobody: bool = False,
        root: Path = Path("/"),
        data_dir: Path | None = None,
        **target: object,
    ) -> dict[str, Any]:
        """Run one probe inside, in a process of its own; the observation as a dictionary."""
        asked = {
            "probe": probe,
            "target": target,
            "config": dict(config or {}),
            "center": dict(center) if center is not None else None,
            "root": str(root),
            "data_dir": str(data_dir) if data_dir is not None else None,
        }
        user = NOBODY if as_nobody else ()
        process = self.start(*user, sys.executable, "-m", "tests.support.probe_once", json.dumps(asked))
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, f"the probe process ended with {process.returncode}"
        found: dict[str, Any] = json.loads(output)
        return found

    def close(self) -> None:
        for process in self._processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        subprocess.run(("ip", "netns", "del", self.name), check=False, capture_output=True)


class Lab:
    """Boxes and the cables between them."""

    def __init__(self) -> None:
        self._prefix = f"sandi-{os.getpid()}-{next(_numbers)}"
        self._boxes: list[Box] = []

    def box(self, name: str, *, router: bool = False) -> Box:
        box = Box(f"{self._prefix}-{name}")
        self._boxes.append(box)
        if router:
            box.sysctl("net.ipv4.ip_forward", "1")
        return box

    def cable(self, one: tuple[Box, str, str], other: tuple[Box, str, str]) -> None:
        """Connect two boxes: each (box, interface, "address/prefix address/prefix ...")."""
        (first, first_name, _), (second, second_name, _) = one, other
        first.ip("link", "add", first_name, "type", "veth", "peer", "name", second_name, "netns", second.name)
        for box, name, addresses in (one, other):
            for address in addresses.split():
                box.ip("address", "add", address, "dev", name, *(("nodad",) if ":" in address else ()))
            box.ip("link", "set", name, "up")

    def close(self) -> None:
        for box in self._boxes:
            box.close()


@contextmanager
def laboratory() -> Iterator[Lab]:
    """A laboratory for the length of the block."""
    lab = Lab()
    try:
        yield lab
    finally:
        lab.close()


def run(command: Sequence[str], text: str | None = None) -> str:
    """The output of a command; AssertionError with what it said when it fails."""
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout

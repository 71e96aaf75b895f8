"""The access line between the gateway and its ISP: a kernel bridge while it is good, the relay while it is bad."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from tests.netlab.impairment import Impairment
from tests.support.lab import ROOT, Box

PERFECT = Impairment()


class Line:
    """`box` holds the interfaces `near` and `far`, and nothing else; `ends` are the two interfaces it connects."""

    def __init__(self, box: Box, ends: tuple[tuple[Box, str], tuple[Box, str]]) -> None:
        self.box = box
        self._process: subprocess.Popen[str] | None = None
        box.sysctl("net.ipv6.conf.all.disable_ipv6", "1")
        box.ip("link", "add", "line", "type", "bridge")
        for name in ("near", "far"):
            box.ip("link", "set", name, "master", "line", "promisc", "on")
        box.ip("link", "set", "line", "up")
        for end, name in ends:
            # Nobody finishes a checksum or cuts a long frame on the way through an AF_PACKET socket.
            off = ("tx", "off", "gso", "off", "tso", "off", "gro", "off")
            end.run("ethtool", "-K", name, *off)

    @contextmanager
    def impaired(self, up: Impairment = PERFECT, down: Impairment = PERFECT, seed: int = 0) -> Iterator[None]:
        """A bad line within the block; up is from the node towards the ISP."""
        self.start()
        try:
            self.set(up, down, seed)
            yield
        finally:
            self.stop()

    def start(self) -> None:
        """Let the relay carry the frames."""
        command = ("ip", "netns", "exec", self.box.name, sys.executable, "-m", "tests.netlab.relay", "near", "far")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
        )
        assert self._answer() == {"ready": True}
        for name in ("near", "far"):
            self.box.ip("link", "set", name, "nomaster")

    def set(self, up: Impairment = PERFECT, down: Impairment = PERFECT, seed: int = 0) -> None:
        """Change what the running relay does; its counters begin anew."""
        self._ask({"up": asdict(up), "down": asdict(down), "seed": seed})

    def counts(self) -> dict[str, Any]:
        """Per direction: frames, dropped by cause, and pings by IP length (a string) as [seen, dropped]."""
        return self._ask({"count": True})

    def stop(self) -> None:
        """A good cable again."""
        process, self._process = self._process, None
        if process is None:
            return
        for name in ("near", "far"):
            self.box.ip("link", "set", name, "master", "line")
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    def _ask(self, asked: dict[str, object]) -> dict[str, Any]:
        assert self._process is not None, "the relay does not run"
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the relay ended"
        found: dict[str, Any] = json.loads(line)
        return found

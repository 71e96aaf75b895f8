"""The serial panel: frames decoded, frames through a pseudo-terminal and back, and what the process weighs.

A thousand frames a second is far beyond any panel (stop and wait at 115,200 baud gives some tens); it is asked for so
that a panel gone wild cannot starve the others.
"""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from agent.core.framing import Frame, FrameDecoder, encode
from agent.core.panel_codec import put
from agent.core.panel_words import Press, Scan, Taken
from agent.kiosk.serial.config import PanelConfig
from agent.kiosk.serial.desk import Desk
from agent.kiosk.serial.memory import Memory
from agent.kiosk.serial.panel import Panel
from agent.kiosk.serial.simulator import open_terminal
from agent.kiosk.serial.simulator import run as simulate
from agent.kiosk.serial.soft_panel import SoftPanel
from bench import process, table

DECODED = 200_000
BURST = 10_000
GOAL_PER_S = 1_000
CONFIG = """
[node]
id = "kel-3673011001"
run_dir = "{folder}"
[uplink]
host = "127.0.0.1"
[kiosk.serial]
run_dir = "{folder}/run"
state_dir = "{folder}/state"
[[kiosk.serial.panel]]
device = "{folder}/panel"
"""
PRINTER = '[[kiosk.serial.printer]]\ndevice = "{folder}/printer"\n'


def run() -> list[table.Row]:
    """Some seconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        through = asyncio.run(_through(folder))
        return [
            table.figure("frames decoded, one core", _decoded(), "/s"),
            table.Row(
                "frames through a pseudo-terminal and acknowledged",
                round(through),
                "/s",
                f"> {GOAL_PER_S}",
                through > GOAL_PER_S,
            ),
            table.figure("the process with a panel, PSS, host libraries shared", _weight(folder, CONFIG), "MiB"),
            table.figure("with a printer as well", _weight(folder, CONFIG + PRINTER), "MiB"),
        ]


def _decoded() -> float:
    kind, flags, payload = put(Press("aduan", "jalan", "lubang besar di depan pasar"))
    lines = [encode(Frame(kind, flags, 7, number & 0xFFFF, payload)) for number in range(256)]
    decoder = FrameDecoder()
    began_s = time.process_time()
    for number in range(DECODED):
        decoder.feed(lines[number & 255], 0.0)
    return DECODED / (time.process_time() - began_s)


async def _through(folder: Path) -> float:
    """Scans in a burst: each is decoded, handed on, and answered with an ACK of its own, which is decoded here."""
    terminal = open_terminal(folder / "panel", write_timeout_s=30.0)
    scanned: list[str] = []
    panel = Panel(
        "panel-1",
        PanelConfig(device=folder / "panel"),
        "kel-3673011001",
        Desk(folder / "nobody.sock"),
        Memory(folder, folder),
        print_it=lambda job, receipt: None,
        scanned=scanned.append,
    )
    soft = SoftPanel()
    soft.say(Scan(0, "first"))
    serving = asyncio.ensure_future(panel.run())
    try:
        await simulate(terminal.port, soft, over=lambda: soft.idle)
        kind, flags, payload = put(Scan(2, "K7F29QX31A"))
        lines = [encode(Frame(kind, flags, soft.boot, number & 0xFFFF, payload)) for number in range(1, BURST + 1)]
        acked = 0
        began_s = time.perf_counter()
        writing = asyncio.ensure_future(terminal.port.write(b"".join(lines)))
        while acked < BURST:
            acked += sum(isinstance(one, Taken) for one in soft.receive(await terminal.port.read(), 0.0))
        await writing
        took_s = time.perf_counter() - began_s
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        terminal.port.close()
    assert len(scanned) == BURST + 1
    return BURST / took_s


def _weight(folder: Path, config: str) -> float:
    """MiB of `sandi kiosk serial` once its socket is there and what it loads beforehand is loaded."""
    path = folder / "agent.toml"
    path.write_text(config.format(folder=folder), encoding="utf-8")
    command = [sys.executable, "-OO", "-m", "agent.cli", "kiosk", "serial", "--config", str(path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        try:
            socket = folder / "run" / "devices.sock"
            while not socket.exists():
                time.sleep(0.05)
            time.sleep(3.0)
            return process.memory(running.pid).pss_host_shared
        finally:
            running.kill()
            running.wait()
            with contextlib.suppress(OSError):
                socket.unlink()

"""What a probe costs and how much it adds to the round trip it reports.

python -m bench.probes [--json]

Real parts: two network namespaces on one virtual cable (root). The same 200 pings, 20 ms apart, are sent by ours, by
ping(8) and, where it is installed, by fping, one after the other. CPU is the process's own user and system time over
many runs of one probe against servers in another process; the last row is the whole scheduler at its default cadence.
"""

import argparse
import asyncio
import json
import re
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import table
from tests.support.lab import Box, laboratory
from tests.support.serving import Certificates

PINGS, GAP_S = 200, 0.02
NEAR, FAR = "10.9.0.2", "10.9.0.1"
PINGING = {"count": 100, "gap_s": GAP_S, "timeout_s": 0.5, "late_s": 0.0, "payload_bytes": 56}
"""As large as the other tools are asked to send them."""
CADENCE_S, SETTLE_S = 30.0, 8.0
"""One whole default round of every probe is in 30 s, but the minute's ones (they are added at their own price)."""


def run() -> list[table.Row]:
    """Rows: round trips side by side, CPU per run of each probe, CPU of the scheduler."""
    with tempfile.TemporaryDirectory(prefix="sandi-bench-") as name, laboratory() as lab:
        node, peer = lab.box("node"), lab.box("peer")
        lab.cable((node, "eth0", f"{NEAR}/24"), (peer, "eth0", f"{FAR}/24"))
        node.ip("route", "add", "default", "via", FAR)
        folder = Path(name)
        _credentials(folder)
        with _started(peer, "--serve", str(folder)) as ports:
            asked = {**ports, "folder": str(folder)}
            return [
                *_round_trips(node),
                *_costs(_inside(node, "costs", asked)),
                *_cadence(_inside(node, "cadence", asked)),
            ]


def _credentials(folder: Path) -> None:
    made = Certificates(folder)
    for name, host in (("server", FAR), ("node", NEAR)):
        made.leaf(name, host=host)


def _round_trips(node: Box) -> list[table.Row]:
    tools = {"ours": _inside(node, "pings", {})["rtts_ms"], "ping(8)": _ping(node)}
    if shutil.which("fping"):
        tools["fping"] = _fping(node)
    rows = []
    for name, rtts_ms in tools.items():
        ordered = sorted(rtts_ms)
        rows.append(table.figure(f"round trip, {name}: median", 1000 * statistics.median(ordered), "us"))
        rows.append(
            table.figure(f"round trip, {name}: 95th percentile", 1000 * ordered[int(0.95 * len(ordered))], "us")
        )
    return rows


def _ping(node: Box) -> list[float]:
    said = node.run("ping", "-n", "-c", str(PINGS), "-i", str(GAP_S), "-s", "56", FAR)
    return [float(found) for found in re.findall(r"time=([\d.]+) ms", said)]


def _fping(node: Box) -> list[float]:
    said = subprocess.run(
        ("ip", "netns", "exec", node.name, "fping", "-q", "-C", str(PINGS), "-p", "20", "-t", "500", "-b", "56", FAR),
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    return [float(word) for word in said.partition(":")[2].split()]


def _costs(found: dict[str, Any]) -> list[table.Row]:
    rows = [table.figure(f"CPU per run: {name}", found[name], "us") for name in found if name != "icmp"]
    return [table.figure("CPU per ping, a wakeup to send and one to receive", found["icmp"], "us"), *rows]


def _cadence(found: dict[str, Any]) -> list[table.Row]:
    return [table.below("CPU of all probes, default cadence", found["cpu_pct"], "% of core", 0.1)]


# -- inside the node's namespace ---------------------------------------------------------------------------------


def _inside(node: Box, what: str, asked: dict[str, Any]) -> dict[str, Any]:
    process = node.start(sys.executable, "-m", "bench.probes", "--inside", what, json.dumps(asked))
    output, _ = process.communicate(timeout=120)
    found: dict[str, Any] = json.loads(output)
    return found


async def _pings(_: dict[str, Any]) -> dict[str, Any]:
    from tests.support.probe_once import observe_here

    rtts_ms: list[float | None] = []
    for _part in range(PINGS // 100):
        seen = await observe_here("icmp", PINGING, host=FAR)
        rtts_ms += seen.rtts_ms
    return {"rtts_ms": [rtt_ms for rtt_ms in rtts_ms if rtt_ms is not None]}


async def _cost(asked: dict[str, Any]) -> dict[str, Any]:
    from agent.probes.context import Center
    from agent.probes.execute import observe
    from tests.support.probe_once import context_for, target_for

    folder = Path(asked["folder"])
    center = Center(FAR, asked["tls"], folder)
    context = context_for(center)
    targets = {
        "link": target_for("link", {}, {}),
        "address": target_for("address", {}, {}),
        "route": target_for("route", {}, {}),
        "tcp": target_for("tcp", {}, {"host": FAR, "port": asked["tls"]}),
        "dns": target_for("dns", {}, {"host": FAR, "port": asked["dns"]}),
        "broker (TLS handshake with certificates)": target_for("broker", {}, {"host": "center", "port": asked["tls"]}),
    }
    found = {}
    for name, target in targets.items():
        runs = 20 if name.startswith("broker") else 200
        assert (await observe(target, context)).ok, await observe(target, context)  # also imports the probe
        found[name] = await _per_run(lambda target=target: observe(target, context), runs)  # type: ignore[misc]
    config = {"count": 100, "gap_s": GAP_S, "timeout_s": 0.5, "late_s": 0.0}
    pinging = target_for("icmp", config, {"host": FAR})
    found["icmp"] = await _per_run(lambda: observe(pinging, context), 2) / 101
    context.pinger.close()
    return found


async def _per_run(once: Callable[[], Awaitable[object]], runs: int) -> float:
    """Microseconds of CPU per run."""
    began = time.process_time()
    for _ in range(runs):
        await once()
    return (time.process_time() - began) / runs * 1e6


async def _at_cadence(asked: dict[str, Any]) -> dict[str, Any]:
    from agent.clock import Clock
    from agent.probes.config import ProbesConfig
    from agent.probes.context import Center
    from agent.probes.runner import ProbeRunner
    from wire.bodies import Reach

    async def ignore(_: Reach) -> None: ...

    center = Center(FAR, asked["tls"], Path(asked["folder"]))
    runner = ProbeRunner(ProbesConfig(), "kel-3673011001", Clock(), center=center, uplink_connected=lambda: True)
    running = asyncio.create_task(runner.run(ignore))
    await asyncio.sleep(SETTLE_S)
    began = time.process_time()
    await asyncio.sleep(CADENCE_S)
    used_s = time.process_time() - began
    running.cancel()
    return {"cpu_pct": 100 * used_s / CADENCE_S}


# -- the servers, in the peer's namespace ------------------------------------------------------------------------


@contextmanager
def _started(peer: Box, *arguments: str) -> Iterator[dict[str, int]]:
    process = peer.start(sys.executable, "-m", "bench.probes", *arguments)
    assert process.stdout is not None
    yield json.loads(process.stdout.readline())


def _serve(folder: Path) -> None:
    """Answer DNS over UDP, and shake hands over TLS, until killed."""
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind((FAR, 0))
    listener = socket.create_server((FAR, 0), backlog=500)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.crt", folder / "server.key")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    threading.Thread(target=_answer_names, args=(names,), daemon=True).start()
    sys.stdout.write(json.dumps({"dns": names.getsockname()[1], "tls": listener.getsockname()[1]}) + "\n")
    sys.stdout.flush()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_shake_hands, args=(connection, context), daemon=True).start()


def _answer_names(names: socket.socket) -> None:
    while True:
        query, sender = names.recvfrom(512)
        names.sendto(query[:2] + b"\x81\x80\0\1\0\0\0\0\0\0" + query[12:], sender)


def _shake_hands(connection: socket.socket, context: ssl.SSLContext) -> None:
    try:
        with context.wrap_socket(connection, server_side=True) as talking:
            talking.recv(1)
    except OSError:
        return


def main(arguments: Sequence[str]) -> None:
    """The benchmark, or the part of it that runs in a namespace."""
    options = argparse.ArgumentParser(prog="bench.probes", description=__doc__)
    options.add_argument("--json", action="store_true")
    options.add_argument("--inside", nargs=2, help=argparse.SUPPRESS)
    options.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args(arguments)
    if chosen.serve is not None:
        _serve(chosen.serve)
    elif chosen.inside is not None:
        parts = {"pings": _pings, "costs": _cost, "cadence": _at_cadence}
        sys.stdout.write(json.dumps(asyncio.run(parts[chosen.inside[0]](json.loads(chosen.inside[1])))))
    else:
        table.show("probes", run(), chosen.json)


if __name__ == "__main__":
    main(sys.argv[1:])

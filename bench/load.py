"""What the agent costs under its full duty: gateway and centre pinged each second, forty public sites watched.

python -m bench.load [--minutes 6] [--json]

Real parts, in namespaces (root): the agent with its defaults and forty `[[probes.site]]` on one side of a cable, a
whole centre and forty HTTPS servers on the other. After that: how many pings a second one process sends on time.
"""

import argparse
import asyncio
import json
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.probes.config import ProbesConfig
from agent.probes.icmp import IcmpConfig
from bench import process, table
from bench.city import City, running_agent, running_center, stored_records, wait_for
from tests.netlab.loop import ServerLoop
from tests.netlab.web import Page, serve
from tests.support.lab import Box, laboratory
from tests.support.serving import Certificates

SITES = 40
NEAR, FAR = "10.9.0.2", "10.9.0.1"
FIRST_PORT = 20_443
WARM_UP_S = 45
PAGE_BYTES = 40_000
"""A front page without its pictures and scripts."""

GAP_S = 0.01
LATE_SHARE = 0.01
PINGS_AT_ONCE = (1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256, 384)
"""How many rounds, of a hundred pings a second each, run side by side."""


def run(minutes: float) -> list[table.Row]:
    """Rows: memory and CPU under load, and pings per second on time."""
    with tempfile.TemporaryDirectory(prefix="sandi-bench-") as name, _two_boxes() as (node, peer):
        directory = Path(name)
        with _sites(peer, directory / "sites") as more, running_center(directory, FAR, peer.name) as city:
            before = stored_records(city)
            with running_agent(city, directory, host=FAR, inside=node.name, more=more) as agent:
                wait_for(lambda: stored_records(city) > before, "the first record to be committed")
                rows = _steady(city, agent.pid, node.name, minutes)
        return [*rows, *_capacity(node)]


@contextmanager
def _two_boxes() -> Iterator[tuple[Box, Box]]:
    with laboratory() as lab:
        node, peer = lab.box("node"), lab.box("peer")
        lab.cable((node, "eth0", f"{NEAR}/24"), (peer, "eth0", f"{FAR}/24"))
        node.ip("route", "add", "default", "via", FAR)
        node.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        yield node, peer


@contextmanager
def _sites(peer: Box, folder: Path) -> Iterator[str]:
    """Forty servers; the lines of configuration that watch them and ping each second."""
    made = Certificates(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*made.leaf("sites", host=FAR))
    loop = ServerLoop()
    page = Page()
    page.body = page.rendered().replace("</article>", f"{'<p>berita kota</p>' * (PAGE_BYTES // 18)}</article>")
    try:
        ports = range(FIRST_PORT, FIRST_PORT + SITES)
        for port in ports:
            serve(loop, peer, port, lambda _host, path: page if path == "/" else Page(404, "tidak ada"), context)
        yield _config(ports, made.ca)
    finally:
        loop.close()


def _config(ports: Sequence[int], authority: Path) -> str:
    """Sites in the agent's own words, or as web targets where it has none; pings each second where it can."""
    lines = []
    if "continuous_s" in IcmpConfig.about:
        lines.append("[probes.icmp]\ncontinuous_s = 1.0")
    if "site" in ProbesConfig.about:
        lines.append(f'[probes.sites]\nca_file = "{authority}"')
        kind = '[[probes.site]]\nname = "{port}"\nurl = "https://{host}:{port}/"'
    else:
        lines.append(f'[probes.http]\nca_file = "{authority}"')
        kind = '[[probes.target]]\nprobe = "http"\nname = "{port}"\nurl = "https://{host}:{port}/"'
    return "\n".join([*lines, *(kind.format(host=FAR, port=port) for port in ports)]) + "\n"


def _steady(city: City, pid: int, inside: str, minutes: float) -> list[table.Row]:
    time.sleep(WARM_UP_S)
    cpu_s, at, records = process.cpu_seconds(pid), time.monotonic(), stored_records(city)
    wire = process.wire_bytes(pid, city.mqtt_port, inside)
    time.sleep(max(minutes * 60 - WARM_UP_S, 30))
    elapsed_s = time.monotonic() - at
    memory, now = process.memory(pid), process.wire_bytes(pid, city.mqtt_port, inside)
    per_day = 86_400 / elapsed_s
    return [
        table.below("PSS, host libraries shared", memory.pss_host_shared, "MiB", 24),
        table.figure("PSS as the kernel divides it here", memory.pss, "MiB"),
        table.figure("RSS", memory.rss, "MiB"),
        table.figure("CPU, pings and sites", 100 * (process.cpu_seconds(pid) - cpu_s) / elapsed_s, "% core"),
        table.figure("on the wire, TLS bytes both ways", (now.tls - wire.tls) * per_day / 1e6, "MB/day"),
        table.figure("records stored per day", (stored_records(city) - records) * per_day, "records"),
        table.figure("measured over", elapsed_s, "s"),
    ]


# -- how many pings a second -----------------------------------------------------------------------------------------


def _capacity(node: Box) -> list[table.Row]:
    started = node.start(sys.executable, "-m", "bench.load", "--inside")
    output, _ = started.communicate(timeout=120)
    steps: list[dict[str, float]] = json.loads(output)
    held = [step for step in steps if step["late"] <= LATE_SHARE and step["lost"] == 0]
    best = max(held, key=lambda step: step["per_s"], default={"per_s": 0.0, "cpu": 0.0})
    told = f"pings held, under {100 * LATE_SHARE:g} % sent 10 ms late, none lost"
    return [
        table.figure(told, best["per_s"], "pings/s"),
        table.figure("  CPU while they are sent", best["cpu"], "% core"),
    ]


async def _climb() -> list[dict[str, Any]]:
    """Ever more rounds side by side, until one step is clearly too much."""
    from agent.probes.execute import observe
    from tests.support.probe_once import context_for, target_for

    asked = {"count": 100, "gap_s": GAP_S, "timeout_s": 0.5, "late_s": 0.0}
    context = context_for()
    target = target_for("icmp", asked, {"host": FAR})
    await observe(target_for("icmp", {**asked, "count": 1}, {"host": FAR}), context)
    steps = []
    for width in PINGS_AT_ONCE:
        cpu_s, at = time.process_time(), time.monotonic()
        seen = await asyncio.gather(*(observe(target, context) for _ in range(width)))
        elapsed_s = time.monotonic() - at
        sent = sum(one.sent for one in seen)
        steps.append(
            {
                "per_s": sent / elapsed_s,
                "late": sum(one.sent_late for one in seen) / sent,
                "lost": sum(one.lost for one in seen),
                "cpu": 100 * (time.process_time() - cpu_s) / elapsed_s,
            }
        )
        if steps[-1]["late"] > 0.5:
            break
    context.pinger.close()
    return steps


def main() -> None:
    """Print the table, or climb inside a namespace."""
    options = argparse.ArgumentParser(prog="bench.load", description=__doc__)
    options.add_argument("--minutes", type=float, default=6, help="how long to watch the agent (default 6)")
    options.add_argument("--json", action="store_true")
    options.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.inside:
        sys.stdout.write(json.dumps(asyncio.run(_climb())))
    else:
        table.show("agent with pings each second and forty sites", run(chosen.minutes), chosen.json)


if __name__ == "__main__":
    main()

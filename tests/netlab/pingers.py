"""One pinger among those that are compared: python -m tests.netlab.pingers ours|icmplib HOST COUNT SIZE

Prints JSON: `rtts_ms` with one entry per counted ping (null: lost; icmplib: only the answered ones), `sent`, `lost`,
`cpu_ms` (user and system time of this process per ping sent, without imports) and `wall_s`.
"""

import asyncio
import json
import sys
import time
from typing import Any

GAP_S = 0.01
TIMEOUT_S = 0.5
PATIENCE_S = 3.0
"""Of those who send the next ping without waiting for the last: a machine that stands still loses nothing."""
_PER_ROUND = 100


def ours(host: str, count: int, size: int) -> dict[str, Any]:
    """The product's icmp probe, in rounds of a hundred."""
    from tests.support.probe_once import context_for, target_for

    asked = {"count": _PER_ROUND, "gap_s": GAP_S, "timeout_s": PATIENCE_S, "late_s": 0.0, "payload_bytes": size}

    async def rounds() -> tuple[list[float | None], float]:
        from agent.probes.execute import observe

        context = context_for()
        target = target_for("icmp", asked, {"host": host})
        rtts_ms: list[float | None] = []
        try:
            await observe(target_for("icmp", {**asked, "count": 1}, {"host": host}), context)  # also imports it
            began = time.process_time()
            for _ in range(count // _PER_ROUND):
                rtts_ms += (await observe(target, context)).rtts_ms
            return rtts_ms, time.process_time() - began
        finally:
            context.pinger.close()

    rtts_ms, cpu_s = asyncio.run(rounds())
    priming = count // _PER_ROUND
    return _told(rtts_ms, len(rtts_ms), sum(rtt is None for rtt in rtts_ms), cpu_s, len(rtts_ms) + priming)


def icmplib(host: str, count: int, size: int) -> dict[str, Any]:
    """The library's own synchronous ping."""
    from icmplib import ping

    ping(host, count=1, timeout=TIMEOUT_S, payload_size=size)
    began = time.process_time()
    found = ping(host, count=count, interval=GAP_S, timeout=TIMEOUT_S, payload_size=size)
    cpu_s = time.process_time() - began
    return _told(
        list(found.rtts), found.packets_sent, found.packets_sent - found.packets_received, cpu_s, found.packets_sent
    )


def _told(rtts_ms: list[Any], sent: int, lost: int, cpu_s: float, pings: int) -> dict[str, Any]:
    return {"rtts_ms": rtts_ms, "sent": sent, "lost": lost, "cpu_ms": 1000 * cpu_s / pings}


def main() -> None:
    which, host, count, size = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    began = time.monotonic()
    found = {"ours": ours, "icmplib": icmplib}[which](host, count, size)
    print(json.dumps({**found, "wall_s": time.monotonic() - began}))


if __name__ == "__main__":
    main()

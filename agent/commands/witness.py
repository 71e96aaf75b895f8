"""`witness`: is a neighbour that the centre no longer hears still there? Asked of a box on the same provider.

Two measurements of this version's own `sandi`: echo requests at the neighbour's last known address, and the way there.
What they found goes out as lines, and as figures, from which the centre makes its sentence (`center.core.witnesses`).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from agent.commands.job import CommandError, Done, Job, Scalar, Tools

if TYPE_CHECKING:
    from wire.commands import Witness
    from wire.shape import Struct

COUNT: Final = 10
PING_S: Final = 30.0
TRACE_S: Final = 75.0
"""Together below the centre's patience of 120 s."""
MOST_HELD_BYTES: Final = 64 * 1024


async def run(job: Job, tools: Tools) -> Done:
    """`sent`, `lost`, `rtt_ms` (median, None when nothing came back), `reached` (by either measurement), `hops` and
    `last` (the farthest router that answered). CommandError `not_measured` when this box could do neither."""
    wanted = cast("Witness", job.arguments)
    pings = await _asked(job, tools, ("ping", "-n", str(COUNT), "--json", "--", wanted.host), PING_S)
    await job.progress(40)
    way = await _asked(job, tools, ("trace", "--json", "--", wanted.host), TRACE_S)
    if not pings and not way:
        raise CommandError("not_measured", f"this box can measure neither echoes of {wanted.host} nor the way there")
    hops: list[Mapping[str, Any]] = way.get("hops", [])
    sent, lost = pings.get("sent", 0), pings.get("lost", 0)
    answering = [str(hop["address"]) for hop in hops if hop.get("address")]
    result: dict[str, Scalar] = {
        "sent": sent,
        "lost": lost,
        "rtt_ms": pings.get("median_ms"),
        "reached": bool(way.get("reached")) or sent > lost,
        "hops": len(hops),
        "last": answering[-1] if answering else "",
        "reason": str(way.get("reason", ""))[:40],
    }
    await job.output(_lines(wanted.host, result, hops))
    return Done(result=result)


def _lines(host: str, result: Mapping[str, Scalar], hops: list[Mapping[str, Any]]) -> str:
    rtt = "-" if result["rtt_ms"] is None else f"{result['rtt_ms']} ms"
    rows = [f"ping {host}: {result['sent']} sent, {result['lost']} lost, {rtt}", f"trace {host}:"]
    for hop in hops:
        took = "" if hop.get("rtt_ms") is None else f"  {hop['rtt_ms']:.1f} ms"
        rows.append(f"{hop.get('ttl', 0):>3}  {hop.get('address') or '*'}{took}")
    return "\n".join(rows) + "\n"


async def _asked(job: Job, tools: Tools, words: tuple[str, ...], within_s: float) -> Mapping[str, Any]:
    """The measurement's JSON; empty when it could not be made, which is said in a line."""
    held = _Held(job)
    try:
        await tools.sandi(held, words, timeout_s=within_s)
        found = msgspec.json.decode(held.text, type=dict[str, Any])
        if "error" not in found:
            return found
        why = str(found["error"])[:200]
    except CommandError as error:
        why = error.code
    except msgspec.DecodeError:
        why = held.text[-200:].strip()
    await job.output(f"{words[0]}: {why}\n")
    return {}


class _Held:
    """A job whose output is kept here instead of being sent: JSON for this module, not for people."""

    def __init__(self, job: Job) -> None:
        self._job, self.text = job, ""

    @property
    def id(self) -> str:
        return self._job.id

    @property
    def name(self) -> str:
        return self._job.name

    @property
    def arguments(self) -> "Struct":
        return self._job.arguments

    @property
    def memo(self) -> Mapping[str, Scalar]:
        return self._job.memo

    async def progress(self, pct: int, detail: str = "") -> None:
        await self._job.progress(pct, detail)

    async def output(self, text: str) -> None:
        self.text = (self.text + text)[-MOST_HELD_BYTES:]

    async def keep(self, memo: Mapping[str, Scalar]) -> None:
        await self._job.keep(memo)

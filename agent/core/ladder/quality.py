"""A line that works, but how: packet sizes, IPv6, loss, latency, queues, flapping.

* M1: a router says that large packets do not fit. M2: they vanish and nobody says so.
* Q4: the state flaps, or the pings of one run come and go in long stretches.
* Q2: loss certainly above the limit with at least 20 probes (the lower end of its 95 % interval). When the gateway
  loses too, and not more than the centre, the loss is on this side of it: the site's.
* Q3: the round trip under load is far above the idle one. Without a load test: when the fastest round trips of one
  run are quick and the middle ones are not, something queues.
* Q1: the median round trip above the limit.
"""

from collections.abc import Sequence
from itertools import groupby

from agent.core.evidence import Evidence
from agent.core.ladder.finding import Judged, fault
from agent.core.ladder.table import Table, loses
from agent.core.observation import Reason
from agent.core.window import quantile
from wire.shape import replace

_ANSWERS = 5  # a median of fewer is one packet's story
_QUEUE_SAMPLE = 20  # and a quarter of fewer is a handful's
# An interruption: this many pings in a row without an answer; at a live diagnosis' 10 ms apart, 0.4 s. A line that
# loses half its packets never does so by chance (0.5 ** 40); bursts on a bad radio last some ten packets.
_GONE, _BACK = 40, 10
# Half of the pings lost, and five round trips of TCP and TLS without a loss: 1 in 32, and far less at what rations of
# pings look like. A lost SYN is sent again after a second (RFC 6298).
_MOST_TCP_BEARS, _SENT_AGAIN_MS = 0.5, 1000.0
_ALONE = 5  # fewer than ten answers a second, at a live diagnosis' pace
_SPREAD = 4.0  # the middle at four times the best: a constant delay cannot do that


def mtu(table: Table) -> Judged:
    found = table.one("mtu", "center")
    if found is None:
        return "unknown"
    if found.seen.reason is Reason.MTU_REDUCED:
        return fault("M1", 0.95, found)
    if found.seen.reason is Reason.MTU_BLACK_HOLE:
        return fault("M2", 0.9, found, table.one("broker", "center"))
    return "ok" if found.seen.ok else "unknown"


def ipv6(table: Table) -> Judged:
    found = table.one("ipv6", "internet")
    if found is None:
        return "unknown"
    broken = found.seen.reason is Reason.IPV6_BROKEN
    return fault("I2", 0.85, found) if broken else ("ok" if found.seen.ok else "unknown")


def flaps(table: Table) -> Judged:
    ping = table.one("icmp", "center")
    if ping is None:
        return "unknown"
    if ping.state == "flapping":
        return fault("Q4", 0.9, ping)
    return fault("Q4", 0.75, ping) if interruptions(ping) >= 2 else "ok"


def loss(table: Table) -> Judged:
    ping = table.one("icmp", "center")
    if ping is None or not table.way_works:
        return "unknown"
    if ping.loss_low > _MOST_TCP_BEARS and smooth(table):
        return "unknown"
    if not loses(ping, table.limits):
        return "ok" if ping.sent - ping.seen.lost > 0 and ping.seen.ok else "unknown"
    finding = fault("Q2", 0.9, ping)
    near = table.one("icmp", "gateway")
    # What is lost before the gateway is lost to the centre as well: one that loses more only rations its answers.
    if near is not None and loses(near, table.limits) and near.loss_low <= ping.loss:
        return replace(fault("Q2", 0.85, near, ping), party="site")
    return finding


def smooth(table: Table) -> bool:
    """A connection and a whole handshake with the broker went through without a packet sent again."""
    found = table.one("tcp", "center"), table.one("broker", "center")
    return all(
        item is not None and item.seen.ok and 0.0 < sum(rtt or 0.0 for rtt in item.seen.rtts_ms) < _SENT_AGAIN_MS
        for item in found
    )


def rations(table: Table) -> bool:
    """The centre's host answers so many pings a second and drops the rest: most are lost, TCP notices nothing, and
    in the silence stand single answers. A line that came back for a moment would have carried more than one."""
    ping = table.one("icmp", "center")
    if ping is None or ping.loss_low <= _MOST_TCP_BEARS or not smooth(table):
        return False
    return _lonely(ping.seen.rtts_ms) > 0 and max(spells(ping.seen.rtts_ms)[1:], default=0) < _BACK


def _lonely(rtts_ms: Sequence[float | None]) -> int:
    """How many answers stand alone, with several lost before and after."""
    runs = [(answered, len(list(group))) for answered, group in groupby(rtts_ms, lambda rtt: rtt is not None)]
    return sum(
        here == (True, 1) and before[1] >= _ALONE and after[1] >= _ALONE
        for before, here, after in zip(runs, runs[1:], runs[2:], strict=False)
    )


def latency(table: Table) -> Judged:
    loaded = table.one("throughput", "center")
    if loaded is not None and loaded.seen.reason is Reason.BUFFERBLOAT:
        return fault("Q3", 0.92, loaded)
    ping = table.one("icmp", "center")
    answered = sorted(rtt_ms for rtt_ms in ping.seen.rtts_ms if rtt_ms is not None) if ping is not None else []
    if ping is None or len(answered) < _ANSWERS:
        return "unknown"
    best_ms, later_ms = answered[0], quantile(answered, 0.75)
    # a quarter of them this late while the best is quick: something fills a queue and lets it run dry again
    if later_ms > _SPREAD * best_ms and later_ms - best_ms > table.limits.queue_ms and len(answered) >= _QUEUE_SAMPLE:
        return fault("Q3", 0.65, ping)
    return "ok" if quantile(answered, 0.5) <= table.limits.latency_ms else fault("Q1", 0.9, ping)


def interruptions(ping: Evidence) -> int:
    """How often the answers stopped for long, having come at least for a while before or after.

    A single answer in a long silence does not end it: a host that rations its pings gives one now and then.
    """
    return len(spells(ping.seen.rtts_ms)) - 1


def spells(rtts_ms: Sequence[float | None]) -> list[int]:
    """How many were answered before, between and after the long silences; one number when there was none."""
    runs = [(answered, len(list(group))) for answered, group in groupby(rtts_ms, lambda rtt: rtt is not None)]
    found = [0]
    if not any(answered and length >= _BACK for answered, length in runs):
        return found
    gone = False
    for answered, length in runs:
        if answered:
            found[-1] += length
        elif length >= _GONE and (found[-1] >= _BACK or not gone):
            gone = True
            found.append(0)
        elif length >= _GONE:
            found[-1] = 0
    return found

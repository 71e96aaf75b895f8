"""What to look at next: from what is known so far, the probes whose answer would decide.

A live diagnosis begins with one run of everything. Then it asks again only where that helps: a single shot that
failed is repeated, because one lost packet is no outage; silence is traced; a loss that one run cannot prove is
measured longer, at a calmer pace, because routers may ration pings; a refusal is asked for its place of birth.
What would decide nothing is not asked: pings muted by a host that takes connections need no trace, and pings that are
plainly rationed only one more connection, to see that the line has not gone meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.core.evidence import Evidence
from agent.core.ladder.quality import interruptions, rations, smooth
from agent.core.ladder.table import DEFAULT_LIMITS, Table, failing
from agent.core.observation import Reason

OWN_SIDE = frozenset({"L0", "L1", "L2", "L3"})
"""Verdicts that need no further look: they are read from this box itself."""
# Pings of one run at the quick pace: 1 % loss shows four or more of 200 in 14 of 100 runs, 5 % in 99 of 100.
SUSPICIOUS_LOSS = 0.02
_MOST_RUNS = 3
_LOOKS_AT_A_STOP = 2
_CONNECTIONS_TO_BE_SURE = 2
_NEAREST = 2  # a SYN of one hop meets at least the gateway
_UNCERTAIN = frozenset({Reason.TIMEOUT, Reason.NO_REPLY, Reason.RESET, Reason.DEADLINE, Reason.HOST_UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Question:
    """Run this probe at this target again (or at last). `calm`: a long run at a slower pace."""

    probe: str
    target: str
    mode: Literal["again", "calm"] = "again"

    @property
    def key(self) -> str:
        return f"{self.probe}:{self.target}"


def questions(items: Sequence[Evidence], runs: Mapping[str, int], *, brisk: bool = False) -> tuple[Question, ...]:
    """What is worth asking, given how often each `probe:target` (and `probe:target:calm`) has run.

    `brisk`: the first pings were few, so that any that was lost has them sent in full.
    """
    table = Table(items, DEFAULT_LIMITS)
    loss = _lost_of_few(table, runs) if brisk else []
    wanted = [*_unsure(table), *_traced(table), *(loss or _loss(table, runs)), *_refused(table), *_others(table)]
    return tuple(one for one in dict.fromkeys(wanted) if _allowed(one, runs))


def _allowed(question: Question, runs: Mapping[str, int]) -> bool:
    if question.mode == "calm":
        return runs.get(f"{question.key}:calm", 0) == 0
    limit = 1 if question.probe in ("trace", "refusal") else _MOST_RUNS
    return runs.get(question.key, 0) < limit


def _unsure(table: Table) -> list[Question]:
    """Single shots at the centre that failed without a clear answer."""
    found = [Question(probe, "center") for probe in _unnamed(table)]
    if table.loses:
        return found
    for probe in ("tcp", "broker"):
        item = table.one(probe, "center")
        if item is not None and not item.seen.ok and item.seen.reason in _UNCERTAIN and not failing(item):
            found.append(Question(probe, "center"))
    return found


def _unnamed(table: Table) -> list[str]:
    """The probes that did not get the address although somebody knows it: a question or its answer was lost."""
    items = {probe: table.one(probe, "center") for probe in ("icmp", "tcp", "broker")}
    lost = [probe for probe, item in items.items() if item is not None and item.seen.reason is Reason.RESOLVE_FAILED]
    others = [item for probe, item in items.items() if item is not None and probe not in lost]
    return lost if others or any(item.seen.ok for item in table.all("dns")) else []


def _traced(table: Table) -> list[Question]:
    tcp, ping = table.one("tcp", "center"), table.one("icmp", "center")
    silent = tcp is not None and not tcp.seen.ok and tcp.seen.reason is not Reason.REFUSED
    mute = ping is not None and not ping.seen.ok and (tcp is None or not tcp.seen.ok)
    asked = [Question("trace", "center")] if silent or mute else []
    beside = table.one("icmp", "beside")
    if silent and mute and not table.way_works and (beside is None or not (beside.seen.ok or failing(beside))):
        asked.append(Question("icmp", "beside"))
    internet = table.one("internet", "internet")
    if table.by_name() and not table.center() and internet is not None and failing(internet):
        asked.append(Question("trace", "internet"))  # nobody knows the centre's address: where does the way out end?
    return asked


def _lost_of_few(table: Table, runs: Mapping[str, int]) -> list[Question]:
    ping, again = table.one("icmp", "center"), Question("icmp", "center")
    some = ping is not None and 0 < ping.seen.lost < ping.seen.sent
    return [again] if some and runs.get(again.key, 0) < _LOOKS_AT_A_STOP else []


def _loss(table: Table, runs: Mapping[str, int]) -> list[Question]:
    ping = table.one("icmp", "center")
    if ping is None or not ping.seen.sent or ping.seen.lost == ping.seen.sent:
        return []
    if rations(table):
        return [Question("tcp", "center")] if runs.get("tcp:center", 0) < _CONNECTIONS_TO_BE_SURE else []
    stopped, again = interruptions(ping), Question("icmp", "center")
    if stopped and runs.get(again.key, 0) < _LOOKS_AT_A_STOP:
        return [again]  # it stopped for long: look on at the same pace, it may come and go
    if stopped > 1:
        return []
    return [Question("icmp", "center", "calm")] if ping.seen.lost / ping.seen.sent >= SUSPICIOUS_LOSS else []


def _refused(table: Table) -> list[Question]:
    found = table.one("broker", "center") or table.one("tcp", "center")
    if found is None or found.seen.reason is not Reason.REFUSED:
        return []
    trace = table.one("trace", "center")
    if trace is None:
        return [Question("trace", "center")]
    distance = refusal_distance(trace.seen.detail.get("hops"), trace.seen.detail.get("reached"))
    return [Question("refusal", "center")] if distance else []


def proven(items: Sequence[Evidence], target: str) -> bool:
    """Whether the centre's host or the gateway lives and carries packets, by what is no ping: connections went through
    without a packet sent again."""
    return target in ("center", "gateway") and smooth(Table(items, DEFAULT_LIMITS))


def refusal_distance(hops: object, reached: object) -> int:
    """How far away the host is, at least, by what a trace says: behind the last router that answered, where it did not
    itself. 0 where not even the gateway can be told from it."""
    if not isinstance(hops, int) or isinstance(hops, bool):
        return 0
    distance = hops if reached is True else hops + 1
    return distance if distance >= _NEAREST else 0


def _others(table: Table) -> list[Question]:
    found: list[Question] = []
    resolvers = table.all("dns")
    if resolvers and not any(item.seen.ok for item in resolvers):
        found += [
            Question("dns", item.seen.target)
            for item in resolvers
            if item.seen.reason in _UNCERTAIN and (not failing(item) or table.leaks)
        ]
    gateway = table.one("gateway", "gateway")
    if gateway is not None and not gateway.seen.ok and not failing(gateway) and not table.way_works:
        found.append(Question("gateway", "gateway"))
    internet = table.one("internet", "internet")
    if internet is not None and not internet.seen.ok and internet.failed_runs < 2 and table.way_works:
        found.append(Question("internet", "internet"))
    if table.beyond_answers and any(item.seen.ok for item in resolvers):
        for item in (*table.all("http"), *table.all("site")):
            if not item.seen.ok and not failing(item):
                found.append(Question(item.seen.probe, item.seen.target))
    return found

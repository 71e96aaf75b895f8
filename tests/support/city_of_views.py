"""A city of node views for the pure rules of correlation: states are set, `step` decides, decisions are carried out."""

from dataclasses import dataclass, field, replace

from center.core import correlation
from center.core.dependence import Dependence
from center.core.facts import LinkFact
from center.core.incident_facts import DEFAULT, Decision, KnownIncident, NodeView, View
from center.core.swings import Reach, after

T0 = 1_760_000_000_000
MIN = 60_000


def line(upstream: str, needs: str = "any") -> LinkFact:
    return LinkFact(upstream, "line", needs)


def feeder(upstream: str) -> LinkFact:
    return LinkFact(upstream, "feeder")


def carry_out(known: list[KnownIncident], decisions: tuple[Decision, ...], now_ms: int) -> list[KnownIncident]:
    """The incidents after these decisions, as the database holds them; asserts that each decision makes sense."""
    incidents = list(known)
    for one in decisions:
        key = one.kind, one.subject
        still = [at for at, each in enumerate(incidents) if each.key == key and each.resolved_ms is None]
        if one.what == "open":
            assert not still and one.nodes, one
            members = dict.fromkeys(one.nodes)
            incidents.append(KnownIncident(*key, one.severity, one.cause, one.started_ms, now_ms, members))
            continue
        if one.what == "reopen":
            assert not still, one
            at = max(at for at, each in enumerate(incidents) if each.key == key)
            members = {**incidents[at].members, **dict.fromkeys(one.nodes)}
            incidents[at] = replace(incidents[at], resolved_ms=None, members=members)
            continue
        (at,) = still
        if one.what in {"join", "leave"}:
            when = None if one.what == "join" else now_ms
            incidents[at] = replace(incidents[at], members={**incidents[at].members, **dict.fromkeys(one.nodes, when)})
        elif one.what == "raise":
            incidents[at] = replace(incidents[at], severity=one.severity)
        else:
            assert one.what == "resolve" and one.why, one
            incidents[at] = replace(incidents[at], resolved_ms=now_ms)
    return incidents


@dataclass
class City:
    """Nodes with their links; time moves by `run`, one step a second unless told otherwise."""

    links: dict[str, tuple[LinkFact, ...]]
    now_ms: int = T0
    listening_ms: int | None = T0 - 3_600_000
    listened_ms: int = T0
    incidents: list[KnownIncident] = field(default_factory=list)
    told: list[tuple[int, Decision]] = field(default_factory=list)
    important: frozenset[str] = frozenset()
    conditions: dict[tuple[str, str], int] = field(default_factory=dict)
    states: dict[str, tuple[str, str, int, int | None]] = field(default_factory=dict)
    reach: dict[str, Reach | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for node in self.links:
            self.set("UP", node, since_ms=T0 - 3_600_000)

    def set(self, state: str, *nodes: str, cause: str = "", since_ms: int | None = None) -> None:
        """Nodes are judged to be in this state from now on; down ones were last heard just before `since_ms`."""
        for node in nodes:
            since = self.now_ms if since_ms is None else since_ms
            known = self.states.get(node)
            seen = since if state in {"DOWN", "UNREACHABLE"} else known[3] if known else since
            self.states[node] = state, cause or ("lost" if state == "DOWN" else ""), since, seen
            self.reach[node] = after(self.reach.get(node), state, since, self.now_ms)

    def view(self) -> View:
        nodes = {node: self._node(node) for node in self.states}
        return View(nodes, Dependence(self.links), self.listening_ms, self.listened_ms, self.conditions)

    def _node(self, node: str) -> NodeView:
        state, cause, since, seen = self.states[node]
        reach = self.reach[node] or Reach(True, since, since)
        heard = state in {"UP", "DEGRADED"}
        swings = tuple(at for at in reach.swings if at > self.now_ms - 10 * MIN)
        return NodeView(
            node, state, cause, since, self.now_ms if heard else seen, reach.noticed_ms,
            reach.noticed_ms if heard else 0, swings, node in self.important,
        )  # fmt: skip

    def recent(self) -> list[KnownIncident]:
        return [one for one in self.incidents if one.resolved_ms is None or one.resolved_ms > self.now_ms - 10 * MIN]

    def step(self) -> tuple[Decision, ...]:
        """Decide, carry it out, and be sure that nothing is decided twice."""
        if self.listening_ms is not None:
            self.listened_ms = self.now_ms
        decisions = correlation.step(self.view(), self.recent(), self.now_ms)
        self.incidents = carry_out(self.incidents, decisions, self.now_ms)
        assert correlation.step(self.view(), self.recent(), self.now_ms) == ()
        self.told += [(self.now_ms, one) for one in decisions]
        self._node_incidents_end_exactly_when_their_node_is_back(decisions)
        return decisions

    def _node_incidents_end_exactly_when_their_node_is_back(self, decisions: tuple[Decision, ...]) -> None:
        nodes = correlation.unshaken(self.view(), self.recent(), DEFAULT, self.now_ms).nodes
        for one in decisions:
            if one.kind == "node" and one.why == "recovered":
                assert self._back(nodes[one.subject]), one
        for kind, subject in self.open():
            assert kind != "node" or not self._back(nodes[subject]), subject

    def _back(self, node: NodeView) -> bool:
        return node.heard and node.heard_since_ms <= self.now_ms - MIN and len(node.swings) < 3

    def run(self, seconds: int, every_s: int = 5) -> None:
        """Let time pass."""
        for _ in range(0, seconds, every_s):
            self.now_ms += every_s * 1000
            self.step()

    def open(self) -> dict[tuple[str, str], frozenset[str]]:
        """The open incidents and who belongs to them."""
        return {one.key: one.present for one in self.incidents if one.resolved_ms is None}

    def opened(self) -> list[tuple[str, str]]:
        """What was opened or opened again, in order: each would be one page."""
        return [(one.kind, one.subject) for _at, one in self.told if one.what in {"open", "reopen"}]

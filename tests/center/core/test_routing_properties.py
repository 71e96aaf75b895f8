"""Whatever happens to an incident and its messages: everybody who was told hears the end, and nothing twice."""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from center.core.alert_text import IncidentChange
from center.core.routing import plan
from center.core.routing_facts import OPEN_WORDS, Mute, Put, Rewrite, RouteFacts, Standing, Told

AT = 1_764_000_000_000
ROUTES = (
    RouteFacts(1, "a"),
    RouteFacts(2, "b", level=1, after_ms=5 * 60_000),
    RouteFacts(3, "c", after_ms=60_000),
    RouteFacts(4, "siren", least_severity="critical", stateful=True),
    RouteFacts(5, "d", people={"s1": ("person:1",), "s2": ("person:2",)}),
)
WHAT = st.sampled_from(["opened", "grew", "escalated", "acknowledged", "released", "resolved", "reopened"])
STEP = st.tuples(WHAT, st.integers(0, 1_200), st.sampled_from(["warning", "critical"]), st.booleans(), st.booleans())


class Incident:
    """An incident as the worker changes it, and an outbox that sends what is due between the changes."""

    def __init__(self) -> None:
        self.now_ms = AT
        self.open = False
        self.level = 0
        self.acknowledged = False
        self.rows: dict[str, Told] = {}
        self.heard: dict[tuple[int, str], list[str]] = defaultdict(list)

    def drain(self, fails: bool) -> None:
        for key, row in list(self.rows.items()):
            if row.state in {"waiting", "failed"} and row.at_ms <= self.now_ms:
                if fails and row.state == "waiting":
                    self.rows[key] = replace(row, state="failed", attempts=1)
                    continue
                self.rows[key] = replace(row, state="sent", attempts=1)
                self.heard[row.route, row.address].append(row.what)

    def change(self, what: str, severity: str, twice: bool) -> None:
        possible = {"opened": not self.open, "reopened": not self.open}.get(what, self.open)
        if not possible:
            return
        self.open = what != "resolved"
        self.level += what == "escalated"
        self.acknowledged = what == "acknowledged" or (
            self.acknowledged and what not in {"opened", "reopened", "released"}
        )
        change = IncidentChange(
            7, what, severity, "node", "n", "L1", "site", ("n",), ("s1", "s2"), ("k",), AT, self.now_ms, "x", "x"
        )
        before = None
        for _ in range(2 if twice else 1):
            steps = plan(change, Standing(self.level, self.acknowledged), ROUTES, list(self.rows.values()), {})
            self.apply(steps)
            assert before is None or before == self.rows, "telling a change again changes nothing"
            before = dict(self.rows)

    def apply(self, steps: tuple[Put | Rewrite | Mute, ...]) -> None:
        for step in steps:
            if isinstance(step, Put):
                assert step.key not in self.rows, "a key is made once"
                row = Told(step.key, step.route, step.channel, step.address, step.what, "waiting", step.due_ms)
                self.rows[step.key] = row
            elif isinstance(step, Mute):
                assert self.rows[step.key].withdrawable
                self.rows[step.key] = replace(self.rows[step.key], state="muted")
            elif step.due_ms is not None:
                self.rows[step.key] = replace(self.rows[step.key], at_ms=step.due_ms)


@given(st.lists(STEP, max_size=14))
def test_the_story_each_target_hears_makes_sense(story: list[tuple[str, int, str, bool, bool]]) -> None:
    incident = Incident()
    for what, later_s, severity, twice, fails in story:
        incident.now_ms += later_s * 1000
        incident.drain(fails)
        incident.change(what, severity, twice)
    if incident.open:
        incident.change("resolved", "critical", False)
    incident.now_ms += 48 * 3_600_000
    incident.drain(False)
    assert not [row for row in incident.rows.values() if row.withdrawable], "nothing is left over"
    tried = {(row.route, row.address) for row in incident.rows.values() if row.attempts and row.what in OPEN_WORDS}
    for target, words in incident.heard.items():
        assert words[-1] in {"resolved", "silenced"}, f"{target} was told {words} and never that it is over"
        if words[0] == "resolved":
            assert target in tried, "a recovery for somebody to whom nothing was ever sent"
        doubted = any(
            (row.route, row.address) == target and row.what == "resolved" and row.state == "muted" and row.attempts
            for row in incident.rows.values()
        )  # a recovery that may have arrived and was withdrawn: then it is told to be open again
        for one, after in [] if doubted else pairwise(words):
            assert not (after == "opened" and one in OPEN_WORDS), "opened twice without an end between"
    assert tried <= set(incident.heard), "whoever may have been told hears the end"

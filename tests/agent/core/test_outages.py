"""When an outage begins, what it is called, when it is over; and that no line makes a storm of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.evidence import Evidence
from agent.core.observation import Observation, Reason
from agent.core.outage import MOST_STEPS, NOTICE_BYTES, Outage, is_down, naming, notice
from agent.core.outages import BEGIN_MS, CALM_MS, END_MS, FLAPS, Look, Outages, broker_lost, center_lost
from wire.bodies import EvidenceItem, OutageNotice, OutageStep, encode_body
from wire.codec import decode_body


class Line:
    """A line watched once a second: what changed, and when."""

    def __init__(self) -> None:
        self.outages = Outages()
        self.now_ms = 0
        self.seen: list[tuple[int, str, str]] = []

    def holds(self, code: str, seconds: int, confidence_pct: float = 70.0, *, certain: bool = False) -> "Line":
        for _ in range(seconds):
            broken = is_down(code)
            look = Look(self.now_ms, code, confidence_pct, broken, certain, onset_ms=self.now_ms - 700)
            for change in self.outages.take(look):
                self.seen.append((self.now_ms, change.kind, change.outage.name.code))
                self.last = change.outage
            self.now_ms += 1000
        return self

    @property
    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.seen]


def test_a_blip_is_no_outage() -> None:
    assert Line().holds("OK", 5).holds("L1", 9).holds("OK", 60).seen == []


def test_an_outage_begins_when_it_has_lasted_and_dates_from_its_first_failure() -> None:
    line = Line().holds("OK", 5).holds("L1", 11)
    assert line.seen == [(5000 + BEGIN_MS, "begun", "L1")]
    assert (line.last.onset_ms, line.last.found_ms) == (4300, 15_000)


def test_what_the_probes_are_sure_of_begins_at_once() -> None:
    assert Line().holds("OK", 3).holds("L5d", 1, certain=True).kinds == ["begun"]


def test_it_ends_when_the_line_has_held_and_as_of_when_it_came_back() -> None:
    line = Line().holds("L4", 60).holds("OK", 30)
    assert line.kinds == ["begun", "step", "ended"]
    assert line.seen[-1][0] == 60_000 + END_MS
    assert (line.last.end_ms, [step.code for step in line.last.steps]) == (60_000, ["L4"])


def test_a_pause_is_a_step_and_a_moment_is_not() -> None:
    line = Line().holds("L4", 20).holds("OK", 2).holds("L4", 20).holds("OK", 6).holds("L4", 20).holds("OK", 30)
    assert [step.code for step in line.last.steps] == ["L4", "OK", "L4"]
    assert [step.mono_ms for step in line.last.steps] == [0, 42_000, 48_000]


def test_the_history_has_every_verdict_that_lasted_since_it_began_to_hold() -> None:
    line = Line().holds("L5d", 20).holds("U0", 2).holds("L5a", 20, 92.0).holds("L5d", 10)
    steps = line.last.steps
    assert [(step.code, step.mono_ms) for step in steps] == [("L5d", 0), ("L5a", 22_000), ("L5d", 42_000)]
    assert line.last.name.code == "L5a"


def test_a_surer_judgement_takes_the_place_of_the_same_verdict_and_a_weaker_does_not() -> None:
    line = Line().holds("L5d", 20, 60.0).holds("L5d", 5, 90.0).holds("L5d", 5, 50.0)
    assert line.kinds == ["begun", "better"]
    assert [(step.mono_ms, step.confidence_pct) for step in line.last.steps] == [(0, 90.0)]


@pytest.mark.parametrize(
    ("steps", "name"),
    [
        ([("L5d", 60), ("L5a", 92)], "L5a"),
        ([("L5d", 80), ("L4", 80)], "L4"),
        ([("U0", 99), ("L7", 10)], "L7"),
        ([("OK", 100), ("U0", 0)], "U0"),
        ([("OK", 100), ("L1", 5), ("Q2", 90)], "L1"),
        ([("X9", 50), ("U0", 0)], "U0"),
    ],
)
def test_the_surest_verdict_names_it_and_of_equals_the_inner(steps: list[tuple[str, float]], name: str) -> None:
    assert naming([OutageStep(0, code, pct) for code, pct in steps]).code == name


def test_a_thousand_flaps_are_a_handful_of_outages() -> None:
    line = Line()
    for _ in range(1000):
        line.holds("L5d", 12).holds("OK", 18)
    line.holds("OK", 400)
    assert line.kinds.count("begun") == line.kinds.count("ended") == FLAPS
    assert line.last.end_ms == 999 * 30_000 + 12_000
    assert len(line.last.steps) == MOST_STEPS - 1  # the last pause was the end
    assert line.last.omitted > 1800
    assert (line.last.steps[0].mono_ms, line.last.steps[-1].code) == (60_000, "L5d")


def test_a_line_that_flaps_is_over_only_when_it_held_for_long() -> None:
    line = Line()
    for _ in range(FLAPS - 1):
        line.holds("L1", 12).holds("OK", 18)
    line.holds("L1", 12).holds("OK", CALM_MS // 1000 - 1)
    assert line.kinds[-1] == "step"
    assert line.holds("OK", 2).kinds[-1] == "ended"


def test_it_is_known_when_to_look_again() -> None:
    line = Line().holds("L1", 1)
    assert line.outages.suspicious
    assert line.outages.due_ms() == BEGIN_MS
    line.holds("L1", 12).holds("OK", 5)
    assert not line.outages.suspicious
    assert line.outages.due_ms() == 13_000 + END_MS


def item(probe: str, ok: bool, state: str = "up", reason: Reason = Reason.NO_REPLY) -> Evidence:
    seen = Observation(probe, "center", 0, ok, Reason.NONE if ok else reason)
    return Evidence(seen, state)  # type: ignore[arg-type]


def test_the_centre_is_lost_when_nothing_there_works_and_something_is_known_as_down() -> None:
    assert center_lost([item("icmp", False, "down"), item("tcp", False)])
    assert not center_lost([item("icmp", False, "down"), item("tcp", True)])  # it mutes pings
    assert not center_lost([item("icmp", False, "unknown")])
    assert not center_lost([item("icmp", False, "down", Reason.NOT_PERMITTED)])
    assert not center_lost([])


def test_a_long_history_with_much_evidence_still_fits_in_a_record() -> None:
    wordy = EvidenceItem("icmp", "center", False, "no_reply", detail={f"name{n}": "x" * 120 for n in range(24)})
    outage = Outage(0, 0, (0, 0))
    for number in range(80):
        outage.add(OutageStep(1000 * number, "L5d" if number % 2 else "L5a", 70, (wordy,) * 3), ())
    outage.end_ms = 90_000
    told = notice(outage, "ended", "i", "b")
    assert len(encode_body(told)) <= NOTICE_BYTES
    assert len(told.steps) == MOST_STEPS
    assert told.evidence == (wordy,) * 3
    assert [bool(step.evidence) for step in told.steps[::63]] == [True, True]


looks = st.lists(
    st.tuples(
        st.integers(0, 400_000),
        st.sampled_from(["OK", "U0", "L1", "L4", "L5d", "B1", "Q2", "D1"]),
        st.floats(0, 100),
        st.booleans(),
        st.integers(0, 500_000),
    ),
    max_size=200,
)


@given(looks)
def test_any_history_makes_whole_outages_that_do_not_overlap_and_fit_on_the_wire(
    history: list[tuple[int, str, float, bool, int]],
) -> None:
    outages, now_ms, open_one, last_end = Outages(), 1_000_000, False, 0
    for wait_ms, code, pct, certain, ago_ms in history:
        now_ms += wait_ms
        look = Look(now_ms, code, pct, is_down(code) or certain, certain, now_ms - ago_ms, sent=now_ms, lost=3)
        for change in outages.take(look):
            outage = change.outage
            assert outage.onset_ms <= outage.found_ms <= now_ms
            assert (change.kind == "begun") is not open_one
            open_one = change.kind != "ended"
            phase = "ended" if change.kind == "ended" else "begun"
            told = notice(outage, phase, "i", "b")
            assert decode_body("event", "outage", encode_body(told)) == told
            times = [step.mono_ms for step in outage.steps]
            assert times == sorted(times)
            assert 1 <= len(times) <= MOST_STEPS
            if change.kind == "ended":
                assert isinstance(told, OutageNotice)
                assert outage.end_ms is not None
                assert outage.end_ms >= max(last_end, times[-1])
                last_end = outage.end_ms
        assert (outages.current is not None) is open_one


def test_a_broker_known_as_down_is_an_outage_by_whatever_name() -> None:
    assert broker_lost([item("icmp", True), item("broker", False, "down", Reason.TLS_NOT_YET_VALID)])
    assert not broker_lost([item("broker", False, "up", Reason.TIMEOUT)])  # a single failure
    assert not broker_lost([item("broker", True, "down")])
    assert not broker_lost([item("broker", False, "down", Reason.CREDENTIALS)])
    assert not broker_lost([item("tcp", False, "down")])

"""The life of one node as it really was, and the facts an honest node and an honest centre would have of it.

A story is a list of troubles; each begins some time after the one before. Times are whole seconds after the midnight
of `tests.support.node_facts`. What a fact may not know (the moment of a power cut) it does not say.
"""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from center.core.dating import exact
from center.core.facts import AliveFact, ContactFact, LifeFact, NodeFacts, ToldOutage, When
from tests.support.node_facts import MIDNIGHT_MS

PARTIES = {"isp": "isp", "site": "site", "power": "none", "crash": "city", "reset": "city", "stop": "none"}
CODES = {"isp": "L5b", "site": "L4"}
TOLD = {"crash": "agent_crashed", "reset": "box_reset", "power": "power_or_unknown", "stop": "stopped"}
CONNECT_S = 8


@dataclass(frozen=True)
class Trouble:
    """`after_s` of well-being, then it lasts `for_s`; a line that is cut may hide what happens to the box inside."""

    kind: str
    after_s: int
    for_s: int
    inside: str = ""
    beat_s: int = 0


troubles = st.lists(
    st.builds(
        Trouble,
        st.sampled_from(sorted(PARTIES)),
        st.integers(120, 3000),
        st.integers(30, 3000),
        st.sampled_from(["", "", "power", "crash", "reset", "stop"]),
        st.integers(0, 29),
    ),
    min_size=1,
    max_size=6,
)


@dataclass
class Told:
    """The facts, and the truth: from, until (s), whose matter."""

    truth: list[tuple[int, int, str]] = field(default_factory=list)
    contacts: list[ContactFact] = field(default_factory=list)
    lives: list[LifeFact] = field(default_factory=list)
    alive: list[AliveFact] = field(default_factory=list)
    outages: list[ToldOutage] = field(default_factory=list)
    end_s: int = 0

    def facts(self) -> NodeFacts:
        return NodeFacts(
            "n", MIDNIGHT_MS, None, 90_000, tuple(self.contacts), tuple(self.lives), tuple(self.alive),
            tuple(self.outages),
        )  # fmt: skip


def wall_ms(second: int) -> int:
    return MIDNIGHT_MS + second * 1000


def tell(story: list[Trouble]) -> Told:
    """Lives the story."""
    return _Teller().told(story)


class _Teller:
    def __init__(self) -> None:
        self.out = Told()
        self.boot, self.run = 1, 1
        self.began = 0
        self.born = CONNECT_S
        self.notice = ("", "", "first", None)

    def told(self, story: list[Trouble]) -> Told:
        now = 0
        for trouble in story:
            now += trouble.after_s
            now = self._line(now, trouble) if trouble.kind in CODES else self._box(now, trouble, trouble.kind)
        self.out.end_s = now + 600
        self._contact(self.out.end_s, None, "")
        self._life(self.out.end_s, None)
        return self.out

    def _line(self, now: int, trouble: Trouble) -> int:
        party, code = PARTIES[trouble.kind], CODES[trouble.kind]
        self._contact(now, now + 45, "will")
        if not trouble.inside:
            end = now + trouble.for_s
            self._outage(now, end, code, "seen")
        else:
            dies = now + trouble.for_s // 3 + 20
            back = dies + trouble.for_s // 3 + 10
            end = back + trouble.for_s // 3 + 20
            last = self._dead(dies, trouble, trouble.inside)
            self._outage(now, last, code, "restart")
            self.out.truth.append((dies, back, PARTIES[trouble.inside]))
            self._begin(back, dies, last, trouble.inside)
            self._outage(back + 3, end, code, "seen")
        self.out.truth.append((now, end, party))
        self.born = end + CONNECT_S
        return self.born

    def _box(self, now: int, trouble: Trouble, kind: str) -> int:
        self._contact(now, now if kind in ("crash", "stop") else now + 45, "stop" if kind == "stop" else "will")
        last = self._dead(now, trouble, kind)
        back = now + trouble.for_s
        self.out.truth.append((now, back, PARTIES[kind]))
        self._begin(back, now, last, kind)
        self.born = back + CONNECT_S
        return self.born

    def _dead(self, now: int, trouble: Trouble, kind: str) -> int:
        last = now if kind == "stop" else max(now - trouble.beat_s, self.began + 5)
        self._life(last, exact(wall_ms(now)) if kind == "stop" else None)
        return last

    def _begin(self, back: int, died: int, last: int, kind: str) -> None:
        before = f"b{self.boot}", f"r{self.run}"
        self.run += 1
        self.boot += kind in ("power", "reset")
        self.began = back
        self.notice = (*before, TOLD[kind], last)

    def _contact(self, heard: int, ended: int | None, how: str) -> None:
        self.out.contacts.append(
            ContactFact(
                wall_ms(self.born), wall_ms(max(heard, self.born)), None if ended is None else wall_ms(ended), how,
                f"b{self.boot}", f"r{self.run}",
            )
        )  # fmt: skip

    def _life(self, last: int, stopped: When | None) -> None:
        boot, run, verdict, alive = self.notice
        key = f"b{self.boot}", f"r{self.run}"
        started = exact(wall_ms(self.began))
        self.out.lives.append(
            LifeFact(
                *key, started, exact(wall_ms(last)), started, boot, run, verdict,
                "watchdog" if verdict == "box_reset" else "", None if alive is None else exact(wall_ms(alive)), stopped,
            )
        )  # fmt: skip
        if last > self.began:
            self.out.alive.append(AliveFact(*key, started, exact(wall_ms(last))))

    def _outage(self, start: int, end: int, code: str, how: str) -> None:
        boot = f"b{self.boot}"
        self.out.outages.append(
            ToldOutage(
                f"{boot}-{start}", boot, exact(wall_ms(start)), exact(wall_ms(max(start, end))), how, code, 95.0, ""
            )
        )

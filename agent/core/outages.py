"""An outage of the node's own way to the centre: when it began, what it was called on the way, when it was over.

| state      | trouble seen                                    | no trouble seen                                     |
|------------|-------------------------------------------------|-----------------------------------------------------|
| calm       | suspicious                                      | -                                                   |
| suspicious | certain, or after `BEGIN_MS`: begun             | calm: it was a blip, the probes' figures tell of it |
| out        | the verdict's history goes on                   | recovering                                          |
| recovering | out (a good spell of `STEP_MS` was a step)      | after `END_MS`: ended, as of when it began to work  |

* Trouble is a verdict of severity *down*, a broker that is known as down whatever explains it (a wrong clock, packets
  that are too large), or a centre none of whose probes works while one of them is known as down.
* The onset is that of the probes: the first lost ping, not the moment somebody was sure.
* A step is a verdict that held for `STEP_MS`; a surer judgement of the same verdict takes the step's place.
* The outage is called by its surest verdict; of two equally sure ones by the inner one, since the outer may be its
  consequence. U0 names it only when nothing else does.
* A line that comes and goes is one outage with many steps: when it broke for the `FLAPS`th time within `FLAP_MS` the
  outage ends only when the line has held for `CALM_MS`. So a thousand flaps are neither a thousand files nor events.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final, Literal

from agent.core.evidence import NO_EVIDENCE, Evidence
from agent.core.outage import Outage
from wire.bodies import EvidenceItem, OutageStep, RungState
from wire.shape import Struct

BEGIN_MS: Final = 10_000
"""A cable moved from one socket to the next, or a switch that learns a port anew, is over within some seconds."""
END_MS: Final = 15_000
"""As long as reachability takes to call a target up again."""
STEP_MS: Final = 3_000
BETTER_PCT: Final = 10.0
FLAPS: Final = 3
FLAP_MS: Final = 600_000
CALM_MS: Final = 300_000


_CENTER = frozenset({"icmp", "tcp", "broker"})
_BROKER = ("broker", "center")


class Look(Struct, frozen=True):
    """One evaluation. `certain`: the probes themselves are sure that the centre is lost, so nothing is waited for.

    `onset_ms`: when the present trouble began, `back_ms`: since when the centre answers again (None: it does not).
    `sent`, `lost`: all pings to the centre up to now; `before`: the same when the present trouble began.
    """

    now_ms: int
    code: str
    confidence_pct: float
    broken: bool
    certain: bool = False
    onset_ms: int = 0
    back_ms: int | None = None
    evidence: tuple[EvidenceItem, ...] = ()
    also: tuple[str, ...] = ()
    rungs: tuple[RungState, ...] = ()
    sent: int = 0
    lost: int = 0
    before: tuple[int, int] = (0, 0)

    def step(self, since_ms: int) -> OutageStep:
        return OutageStep(since_ms, self.code, self.confidence_pct, self.evidence, self.also)


class Change(Struct, frozen=True):
    """What an evaluation led to; `outage` is the live one, to be read at once."""

    kind: Literal["begun", "step", "better", "ended"]
    outage: Outage


class Outages:
    """Follows the evaluations of one run of the agent, in the order of time."""

    def __init__(self) -> None:
        self.current: Outage | None = None
        self._suspicious: tuple[int, int] | None = None  # since when, and the onset told then
        self._good_since_ms: int | None = None
        self._back_ms: int | None = None
        self._good_told = False  # the present good spell is a step already
        self._pending: tuple[str, int] | None = None  # a verdict that may become a step, and since when
        self._broke: deque[int] = deque(maxlen=FLAPS)

    @property
    def suspicious(self) -> bool:
        """Trouble is seen, or an outage goes on: a time to look deeper."""
        return self._suspicious is not None or (self.current is not None and self._good_since_ms is None)

    def due_ms(self) -> int | None:
        """When an evaluation is wanted even if nothing changes; None: whenever something does."""
        if self._suspicious is not None:
            return self._suspicious[0] + BEGIN_MS
        if self._good_since_ms is not None:
            wait_ms = self._end_after_ms(self._good_since_ms) if self._good_told else STEP_MS
            return self._good_since_ms + wait_ms
        return None if self._pending is None else self._pending[1] + STEP_MS

    def take(self, look: Look) -> tuple[Change, ...]:
        """What this evaluation means."""
        if self.current is None:
            return self._begin(look)
        if not look.broken:
            return self._recover(self.current, look)
        self.current.count(look.sent, look.lost)
        return self._go_on(self.current, look)

    def _begin(self, look: Look) -> tuple[Change, ...]:
        if not look.broken:
            self._suspicious = self._pending = None
            return ()
        self._note(look)
        if self._suspicious is None:
            self._suspicious = look.now_ms, min(look.onset_ms, look.now_ms)
        since_ms, onset_ms = self._suspicious
        if not look.certain and look.now_ms - since_ms < BEGIN_MS:
            return ()
        onset_ms = min(onset_ms, look.onset_ms)
        outage = Outage(onset_ms, look.now_ms, look.before)
        outage.add(look.step(self._pending[1] if self._pending else look.now_ms), look.rungs)
        outage.count(look.sent, look.lost)
        self.current, self._suspicious, self._pending = outage, None, None
        self._broke.append(look.now_ms)
        return (Change("begun", outage),)

    def _go_on(self, outage: Outage, look: Look) -> tuple[Change, ...]:
        resumed, self._good_told, self._good_since_ms = self._good_told, False, None
        last = outage.steps[-1]
        if look.code == last.code and not resumed:
            self._pending = None
            if look.confidence_pct < last.confidence_pct + BETTER_PCT:
                return ()
            outage.better(look.step(last.mono_ms), look.rungs)
            return (Change("better", outage),)
        since_ms = self._note(look)
        if not resumed and look.now_ms - since_ms < STEP_MS:
            return ()
        self._pending = None
        if resumed:
            self._broke.append(look.now_ms)
        outage.add(look.step(since_ms), look.rungs)
        return (Change("step", outage),)

    def _recover(self, outage: Outage, look: Look) -> tuple[Change, ...]:
        if self._good_since_ms is None:
            self._good_since_ms, self._back_ms, self._pending = look.now_ms, look.back_ms, None
        good_ms, for_ms = self._good_since_ms, look.now_ms - self._good_since_ms
        if for_ms >= self._end_after_ms(look.now_ms):
            return self._end(outage, good_ms)
        if self._good_told or for_ms < STEP_MS:
            return ()
        self._good_told = True
        outage.add(look.step(good_ms), look.rungs)
        return (Change("step", outage),)

    def _end(self, outage: Outage, good_ms: int) -> tuple[Change, ...]:
        if self._good_told:
            outage.steps.pop()  # it is the end, not a pause
        outage.end_ms = good_ms
        if self._back_ms is not None and max(outage.found_ms, outage.steps[-1].mono_ms) < self._back_ms < good_ms:
            outage.end_ms = self._back_ms
        self.current, self._good_since_ms, self._good_told = None, None, False
        return (Change("ended", outage),)

    def _note(self, look: Look) -> int:
        """Since when the present verdict has been given without another between."""
        if self._pending is None or self._pending[0] != look.code:
            self._pending = look.code, look.now_ms
        return self._pending[1]

    def _end_after_ms(self, now_ms: int) -> int:
        flapping = len(self._broke) == FLAPS and now_ms - self._broke[0] < FLAP_MS
        return CALM_MS if flapping else END_MS


def center_lost(items: Iterable[Evidence]) -> bool:
    """No probe at the centre works, and at least one of them is known as down."""
    center = [
        item
        for item in items
        if item.fresh
        and item.seen.target == "center"
        and item.seen.probe in _CENTER
        and item.seen.reason not in NO_EVIDENCE
    ]
    return any(item.state == "down" for item in center) and not any(item.seen.ok for item in center)


def broker_works(items: Iterable[Evidence]) -> bool:
    """The broker takes this node: a login page that others meet here is not in its way."""
    return any(item.fresh and item.seen.ok and (item.seen.probe, item.seen.target) == _BROKER for item in items)


def broker_lost(items: Iterable[Evidence]) -> bool:
    """The broker is known as down: there is no session, by whatever name the fault goes."""
    return any(
        item.fresh and not item.seen.ok and item.state == "down" and item.seen.reason not in NO_EVIDENCE
        for item in items
        if (item.seen.probe, item.seen.target) == _BROKER
    )

"""Is a target up, down or flapping? Hysteresis over rounds, so that one lost packet wakes nobody.

| state   | round good                | round failed                        | confirming burst failed | burst answered |
|---------|---------------------------|-------------------------------------|-------------------------|----------------|
| unknown | up                        | count; at 3 ask for a burst         | down                    | up             |
| up      | up (count of failures: 0) | count; at 3 ask for a burst         | down                    | up, count 0    |
| down    | count; at 5 up            | down (count of good rounds: 0)      | -                       | -              |

* A transition is backdated: its onset is the beginning of the first failed round (down), or of the first good one (up).
* Three transitions between up and down within 10 minutes make the target *flapping*; it stays so until 10 minutes
  have passed without a further one, and then takes the state it has in truth. While flapping nothing else is announced.
* The first state after unknown is announced but is no transition for the flap count: nothing was seen to change.
* A target that went away (no gateway any more), or became another machine, is unknown again. That counts as a
  transition: an address that comes and goes every few seconds is flapping, not two events each time.

3 rounds + a burst of 5: five probes alone miss 10 % loss 59 % of the time and call a short congestion an outage;
eight or more silent probes over several rounds do not happen on a line that still carries anything.
"""

from typing import Literal

from wire.shape import Struct, replace

State = Literal["unknown", "up", "down", "flapping"]


class ReachPolicy(Struct, frozen=True):
    """Counts are rounds; `flap_ms` is both the window of the flap count and the quiet time that ends flapping.

    `confirm`: a burst decides about down; without it the rounds alone do (for facts that are read, not measured).
    """

    down_after: int = 3
    up_after: int = 5
    flap_transitions: int = 3
    flap_ms: int = 600_000
    confirm: bool = True


class Transition(Struct, frozen=True):
    """The announced state changed. `since_ms`: when it was found out; `onset_ms` <= since_ms: when it began."""

    state: State
    since_ms: int
    onset_ms: int


class Reachability(Struct, frozen=True):
    """What is remembered of one target between rounds. Start with `Reachability()`."""

    actual: Literal["unknown", "up", "down"] = "unknown"
    flapping: bool = False
    streak: int = 0  # rounds in a row that speak against `actual`
    onset_ms: int = 0  # beginning of the first of them
    confirming: bool = False  # a burst was asked for and has not come back
    changes: tuple[tuple[int, int], ...] = ()  # (found, onset) of transitions within the flap window

    @property
    def state(self) -> State:
        """What is announced."""
        return "flapping" if self.flapping else self.actual

    @property
    def unsettled(self) -> bool:
        """Rounds speak against the state, or there is none yet: look again sooner than usual."""
        return self.streak > 0 or self.actual == "unknown"


class Step(Struct, frozen=True):
    """What one round led to: the new memory, what to announce, and whether a confirming burst is wanted now."""

    memory: Reachability
    transitions: tuple[Transition, ...] = ()
    confirm: bool = False

    def following(self, earlier: tuple[Transition, ...]) -> "Step":
        return replace(self, transitions=(*earlier, *self.transitions))


DEFAULT_POLICY = ReachPolicy()
FACT_POLICY = ReachPolicy(down_after=1, up_after=1, confirm=False)
"""For what is read from the kernel: a carrier that is gone is gone. Flapping still bounds the announcements."""

SITE_POLICY = ReachPolicy(down_after=2, up_after=1, flap_ms=3_600_000, confirm=False)
"""For public sites, looked at every five minutes and never more often: two looks, and no burst at somebody's server."""


def after_round(
    memory: Reachability, ok: bool, began_ms: int, now_ms: int, policy: ReachPolicy = DEFAULT_POLICY
) -> Step:
    """Take the result of a round that began at `began_ms` and ended at `now_ms` (>= began_ms, never running back)."""
    memory, transitions = _calm_down(memory, now_ms, policy)
    agrees = ok == (memory.actual == "up") and memory.actual != "unknown"
    if agrees:
        return Step(replace(memory, streak=0, confirming=False), transitions)
    if ok and memory.actual == "unknown":
        return _change(memory, "up", began_ms, now_ms, policy).following(transitions)
    memory = replace(memory, streak=memory.streak + 1, onset_ms=memory.onset_ms if memory.streak else began_ms)
    if ok:
        if memory.streak >= policy.up_after:
            return _change(memory, "up", memory.onset_ms, now_ms, policy).following(transitions)
        return Step(memory, transitions)
    if memory.streak >= policy.down_after and not policy.confirm:
        return _change(memory, "down", memory.onset_ms, now_ms, policy).following(transitions)
    if memory.streak >= policy.down_after:
        return Step(replace(memory, confirming=True), transitions, confirm=True)
    return Step(memory, transitions)


def after_burst(
    memory: Reachability, ok: bool, began_ms: int, now_ms: int, policy: ReachPolicy = DEFAULT_POLICY
) -> Step:
    """Take the result of the confirming burst; a burst nobody asked for any more counts as an ordinary round."""
    if not memory.confirming:
        return after_round(memory, ok, began_ms, now_ms, policy)
    memory, transitions = _calm_down(memory, now_ms, policy)
    if not ok:
        return _change(memory, "down", memory.onset_ms, now_ms, policy).following(transitions)
    if memory.actual == "unknown":
        return _change(memory, "up", began_ms, now_ms, policy).following(transitions)
    return Step(replace(memory, streak=0, confirming=False), transitions)


def after_loss(memory: Reachability, now_ms: int, policy: ReachPolicy = DEFAULT_POLICY) -> Step:
    """There is no such target at the moment, or it is another machine: what was known of it is void."""
    memory, transitions = _calm_down(memory, now_ms, policy)
    if memory.actual == "unknown":
        return Step(Reachability(flapping=memory.flapping, changes=memory.changes), transitions)
    return _change(memory, "unknown", now_ms, now_ms, policy).following(transitions)


def _change(
    memory: Reachability,
    actual: Literal["unknown", "up", "down"],
    onset_ms: int,
    now_ms: int,
    policy: ReachPolicy,
) -> Step:
    """`actual` holds from now on; announce it, or the flapping it completes, or nothing while flapping."""
    first = memory.actual == "unknown"
    recent = tuple(change for change in memory.changes if now_ms - change[0] < policy.flap_ms)
    changes = recent if first else (*recent, (now_ms, onset_ms))
    settled = Reachability(actual, memory.flapping, changes=changes)
    if memory.flapping:
        return Step(settled)
    if len(changes) >= policy.flap_transitions:
        began_ms = min(onset for _, onset in changes)
        return Step(replace(settled, flapping=True), (Transition("flapping", now_ms, began_ms),))
    return Step(settled, (Transition(actual, now_ms, onset_ms),))


def _calm_down(memory: Reachability, now_ms: int, policy: ReachPolicy) -> tuple[Reachability, tuple[Transition, ...]]:
    """End flapping when the last transition is long enough ago."""
    if not memory.flapping:
        return memory, ()
    last_ms, onset_ms = memory.changes[-1]
    if now_ms - last_ms < policy.flap_ms:
        return memory, ()
    calm = replace(memory, flapping=False, changes=())
    return calm, (Transition(memory.actual, now_ms, onset_ms),)

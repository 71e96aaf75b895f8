"""Where an update stands, and what follows on what. Pure: no files, no clock.

    idle -> building -> built -> trying -> confirmed
                 |        |        `-> undoing -> rolled_back
                 `--------`-> refused

Each phase is on the disk before anything is done because of it, and everything that is done because of it may be done
twice. So whatever is cut in between, the next boot finds one of these:

building, built  the slot in use is still the old one: refused, `interrupted`
trying           the link says old: it was never switched, refused, `interrupted`. The link says new: the trial goes on,
                 in a second boot once; a third one means that the box does not stay up: undoing, `reboots`
undoing          the link is set back: rolled_back
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

PHASES: Final = ("idle", "building", "built", "trying", "undoing", "confirmed", "rolled_back", "refused")
ENDED: Final = frozenset({"idle", "confirmed", "rolled_back", "refused"})
MOST_BOOTS: Final = 2
"""A trial that has seen so many other boots than its first ends."""
MOST_FAILED_STARTS: Final = 3
STEADY_S: Final = 60
"""So long the new version has run in one piece before it may be called good."""
FRESH_MS: Final = 45_000
"""A health file older than this says nothing; the agent writes one every 10 s, and a small board may stand still."""
DEADLINE_S: Final = 600


@dataclass(frozen=True, slots=True)
class State:
    """`old` and `new`: folders of slots. `began_ms`: boot-time in boot `boot` since which the trial counts.

    `attempt`: of the command, which may ask again after an interruption. `boots`: boots the trial has seen behind its
    first. `failed_starts`, `restarts`: what systemd counted, as seen. `cameras`: those that gave pictures before.
    `at_s`: wall clock, a remark.
    """

    phase: str = "idle"
    version: str = ""
    running: str = ""
    digest: str = ""
    command: str = ""
    attempt: int = 0
    code: str = ""
    detail: str = ""
    old: str = ""
    new: str = ""
    boot: str = ""
    began_ms: int = 0
    deadline_s: int = DEADLINE_S
    steady_s: int = STEADY_S
    boots: int = 0
    failed_starts: int = 0
    restarts: int = 0
    cameras: tuple[str, ...] = ()
    at_s: int = 0

    def ended(self, phase: str, code: str = "", detail: str = "") -> "State":
        """With this outcome."""
        return replace(self, phase=phase, code=code, detail=detail[:500])


@dataclass(frozen=True, slots=True)
class Seen:
    """What the watch sees at one look. `health`: the agent's file, {} when there is none; `restarts`: of the unit."""

    boot: str
    now_ms: int
    link: str
    health: Mapping[str, Any]
    restarts: int


def refused(state: State, code: str, detail: str = "") -> State:
    """The bundle is not taken."""
    return state.ended("refused", code, detail)


def trial(state: State, boot: str, now_ms: int, cameras: tuple[str, ...], restarts: int) -> State:
    """The link may be switched now."""
    return replace(
        state, phase="trying", boot=boot, began_ms=now_ms, boots=0, failed_starts=0, restarts=restarts, cameras=cameras
    )


def at_boot(state: State, link: str, boot: str, now_ms: int) -> State:
    """What holds when the machine starts, or the guard after it was killed."""
    if state.phase in ("building", "built"):
        return refused(state, "interrupted", "the box was switched off while the release was being prepared")
    if state.phase != "trying":
        return state
    if link == state.old:
        return refused(state, "interrupted", "the box was switched off before the release was started")
    if link != state.new:
        return state.ended("rolled_back", "replaced", "another version was installed meanwhile")
    if boot == state.boot:
        return state
    if state.boots + 1 >= MOST_BOOTS:
        return state.ended("undoing", "reboots", "the box did not stay up with it")
    return replace(state, boot=boot, boots=state.boots + 1, began_ms=now_ms, restarts=0)


def look(state: State, seen: Seen) -> State:
    """The state after one look at a trial: still trying, confirmed, undoing, or rolled_back as replaced."""
    if state.phase != "trying":
        return state
    if seen.link != state.new:
        return state.ended("rolled_back", "replaced", "another version was installed meanwhile")
    counted = seen.restarts - state.restarts if seen.restarts >= state.restarts else seen.restarts
    state = replace(state, failed_starts=state.failed_starts + counted, restarts=seen.restarts)
    if state.failed_starts >= MOST_FAILED_STARTS:
        return state.ended("undoing", "crashes", f"it ended {state.failed_starts} times")
    code, detail = missing(state, seen)
    if not code:
        return state.ended("confirmed")
    if code != "steady" and seen.now_ms - state.began_ms > state.deadline_s * 1000:
        return state.ended("undoing", code, detail)
    # Somebody who is well and only young gets what is left of his minute beyond the deadline.
    if seen.now_ms - state.began_ms > (state.deadline_s + state.steady_s) * 1000:
        return state.ended("undoing", code, detail)
    return state


def missing(state: State, seen: Seen) -> tuple[str, str]:
    """What a trial still lacks to be good: a code and words; two empty texts when nothing."""
    health = seen.health
    at_ms, started_ms = _number(health, "at_ms"), _number(health, "started_ms")
    if health.get("boot") != seen.boot or not 0 <= seen.now_ms - at_ms <= FRESH_MS:
        return "silent", "the agent gave no sign of life"
    if health.get("slot") != state.new or started_ms < state.began_ms:
        return "silent", "the agent was not started from the new version"
    if health.get("connected") is not True:
        return "uplink", "no connection to the centre"
    if _number(health, "last_ack_ms") < started_ms or health.get("stalled") is not False:
        return "acks", "the centre acknowledged nothing"
    cameras = health.get("cameras")
    dark = set(state.cameras) - set(cameras if isinstance(cameras, list) else ())
    if dark:
        return "cameras", f"without pictures: {', '.join(sorted(dark))}"
    if seen.now_ms - started_ms < state.steady_s * 1000:
        return "steady", "it has not run for long"
    return "", ""


def _number(health: Mapping[str, Any], key: str) -> int:
    value = health.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1

"""What an agent tells of its outages, by the agent's own rules, from the trouble that was really there.

One ping a second; the onset is the first lost one; sure after some 15 s; over when it has worked for 15 s, or for five
minutes when it broke three times within ten. A run that ends in the middle leaves the end to the next one.
"""

from dataclasses import dataclass, field
from random import Random

from tests.city_month.drawing import MIN, S
from tests.city_month.stretches import Spell, Stretch
from tests.city_month.truth import Run
from wire.verdicts import LADDER

SURE_MS = (11 * S, 17 * S)
QUIET_MS, CALM_MS, FLAPS, FLAP_MS = 15 * S, 5 * MIN, 3, 10 * MIN
NOTED_MS = 12 * S
"""While an outage goes on, trouble shorter than this inside a good spell is not seen as its return."""
PAUSE_MS = 3 * S


@dataclass(slots=True)
class Seen:
    """One outage as one run saw it, in Unix ms of the truth. `end_ms` None: the run ended first."""

    onset_ms: int
    found_ms: int
    end_ms: int | None = None
    told_end_ms: int | None = None
    """When the notice of its end was filed."""
    pause_ms: int | None = None
    """Since when it was about to be over as the run ended."""
    steps: list[tuple[int, str, float]] = field(default_factory=list)
    """Since when which verdict held, how sure; also the good ones of pauses."""

    @property
    def name(self) -> tuple[str, float]:
        """The surest verdict; of equally sure ones the inner one."""
        bad = [step for step in self.steps if step[1] != "OK"]
        _, code, sure = max(bad, key=lambda one: (one[2], -LADDER.index(one[1])))
        return code, sure


@dataclass(slots=True)
class Journal:
    """What one run saw. `free`: trouble too short to be an outage, and pauses within one."""

    outages: list[Seen] = field(default_factory=list)
    free: list[Stretch] = field(default_factory=list)


def journal_of(random: Random, run: Run, trouble: list[Spell]) -> Journal:
    """Follow the run through the trouble of its time."""
    written, current = Journal(), None
    broke: list[int] = []
    ended = run.start_ms
    for start, end, pieces in _together(run, trouble):
        onset = _ping(run, start) if start > run.start_ms else run.start_ms + random.randint(S, 3 * S)
        if pieces[0].code == "B1":
            onset += random.randint(0, 5 * S)
        found = onset + random.randint(*SURE_MS)
        continues = current is not None and current.end_ms is not None and start < current.end_ms + _hold(broke)
        if current is not None and continues:
            if end - start < NOTED_MS:
                written.free.append((start, end))
                continue
            written.free.append((ended, onset))
            if onset - current.end_ms > PAUSE_MS:
                current.steps.append((current.end_ms, "OK", 95.0))
        elif found >= min(end, run.end_ms):
            written.free.append((start, end))
            continue
        else:
            written.free.append((start, onset))
            current = Seen(onset, found)
            written.outages.append(current)
        ended = end
        broke.append(found)
        written.free += _judged(random, current, pieces, found)
        _close(current, run, end, broke)
    return written


def _close(current: Seen, run: Run, end_ms: int, broke: list[int]) -> None:
    current.end_ms = current.told_end_ms = current.pause_ms = None
    if end_ms >= run.end_ms:
        return
    back, over = _ping(run, end_ms), _ping(run, end_ms) + _hold(broke)
    current.end_ms = back
    if over < run.end_ms:
        current.told_end_ms = over
    elif run.end_ms - back > PAUSE_MS:
        current.pause_ms = back


def _together(run: Run, trouble: list[Spell]) -> list[tuple[int, int, list[Spell]]]:
    """Trouble of this run's time, what touches as one."""
    found: list[tuple[int, int, list[Spell]]] = []
    for spell in trouble:
        start, end = max(spell.start_ms, run.start_ms), min(spell.end_ms, run.end_ms)
        if start >= end:
            continue
        piece = Spell(start, end, spell.code)
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], end, [*found[-1][2], piece]
        else:
            found.append((start, end, [piece]))
    return found


def _judged(random: Random, seen: Seen, pieces: list[Spell], found_ms: int) -> list[Stretch]:
    """Adds a step for each verdict that held; the time until a change was found out is nobody's."""
    late: list[Stretch] = []
    for piece in pieces:
        since = found_ms if not seen.steps else max(found_ms, piece.start_ms + random.randint(S, 12 * S))
        if since + PAUSE_MS > piece.end_ms and (seen.steps or piece is not pieces[-1]):
            late.append(piece[:2])
            continue
        seen.steps.append((since, piece.code, float(random.randint(70, 98))))
        if piece is not pieces[0]:
            late.append((piece.start_ms, since))
    return late


def _ping(run: Run, at_ms: int) -> int:
    """The first ping of this run at or after this moment."""
    return at_ms + (run.start_ms - at_ms) % S


def _hold(broke: list[int]) -> int:
    recent = broke[-FLAPS:]
    return CALM_MS if len(recent) == FLAPS and recent[-1] - recent[0] < FLAP_MS else QUIET_MS

"""The judge of the storage torture: reads what the victims wrote down elsewhere, and says what the product broke.

What must hold at every start after any number of kills and power cuts:
1. each accepted record is there by content, or the centre has it, or the ledger names its number;
2. a number never stands for two contents in one epoch, and no head falls behind a number that was ever seen;
3. no number below a head is missing without an entry in the ledger;
4. the epoch changes only when somebody was about to change it (damage, a conflict).
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Place = tuple[str, str, int]
"""(epoch, stream, seq)"""


@dataclass
class Oracle:
    """What is known of one outbox over all lives of its victims. `broken` holds one sentence per broken promise."""

    broken: list[str] = field(default_factory=list)
    accepted: int = 0
    opened: int = 0
    refused: int = 0
    epoch: str = ""
    beat_ms: int = 0
    session: int = 0
    tickets: set[str] = field(default_factory=set)
    replies: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, str] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)
    _open: dict[str, Place] = field(default_factory=dict)
    """Accepted, and not yet known to be at the centre or in the ledger."""
    _known: dict[Place, str] = field(default_factory=dict)
    _centre: set[Place] = field(default_factory=set)
    _at_centre: set[str] = field(default_factory=set)
    _gaps: dict[tuple[str, str], set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    _given_up: dict[str, set[tuple[int, int]]] = field(default_factory=lambda: defaultdict(set))
    """Per stream, whatever the epoch: a renewed one goes on counting."""
    _tops: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    _may_renew: bool = True
    _lossy: bool = False
    _journal: Path | None = None
    _read_to: int = 0

    def read(self, journal: Path, until_ns: int | None = None) -> None:
        """Judge every whole line written since the last time; a line cut short by a kill was not yet said.

        `until_ns` is just before the power went (CLOCK_MONOTONIC): nobody hears what a process promises after that. In
        our imitation it does go on for a moment, and an fsync caught by the cut may even return without an error. What
        it was about to do then may have been done or not.
        """
        if journal != self._journal:
            self._journal, self._read_to = journal, 0
        if not journal.exists():
            return
        with journal.open("rb") as file:
            file.seek(self._read_to)
            lines = file.read().splitlines(keepends=True)
        for line in lines:
            if not line.endswith(b"\n"):
                return
            self._read_to += len(line)
            at_ns, what, *values = json.loads(line)
            if until_ns is None or at_ns < until_ns:
                getattr(self, f"_on_{what}", self._on_other)(*values)
            elif what == "centre":
                self._have_at_centre(*values[:3])
                self._note_events(values[0], values[3])  # an entry that was taken along is not offered again
            elif what == "renewing":
                self._may_renew = True

    def expect_damage(self) -> None:
        """The outbox is about to be damaged on purpose: a new epoch may begin, and what was in the page may be lost."""
        self._may_renew = True
        self._lossy = True

    @property
    def waiting(self) -> int:
        """How many accepted records must be found at the next start."""
        return len(self._open)

    # -- lines of the journal ----------------------------------------------------------------------------------------

    def _on_accepted(self, epoch: str, stream: str, seq: int, key: str) -> None:
        self.accepted += 1
        self._see((epoch, stream, seq), key)
        if key not in self._at_centre:  # another record's commit may have taken it along before it was promised
            self._open[key] = (epoch, stream, seq)

    def _on_centre(self, epoch: str, stream: str, found: list[tuple[int, str]], events: list[Any]) -> None:
        for seq, key in found:
            self._see((epoch, stream, seq), key)
        self._have_at_centre(epoch, stream, found)
        self._note_events(epoch, events)

    def _have_at_centre(self, epoch: str, stream: str, found: list[tuple[int, str]]) -> None:
        for seq, key in found:
            self._centre.add((epoch, stream, seq))
            self._at_centre.add(key)
            self._open.pop(key, None)

    def _on_opened(self, epoch: str, heads: dict[str, int], held: dict[str, list[Any]], events: list[Any]) -> None:
        self.opened += 1
        if epoch != self.epoch:
            if not self._may_renew:
                self.broken.append(f"the epoch changed by itself from {self.epoch} to {epoch}")
            self._begin(epoch)
        self._may_renew = False
        self._note_events(epoch, events)
        found = {key: (epoch, stream, seq) for stream, rows in held.items() for seq, key in rows}
        for key, place in found.items():
            self._see(place, key)
        for stream, rows in held.items():
            for seq, key in rows:
                self._see((epoch, stream, seq), key)
        self._judge_heads(epoch, heads)
        self._judge_accepted(found)
        self._judge_numbers(epoch, heads, held)

    def _on_renewing(self, *_: object) -> None:
        self._may_renew = True

    def _on_renewed(self, epoch: str) -> None:
        self._may_renew = False
        self._begin(epoch)

    def _on_beat(self, mono_ms: int) -> None:
        self.beat_ms = mono_ms

    def _on_session(self, session: int) -> None:
        if session <= self.session:
            self.broken.append(f"session {session} was used before")
        self.session = session

    def _on_ticket(self, name: str) -> None:
        self.tickets.add(name)

    def _on_settled(self, name: str) -> None:
        self._settled.add(name)

    def _on_reply(self, name: str, ticket: str) -> None:
        self.replies[name] = ticket

    def _on_receipt(self, name: str, outcome: str) -> None:
        self.receipts[name] = outcome

    def _on_refused(self, *_: object) -> None:
        self.refused += 1

    def _on_other(self, *_: object) -> None:
        """`ready`, `closing`: told for whoever reads the journal."""

    # -- judging -----------------------------------------------------------------------------------------------------

    def _begin(self, epoch: str) -> None:
        """Complaints, blobs, reports and pictures keep their numbers in a renewed epoch; events get new ones."""
        self.epoch = epoch
        self._open = {key: (epoch, stream, seq) for key, (_, stream, seq) in self._open.items()}

    def _see(self, place: Place, key: str) -> None:
        known = self._known.setdefault(place, key)
        if known != key:
            self.broken.append(f"{place} stood for {known} and now for {key}")
        self._tops[place[:2]] = max(self._tops[place[:2]], place[2])

    def _note_events(self, epoch: str, events: list[Any]) -> None:
        for kind, body in events:
            if kind == "gap":
                numbers = (body["first"], body["last"])
                meant = body.get("epoch") or epoch  # an entry that moved with a damaged file names its own
                self._gaps[meant, body["stream"]].add(numbers)
                if body["count"]:
                    self._given_up[body["stream"]].add(numbers)

    def _judge_heads(self, epoch: str, heads: dict[str, int]) -> None:
        for stream, head in heads.items():
            if head < (top := self._tops[epoch, stream]):
                self.broken.append(f"the head of {stream} is {head}, but number {top} was given out")

    def _judge_accepted(self, found: dict[str, Place]) -> None:
        for key, place in list(self._open.items()):
            if key in found:
                continue
            _, stream, seq = place
            given_up = any(first <= seq <= last for first, last in self._given_up[stream])
            if not given_up and not self._lossy:
                self.broken.append(f"lost: {place} {key}")
            del self._open[key]  # given up with an entry, or said once
        self._lossy = False

    def _judge_numbers(self, epoch: str, heads: dict[str, int], held: dict[str, list[Any]]) -> None:
        for stream, head in heads.items():
            there = {seq for seq, _ in held[stream]}
            there |= {seq for at, name, seq in self._centre if (at, name) == (epoch, stream)}
            for first, last in self._gaps[epoch, stream]:
                there.update(range(first, last + 1))
            missing = [seq for seq in range(1, head + 1) if seq not in there]
            if missing:
                self.broken.append(f"{stream} {missing[:5]} ({len(missing)} in all) are missing without an entry")

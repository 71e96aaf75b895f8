"""Who was turned away at the broker, read from the lines it logs: counted, bounded, and never a flood of lines.

mosquitto says that somebody came (with an address), then why TLS failed (without one), then that nobody known went.
So a refusal is laid to an address only where one address alone had a connection in that state; else to nobody ("").

1. A row per address (or node) and reason, with count, first and last time. A row that has been quiet for a week goes;
   beyond `MOST_ROWS` the one quiet for longest goes and is counted in `left_out`.
2. Which nodes last came in from an address is remembered, so that a revoked box which keeps trying can be named.
3. Lines about strangers are passed on up to `LINES_A_MINUTE`; of the rest one line says how many they were.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from wire.topics import CENTER_STATE, PREFIX, is_node_id

MOST_ROWS: Final = 256
MOST_ADDRESSES: Final = 2048
NODES_OF_ONE: Final = 8
"""Several boxes may stand behind one address."""
MOST_UNDECIDED: Final = 4096
UNDECIDED_MS: Final = 120_000
"""mosquitto cuts after 96 s who never says a word (measured)."""
QUIET_MS: Final = 7 * 86_400_000
LINES_A_MINUTE: Final = 60
_MINUTE_MS: Final = 60_000

CERTIFICATE = "certificate"
"""A certificate that is revoked, expired, or of another authority."""
NO_CERTIFICATE = "no_certificate"
NO_TLS = "no_tls"
"""What came was not TLS, or TLS of a kind that is not spoken here, or our own certificate was not trusted."""
GARBAGE = "garbage"
"""With a good certificate, but what followed was no MQTT; or nothing followed."""
OVERSIZE = "oversize"
SLOW = "slow"
"""Connected, and said nothing whole for longer than is waited for."""
FULL = "full"
"""The broker had no place left."""
FOREIGN = "foreign_topic"
"""A node asked for other topics than our agent does; of what is not its own nothing is delivered."""
LEFT = "left"
"""Went away without a word: a test whether the port is open, or part of a flood. No refusal by itself."""
REFUSALS: Final = (CERTIFICATE, NO_CERTIFICATE, NO_TLS, GARBAGE, OVERSIZE, FULL, FOREIGN)
ALL: Final = (*REFUSALS, SLOW, LEFT)

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d: ")
_CAME = re.compile(r"New connection from (\S+?):(\d+) on port ")
_IN = re.compile(r"New client connected from (\S+?):(\d+) as (\S+) \(")
_FAILED = re.compile(r"Client connection from (\S+?) failed: error:[0-9A-Fa-f]+:(.+)")
_NO_PLACE = re.compile(r"Client connection from (\S+?)(?::\d+)? denied: max_connections exceeded")
_TLS = re.compile(r"OpenSSL Error\[\d+\]: error:[0-9A-Fa-f]+:(.+)")
_OUT = re.compile(r"Client (\S+) (?:\[[^\]]*\] )?(disconnected|has exceeded timeout|closed its connection)(.*)")
_ASKED = re.compile(r"(\S+) [012] (.+)")
_UNKNOWN = "<unknown>"
_WORDS: Final = (
    ("certificate verify failed", CERTIFICATE),
    ("did not return a certificate", NO_CERTIFICATE),
    ("unexpected eof", LEFT),
    ("", NO_TLS),
)
"""The first that OpenSSL's sentence holds decides."""


@dataclass(slots=True)
class Row:
    """`who`: an address, a node, or "" where it cannot be told."""

    who: str
    reason: str
    count: int
    first_ms: int
    last_ms: int


@dataclass(slots=True)
class Seen:
    """What is kept over restarts. `nodes`: per address, which nodes came in from there and when last."""

    since_ms: int = 0
    rows: list[Row] = field(default_factory=list)
    left_out: int = 0
    nodes: dict[str, dict[str, int]] = field(default_factory=dict)


class BrokerWatch:
    """Takes lines, keeps `seen`. `changed` says whether there is something new to keep since it was last set back."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.changed = False
        self._rows = {(row.who, row.reason): row for row in seen.rows}
        self._undecided: dict[tuple[str, str], int] = {}
        self._of_one: dict[str, int] = {}
        self._why = ""
        self._minute = 0
        self._passed = 0
        self._held = 0

    def take(self, line: str, now_ms: int) -> Iterator[str]:
        """One line of the broker; what of it (and of what was held back before) is to be passed on."""
        self.seen.since_ms = self.seen.since_ms or now_ms
        minute = now_ms // _MINUTE_MS
        if minute != self._minute:
            self._minute, self._passed = minute, 0
            if self._held:
                yield f"{self._held} more lines about connections were left out; `sandi-center security` counts them"
                self._held = 0
        text = _STAMP.sub("", line, count=1)
        if found := _ASKED.fullmatch(text):
            if not self._asked(found[1], found[2], now_ms):
                return
        elif not self._heard(text, now_ms):
            yield line
            return
        if self._passed < LINES_A_MINUTE:
            self._passed += 1
            yield line
        else:
            self._held += 1

    def _heard(self, text: str, now_ms: int) -> bool:
        """Note what it says; whether anybody without a certificate can cause such lines without end."""
        if found := _CAME.match(text):
            self._came((found[1], found[2]), now_ms)
        elif found := _IN.match(text):
            self._decided((found[1], found[2]))
            self._remember(found[1], found[3], now_ms)
            return False
        elif found := _FAILED.match(text):
            self._note(found[1], _reason(found[2]), now_ms)
        elif found := _NO_PLACE.match(text):
            self._note(found[1], FULL, now_ms)
        elif found := _TLS.match(text):
            self._why = self._why or _reason(found[1])
        elif found := _OUT.match(text):
            return self._went(found[1], found[2] + found[3], now_ms)
        else:
            return False
        return True

    def _asked(self, who: str, topic: str, now_ms: int) -> bool:
        """Whether this subscription is one to be told of. Those of the centre's processes hold a secret: never told."""
        if not is_node_id(who) or topic in {CENTER_STATE, f"{PREFIX}/{who}/down/#"}:
            return False
        self._note(who, FOREIGN, now_ms)
        return True

    def _came(self, connection: tuple[str, str], now_ms: int) -> None:
        self._why = ""
        self._decided(connection)
        self._undecided[connection] = now_ms
        self._of_one[connection[0]] = self._of_one.get(connection[0], 0) + 1
        while self._undecided:
            first = next(iter(self._undecided))
            if len(self._undecided) <= MOST_UNDECIDED and now_ms - self._undecided[first] <= UNDECIDED_MS:
                return
            self._decided(first)

    def _decided(self, connection: tuple[str, str]) -> None:
        if self._undecided.pop(connection, None) is not None:
            left = self._of_one.pop(connection[0]) - 1
            if left:
                self._of_one[connection[0]] = left

    def _went(self, who: str, how: str, now_ms: int) -> bool:
        why, self._why = self._why, ""
        if who != _UNKNOWN:
            if "oversize" in how:
                self._note(who, OVERSIZE, now_ms)
            return False
        if "oversize" in how:
            why = OVERSIZE
        elif "exceeded timeout" in how:
            why = SLOW
        self._note(self._whose(), why or GARBAGE, now_ms)
        return True

    def _whose(self) -> str:
        """The address that went, where only one can have; one of its connections is over."""
        if len(self._of_one) != 1:
            return ""
        connection = next(iter(self._undecided))
        self._decided(connection)
        return connection[0]

    def _note(self, who: str, reason: str, now_ms: int) -> None:
        self.changed = True
        row = self._rows.get((who, reason))
        if row is None:
            row = self._rows[who, reason] = Row(who, reason, 0, now_ms, now_ms)
            self.seen.rows.append(row)
        row.count += 1
        row.last_ms = now_ms
        oldest = self._oldest()
        while len(self._rows) > MOST_ROWS or oldest.last_ms < now_ms - QUIET_MS:
            self.seen.left_out += oldest.count
            self.seen.rows.remove(oldest)
            del self._rows[oldest.who, oldest.reason]
            oldest = self._oldest()

    def _oldest(self) -> Row:
        return min(self.seen.rows, key=lambda row: row.last_ms)

    def _remember(self, address: str, node: str, now_ms: int) -> None:
        nodes = self.seen.nodes.pop(address, {})
        self.changed = self.changed or node not in nodes
        nodes.pop(node, None)
        nodes[node] = now_ms
        while len(nodes) > NODES_OF_ONE:
            del nodes[next(iter(nodes))]
        self.seen.nodes[address] = nodes
        while len(self.seen.nodes) > MOST_ADDRESSES:
            del self.seen.nodes[next(iter(self.seen.nodes))]


def _reason(sentence: str) -> str:
    return next(reason for words, reason in _WORDS if words in sentence)

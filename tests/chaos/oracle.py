"""The verdict, from outside the product: the callers' journals and the centre's raw rows, compared by content.

* lost          in a journal (text and code), not among the complaints the centre holds
* invented      among the complaints, in no journal
* equal         rows of equal content: within an epoch any two raw records that say the same; over all epochs any two
                complaints with the same text and code on the operator's page. (A node that begins a new epoch offers
                its complaints again on purpose; the centre knows them by their own id and keeps one.)
* undeclared    numbers up to the last one a node has given out that are neither stored nor in its gap ledger

It reads the rows themselves: neither the centre's audit nor the agent's own counts are believed. One number is taken
from the node, because nobody else can know it: how far it has counted (`heads`).
"""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from center.sealing import SealingKeys
from tests.chaos.observer import content_key
from tests.support.city import City
from wire.bodies import SealedBox
from wire.ranges import Ranges

Lane = tuple[str, str, str]
"""node, epoch, stream"""


@dataclass(slots=True)
class Verdict:
    """What was found; `problems` names the first of each kind."""

    accepted: int = 0
    records: int = 0
    lost: int = 0
    invented: int = 0
    equal: int = 0
    undeclared: int = 0
    declared: int = 0
    """Records given up with an entry in the ledger."""
    closed: int = 0
    """Numbers of ended epochs (damaged or cloned outboxes) that were not stored under that epoch: what the successor's
    notice speaks of. What could be read was given new numbers, which these are not subtracted for."""
    problems: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Promises 1 and 2 held."""
        return not (self.lost or self.invented or self.equal or self.undeclared or self.problems)


_OPENED: dict[str, tuple[str, tuple[str, str]]] = {}
"""By body: a seal is of one key and of these bytes alone."""


def judge(city: City, journals: dict[str, str], heads: dict[Lane, int]) -> Verdict:
    """Everything at once. `journals`: code by text of all boxes; `heads`: the last number of each present lane."""
    verdict = Verdict(accepted=len(journals))
    _complaints(city, journals, verdict)
    _rows(city, heads, verdict)
    return verdict


def complaints(city: City) -> Counter[tuple[str, str]]:
    """(text, code) of the complaints on the operator's page, opened with the city's key, and how often each is."""
    keys = SealingKeys.load(city.data / "keys")
    found: Counter[tuple[str, str]] = Counter()
    raw = city.query("SELECT body FROM ingest_rawrecord WHERE stream = 'complaint' AND kind = 'complaint'")
    opened: dict[str, tuple[str, str]] = {}
    for (body,) in raw:
        request_id, said = _opened(keys, str(body))
        opened.setdefault(request_id, said)
    for (request_id,) in city.query("SELECT service_request_id FROM complaints_complaint"):
        found[opened.get(str(request_id), ("?", ""))] += 1
    return found


def _opened(keys: SealingKeys, body: str) -> tuple[str, tuple[str, str]]:
    """Whose it is, and (text, code). Opened once: the same bytes say the same to whoever asks again and again."""
    if body not in _OPENED:
        fields = json.loads(body)
        plain = keys.open(SealedBox(**fields["sealed"]))
        _OPENED[body] = (fields["service_request_id"], (plain.text, plain.code))
    return _OPENED[body]


def _complaints(city: City, journals: dict[str, str], verdict: Verdict) -> None:
    expected, found = set(journals.items()), complaints(city)
    lost, invented = expected - set(found), set(found) - expected
    verdict.lost, verdict.invented = len(lost), len(invented)
    verdict.equal += sum(count - 1 for count in found.values())
    verdict.problems += [f"lost: {item}" for item in sorted(lost)[:5]]
    verdict.problems += [f"nobody filed: {item}" for item in sorted(invented)[:5]]
    verdict.problems += [f"{count} times: {item}" for item, count in found.items() if count > 1][:5]


def _rows(city: City, heads: dict[Lane, int], verdict: Verdict) -> None:
    stored: dict[Lane, set[int]] = defaultdict(set)
    declared: dict[Lane, Ranges] = defaultdict(Ranges)
    said: dict[Lane, set[bytes]] = defaultdict(set)
    ended: dict[tuple[str, str], dict[str, int]] = {}
    columns = "node, epoch, stream, seq, kind, boot, run, mono_ms, body"
    for row in city.query(f"SELECT {columns} FROM ingest_rawrecord ORDER BY id"):
        node, epoch, stream, kind, body = str(row[0]), str(row[1]), str(row[2]), str(row[4]), str(row[8])
        lane = (node, epoch, stream)
        verdict.records += 1
        stored[lane].add(int(str(row[3])))
        key = content_key(tuple(row[4:8]), body)
        if key in said[lane]:
            verdict.equal += 1
            verdict.problems.append(f"said twice in {lane}: {kind} number {row[3]}")
        said[lane].add(key)
        fields = json.loads(body) if kind in ("gap", "epoch") and stream == "event" else {}
        if kind == "gap" and fields:
            of = (node, str(fields.get("epoch") or epoch), str(fields["stream"]))
            declared[of] = declared[of].union(Ranges.from_pairs([(fields["first"], fields["last"])]))
            verdict.declared += int(fields["count"])
        if kind == "epoch" and fields and fields.get("predecessor"):
            ended[(node, str(fields["predecessor"]))] = dict(fields["predecessor_heads"])
    _gaps(stored, declared, heads, ended, verdict)


def _gaps(
    stored: dict[Lane, set[int]],
    declared: dict[Lane, Ranges],
    heads: dict[Lane, int],
    ended: dict[tuple[str, str], dict[str, int]],
    verdict: Verdict,
) -> None:
    """An epoch that has a successor is closed by that one's notice, which says how far it had come and why it ended."""
    for lane in sorted(set(stored) | set(heads)):
        node, epoch, _ = lane
        numbers = Ranges.of(stored[lane])
        if lane not in heads:
            if (node, epoch) not in ended:
                verdict.problems.append(f"epoch {epoch} of {node} ended and no later one speaks of it")
                continue
            last = int(ended[(node, epoch)].get(lane[2], 0))
            verdict.closed += len(numbers.union(declared[lane]).missing(1, last))
            continue
        missing = numbers.union(declared[lane]).missing(1, heads[lane])
        if missing:
            verdict.undeclared += len(missing)
            verdict.problems.append(f"neither stored nor declared in {lane}: {missing.pairs[:5]}")

"""Several real agents that are killed without end, a real broker, and a small real centre that takes and acknowledges.

At the end every agent lives once more until the centre has all it holds; then the centre's database is compared with
what the callers were told, by content, and audited for numbers that nobody accounts for.
"""

import json
import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from nacl.public import PrivateKey, SealedBox

from tests.chaos.disk.agents import AGENT, NODE, AgentLives, Told
from tests.chaos.disk.result import Result
from tests.support.broker import RunningBroker, running_broker
from tests.support.loop_disk import LoopDisk
from tests.support.small_center import SmallCenter
from tests.support.warm import Warm
from wire.bodies import Complaint
from wire.codec import decode_body
from wire.seal import box_bytes


class City:
    """Broker and centre; `agents` are killed in lanes of their own."""

    def __init__(self, folder: Path, broker: RunningBroker, seed: int) -> None:
        self.folder = folder
        self.broker = broker
        self.seed = seed
        self.journal = folder / "centre.db"
        self.log = folder / "agents.log"
        self.agents: list[AgentLives] = []
        self._stack = ExitStack()

    def add_agent(self, data_dir: Path | None = None) -> AgentLives:
        """One more node with its own credentials, folders and warm process."""
        node = NODE.format(len(self.agents) + 1)
        warm = self._stack.enter_context(Warm(AGENT, log=self.log))
        folder = self.folder / node
        credentials = self.broker.issue_node(node)
        data = data_dir or folder / "data"
        self.agents.append(AgentLives(warm, folder, node, data, self.broker.port, credentials))
        return self.agents[-1]

    def settle(self, result: Result) -> None:
        """Let everybody deliver, then judge the centre's database."""
        with ThreadPoolExecutor(len(self.agents)) as pool:
            list(pool.map(lambda lives: lives.settle(drained=True), self.agents))
        judge(result, [lives.told for lives in self.agents], self.journal, self.broker.seal_private_key)
        result.log += self.log.read_text()[-20_000:] if self.log.exists() else ""

    def close(self) -> None:
        self._stack.close()


@contextmanager
def running_town(folder: Path, seed: int) -> Iterator[City]:
    """A broker with the small centre behind it, in `folder`."""
    with running_broker(folder) as broker:
        city = City(folder, broker, seed)
        tls = broker.tls_context(broker.issue_center())
        with SmallCenter(broker.port, tls, city.journal):
            try:
                yield city
            finally:
                city.close()


def kill_agents(folder: Path, kills: int, seed: int, lanes: int = 2) -> Result:
    """So many kill -9 of whole agents, `lanes` of them living at a time."""
    result = Result()
    with running_town(folder, seed) as city:
        for _ in range(lanes):
            city.add_agent()

        def lane(number: int) -> int:
            chance = random.Random(f"{seed}-{number}")
            share = kills // lanes + (number < kills % lanes)
            for _ in range(share):
                city.agents[number].live(chance)
            return share

        with ThreadPoolExecutor(lanes) as pool:
            result.faults["kill_agent"] = sum(pool.map(lane, range(lanes)))
        city.settle(result)
    return result


def cut_agents(folder: Path, cuts: int, seed: int) -> Result:
    """So many power cuts of an agent whose data lie on a disk of their own. It stands still from then on: without power
    nothing runs, but a shut-down ext4 may end an fsync that was under way as if it had worked, and a process that went
    on for a moment would tell the centre of what is on no disk."""
    result = Result()
    chance = random.Random(seed)
    with LoopDisk(folder / "card") as disk, running_town(folder, seed) as city:
        lives = city.add_agent(disk.path / "data")
        for _ in range(cuts):
            lives.live(chance, disk.power_cut, still=True)
            disk.restart(check=chance.random() < 0.2)
            result.faults["power_cut"] += 1
        city.settle(result)
        result.broken += [f"put aside: {path.name}" for path in disk.path.rglob("*corrupt*")]
    return result


def judge(result: Result, told: list[Told], journal: Path, key: PrivateKey) -> None:
    """Compare what callers were told with what the centre has, by content."""
    with closing(sqlite3.connect(journal)) as db:
        rows = db.execute("SELECT node, epoch, stream, seq, kind, body FROM record").fetchall()
    stored = _texts([(str(row[1]), bytes(row[5])) for row in rows if row[2] == "complaint"], key)
    accepted = {text: name for one in told for text, name in one.accepted.items()}
    maybe = set().union(*(one.maybe for one in told))
    result.accepted += len(accepted)
    result.opened += 1
    lost = [text for text, name in accepted.items() if name not in {known for known, _ in stored.get(text, {})}]
    result.lost += len(lost)
    result.broken += [f"lost: {text[:50]}" for text in lost]
    result.refused += sum(one.refused for one in told)
    result.heard += sum(one.heard for one in told)
    result.broken += [sentence for one in told for sentence in one.broken]
    for text, names in stored.items():
        if text not in accepted and text not in maybe:
            result.broken.append(f"nobody said {text[:50]}")
        if len({name for name, _ in names}) > 1:
            result.broken.append(f"{text[:50]} is there as several tickets")
    result.twice += sum(names.total() - len(names) for names in stored.values())
    result.renewed += len({(row[0], row[1]) for row in rows}) - len({row[0] for row in rows})
    result.broken += _unaccounted(rows)


def _texts(bodies: list[tuple[str, bytes]], key: PrivateKey) -> dict[str, Counter[tuple[str, str]]]:
    """What citizens said -> (request id, epoch) -> how many rows."""
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for epoch, body in bodies:
        complaint = decode_body("complaint", "complaint", body)
        assert isinstance(complaint, Complaint)
        text = json.loads(SealedBox(key).decrypt(box_bytes(complaint.sealed)))["text"]
        found[text][complaint.service_request_id, epoch] += 1
    return found


def _unaccounted(rows: list[Any]) -> list[str]:
    """Numbers below a stream's highest that are neither stored, nor in the ledger, nor named by a successor epoch."""
    there: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for node, epoch, stream, seq, kind, body in rows:
        there[node, epoch, stream].add(seq)
        if kind == "gap":
            gap = json.loads(bytes(body))
            meant = (node, gap.get("epoch") or epoch, gap["stream"])
            there[meant].update(range(gap["first"], gap["last"] + 1))
    left = heads_of_the_left(rows)
    broken: list[str] = []
    for (node, epoch, stream), numbers in there.items():
        highest = max(numbers)
        declared = set(range(1, left.get((node, epoch, stream), 0) + 1))
        if missing := set(range(1, highest + 1)) - numbers - declared:
            broken.append(f"{node} {epoch} {stream}: {sorted(missing)[:5]} ({len(missing)} in all) unaccounted for")
    return broken


def heads_of_the_left(rows: list[Any]) -> dict[tuple[str, str, str], int]:
    """(node, epoch, stream) -> how far it had come, of the epochs which a later one names as given up for damage.

    A conflict or another board moves everything on: there each number is accounted for otherwise.
    """
    heads: dict[tuple[str, str, str], int] = {}
    for node, _, _, _, kind, body in rows:
        if kind != "epoch":
            continue
        notice = json.loads(bytes(body))
        if notice["predecessor"] and notice["reason"] in ("corrupt", "file_lost"):
            for stream, head in notice["predecessor_heads"].items():
                place = (node, notice["predecessor"], stream)
                heads[place] = max(head, heads.get(place, 0))
    return heads

"""The centre's real parts and obedient nodes, with a broker between them that loses, repeats and reorders.

Every deed is one durable step of one process. `killed` ends a process in the middle of a statement: what its
transaction did is undone, and it goes on from the tables, as a new one would.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from tests.support.arrivals import store_payload
from tests.support.commanding import Desk
from tests.support.fleet import batch
from tests.support.obedient_node import ObedientNode
from wire import topics
from wire.keys import parse_keys

_lives = count(1)
TABLES = (
    "operations_operationoutput", "operations_downlink", "operations_operationtarget", "operations_operation",
    "ingest_presence", "ingest_contact", "ingest_rawrecord", "ingest_span", "ingest_quarantined",
)  # fmt: skip


class KilledError(BaseException):
    """The process is gone."""


class World:
    """`down` and `up`: what is on its way; `astray`: what was sent though nobody wanted it any more. Deeds take a
    number that picks which one."""

    def __init__(self, data: Path, desk: Desk) -> None:
        from center.ingest.database import execute

        for table in TABLES:
            execute(f"DELETE FROM {table}")
        self.data, self.desk = data, desk
        keys = parse_keys((data / "commander" / "command.pub").read_text())
        life = next(_lives)
        self.nodes = [ObedientNode(name, f"epoch-{life}", keys) for name in desk.nodes]
        self.down: list[tuple[str, str, bytes]] = []
        self.seen: list[tuple[str, str, bytes]] = []
        self.up: list[tuple[ObedientNode, str, list[int], bytes]] = []
        self.operation = ""
        self.astray: list[str] = []

    # -- the centre ----------------------------------------------------------------------------------------------

    def carry_on(self, _pick: int = 0) -> None:
        from center.operations import rolling

        rolling.carry_on(self.desk.now_ms)

    def sign(self, _pick: int = 0) -> None:
        self.desk.office.round()

    def publish(self, _pick: int = 0) -> None:
        from center.operations import downlink

        for one in downlink.due(self.desk.now_ms):
            if downlink.claim(one, self.desk.now_ms):
                self.astray += [f"{one} went out after the end"] if self._is_over() else []
                self.down.append((one.node, one.leaf, one.payload()))

    def project(self, _pick: int = 0) -> None:
        from center.worker.projection import project_page

        project_page(self.data)

    def killed(self, pick: int) -> None:
        """A process of the centre dies at one of its statements."""
        deed = (self.carry_on, self.sign, self.publish, self.project)[pick % 4]
        with dies_at(pick // 4 % 40), suppress(KilledError):
            deed()
        self.desk.restarted()

    def stop(self, pick: int) -> None:
        from center.commander.frames import Stop

        what = ("pause", "resume", "cancel")[pick % 3]
        self.desk.office.answer(Stop(self.operation, what, "sari"))

    # -- the broker ----------------------------------------------------------------------------------------------

    def deliver(self, pick: int) -> None:
        """One message arrives; an odd pick leaves it on its way to arrive once more."""
        if self.down:
            node, leaf, payload = self.down[pick % len(self.down)]
            if not pick % 2:
                self.down.remove((node, leaf, payload))
            self.seen.append((node, leaf, payload))
            self._hand(node, leaf, payload)

    def lose(self, pick: int) -> None:
        if self.down:
            self.down.pop(pick % len(self.down))
        elif self.up:
            self.up.pop(pick % len(self.up))

    def replay(self, pick: int) -> None:
        """What was seen once is sent again, to any node."""
        if self.seen:
            _node, leaf, payload = self.seen[pick % len(self.seen)]
            self._hand(self.nodes[pick % len(self.nodes)].name, leaf, payload)

    def forge(self, pick: int) -> None:
        """What was seen with a byte changed."""
        if self.seen:
            node, leaf, payload = self.seen[pick % len(self.seen)]
            at = pick % len(payload)
            self._hand(node, leaf, payload[:at] + bytes([payload[at] ^ (1 + pick % 255)]) + payload[at + 1 :])

    def slander(self, pick: int) -> None:
        """A node says of another one's command that it is done, and that arrives at once."""
        node, other = self.nodes[pick % len(self.nodes)], self.nodes[(pick + 1) % len(self.nodes)]
        for command in list(other.kept)[:1]:
            node.file("command", {"id": command, "name": "ping", "state": "done", "result": {"stranger": True}})
            seq = max(node.outbox)
            payload = batch([node.outbox[seq]], node=node.name, epoch=node.epoch, oldest=1)
            store_payload(self.data, topics.up(node.name, "event"), payload, self.desk.now_ms)
            self.project()

    # -- the nodes -----------------------------------------------------------------------------------------------

    def connect(self, pick: int) -> None:
        node = self.nodes[pick % len(self.nodes)]
        store_payload(self.data, topics.state(node.name), node.birth(), self.desk.now_ms)

    def disconnect(self, pick: int) -> None:
        node = self.nodes[pick % len(self.nodes)]
        if node.online:
            store_payload(self.data, topics.state(node.name), node.gone(), self.desk.now_ms)

    def restart(self, pick: int) -> None:
        self.nodes[pick % len(self.nodes)].restart()

    def new_card(self, pick: int) -> None:
        self.nodes[pick % len(self.nodes)].new_card()

    def work(self, pick: int) -> None:
        self.nodes[pick % len(self.nodes)].work(well=bool(pick % 3))

    def send(self, pick: int) -> None:
        """A node publishes some of what waits: the newest alone, or all."""
        node = self.nodes[pick % len(self.nodes)]
        if node.online and node.outbox:
            seqs = sorted(node.outbox)[-1:] if pick % 2 else sorted(node.outbox)
            records = [node.outbox[seq] for seq in seqs]
            self.up.append((node, node.epoch, seqs, batch(records, node=node.name, epoch=node.epoch, oldest=1)))

    def arrive(self, pick: int) -> None:
        """A batch is committed; every third time the acknowledgement is lost, every second it comes once more."""
        if self.up:
            entry = self.up[pick % len(self.up)]
            node, epoch, seqs, payload = entry
            if pick % 2:
                self.up.remove(entry)
            store_payload(self.data, topics.up(node.name, "event"), payload, self.desk.now_ms)
            if pick % 3 and node.epoch == epoch:
                node.acknowledged(seqs)

    def flow(self, pick: int) -> None:
        """Everything goes one step on, as on a good day."""
        for deed in (self.carry_on, self.sign, self.publish, self.deliver, self.work, self.send, self.arrive):
            deed(pick)
        self.project()

    def wait(self, pick: int) -> None:
        """Time goes by: up to two minutes."""
        self.desk.now_ms += pick % 120 * 1000

    def settle(self) -> None:
        """Everybody is there, nothing is lost any more, and time goes on until all is said; at most 20 minutes."""
        from center.operations import orders

        for _ in range(60):
            row = orders.operation(self.operation)
            if row and row.settled and not any(node.outbox or node.busy for node in self.nodes):
                return
            for number, node in enumerate(self.nodes):
                if not node.online:
                    self.connect(number)
                node.work(well=True)
                self.send(2 * len(self.nodes) + number if number % 2 == 0 else number + len(self.nodes))
            while self.down:
                self.deliver(0)
            while self.up:
                self.arrive(1)
            for deed in (self.project, self.carry_on, self.sign, self.publish):
                deed()
            self.desk.now_ms += 20_000

    def _is_over(self) -> bool:
        from center.operations import orders

        row = orders.operation(self.operation)
        return row is not None and row.over

    def _hand(self, name: str, leaf: str, payload: bytes) -> None:
        for node in self.nodes:
            if node.name == name and node.online:
                node.hear(leaf, payload, self.desk.now_ms)


@contextmanager
def dies_at(statement: int) -> Iterator[None]:
    """Django's connection ends the process (KilledError) at the statement of this number, from 0."""
    from django.db import connection

    left = statement

    def count_down(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal left
        if not left:
            raise KilledError
        left -= 1
        return execute(*arguments)

    with connection.execute_wrapper(count_down):
        yield

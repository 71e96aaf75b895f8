"""A box and its centre, for what is asked from afar and must undo itself: both told, nothing lost."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.afar_box import PATIENCE_S, AfarBox, Held, afar_box
from tests.support.afar_centre import AfarCentre, afar_centre
from tests.support.city import wait_until
from tests.support.field_box import network_switch

CARD = """[node]
id = "{node}"
[uplink]
host = "{host}"
port = {port}
"""


@dataclass
class Afar:
    """One box that is enrolled at one centre."""

    centre: AfarCentre
    box: AfarBox
    before: Held | None = None
    """What the box held when it was last off."""

    @property
    def node(self) -> str:
        return self.box.node

    def begins(self, more: str = "") -> None:
        """It gets what enrolment gives and is started; returns when the centre has heard it. `more`: of its card."""
        card = CARD.format(node=self.node, host=self.centre.mqtt_host, port=self.centre.mqtt_port)
        self.box.is_given(self.centre.credentials(self.node), card + more)
        self.box.starts_up()
        self.is_up()

    def is_up(self) -> None:
        """The box has a session, and the centre takes what it says."""
        self.box.follow("its session", self.box.is_connected, PATIENCE_S)

    def ends(self, operation: str, deadline_s: float = PATIENCE_S) -> dict[str, object]:
        """The end of an operation as the centre's row says it, once the box has told it."""
        found: list[dict[str, object]] = []

        def over() -> bool:
            found[:] = [self.centre.target(operation)]
            return found[0]["by_node"] is True and found[0]["state"] in ("done", "failed", "rejected", "expired")

        try:
            self.box.follow(f"the end of {operation}", over, deadline_s)
        except AssertionError as error:
            error.add_note(f"the centre's row: {found}")
            raise
        return found[0]

    def told_config(self, state: str) -> dict[str, object]:
        """What the centre knows of its configuration, once it is in this state."""
        return self._told(lambda: self.centre.config_of(self.node), state)

    def told_release(self, state: str) -> dict[str, object]:
        """The same of its software."""
        return self._told(lambda: self.centre.release_of(self.node), state)

    def _told(self, look: Callable[[], dict[str, object]], state: str) -> dict[str, object]:
        try:
            self.box.follow(f"{state} at the centre", lambda: look().get("state") == state, PATIENCE_S)
        except AssertionError as error:
            error.add_note(f"the centre's row: {look()}")
            raise
        return look()

    def loses_power(self) -> None:
        """Now. What it held on its card by then is in `before`."""
        self.box.cut_power()
        held = self.box.held()
        if self.before is not None:
            assert continues(self.before, held) == [], "between two cuts"
        self.before = held

    def all_arrived(self) -> bool:
        """Whether the centre has every complaint that was ever accepted, each once, and no hole in what was told."""
        rows = self.centre.query("SELECT code FROM complaints_complaint WHERE node = ?", self.node)
        return sorted(str(row[0]) for row in rows) == sorted(self.box.filed)

    def holes(self) -> list[tuple[object, ...]]:
        """Streams of which the centre has no one piece from the first record on."""
        sql = "SELECT epoch, stream, count(*), min(first) FROM ingest_span WHERE node = ? GROUP BY epoch, stream"
        return [row for row in self.centre.query(sql, self.node) if (row[2], row[3]) != (1, 1)]

    def epochs(self) -> int:
        """Lives of outboxes the centre knows of; one box whose outbox is never lost has one."""
        return len(self.centre.query("SELECT epoch FROM ingest_epoch WHERE node = ?", self.node))

    def data_intact(self) -> None:
        """Nothing that was accepted is lost, nothing came twice, and the outbox is the one it always was."""
        wait_until(self.all_arrived, "every complaint at the centre")
        wait_until(lambda: not self.holes(), f"what lies between: {self.holes()}")
        assert self.epochs() == 1, self.centre.query("SELECT epoch, reason FROM ingest_epoch")
        assert self.centre.query("SELECT code, detail FROM ingest_quarantined") == []


def continues(before: Held, after: Held) -> list[str]:
    """What is wrong with an outbox as the later life of another; nothing when it is one."""
    wrong = [f"SQLite: {fault}" for fault in after.faults]
    if before.epoch != after.epoch:
        wrong.append(f"another outbox: {before.epoch}, {after.epoch}")
    for stream, held in before.hashes.items():
        now = after.hashes[stream]
        wrong += [f"{stream} {seq} is {now.get(seq, 'gone')}" for seq, digest in held.items() if now.get(seq) != digest]
    return wrong


@contextlib.contextmanager
def afar(folder: Path, *nodes: str) -> Iterator[list[Afar]]:
    """A running centre, and for each of `nodes` a box without power that is not enrolled yet."""
    with contextlib.ExitStack() as stack:
        switch = stack.enter_context(network_switch())
        (folder / "centre").mkdir()
        centre = stack.enter_context(afar_centre(folder / "centre", switch))
        yield [Afar(centre, stack.enter_context(afar_box(node, folder / node, switch))) for node in nodes]

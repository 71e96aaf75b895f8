"""Simulated boxes that take commands as a box does: they believe signed ones alone, do each once, and tell each step.

One thread speaks for all of them. What a box does for a command is told by `behave`; everything else (nonce, signature,
receipts, one numbered record after the other, told again until it is acknowledged) is as the real agent does it.
"""

import base64
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import msgspec
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from tests.support.fleet import FakeUplink, record, report_body
from tests.support.mqtt import Peer
from wire import codec, topics
from wire.afar import CommandNotice
from wire.bodies import Command, Receipt
from wire.keys import parse_keys
from wire.messages import Downlink, Record, signed_bytes

AGAIN_S = 15.0
"""What was not acknowledged is told again after so long."""
Outcome = tuple[str, str]
Behave = Callable[[str, Command], Outcome | None]
"""Node and command to (final state, code); None: it says nothing more, as a box that has lost its power."""


def well(_node: str, _command: Command) -> Outcome:
    return "done", ""


class AnsweringBox:
    """One simulated box. `taken` holds the commands it believed, in order; `doubted` counts those it did not."""

    def __init__(self, uplink: FakeUplink, keys: Mapping[str, bytes], behave: Behave) -> None:
        self.uplink, self.node = uplink, uplink.node
        self._keys, self._behave = keys, behave
        self.nonce = ""
        self.taken: list[tuple[str, str]] = []
        self.doubted = 0
        self._said: dict[str, list[Record]] = {}
        self._seq = {"event": 0, "health": 0}
        self._open: dict[int, Record] = {}
        self._told_s = 0.0

    def birth(self, session: int) -> None:
        """Say that it is there, in a new session; its number makes the nonce, and no two boxes may have the same."""
        self.nonce = f"nonce-{session}"
        self.uplink.birth(session)

    def report(self, verdict: str = "OK") -> None:
        """A health report of this moment."""
        body = report_body(verdict=verdict)
        self.uplink.send([self._record("report", body, "health")], "health")

    def look(self) -> None:
        """Take in what has come down; answer commands; tell again what is not acknowledged."""
        self.uplink.collect()
        arrived, self.uplink.other = self.uplink.other, []
        for topic, payload in arrived:
            if topic == topics.down(self.node, "command"):
                self._command(codec.decode_downlink(payload))
        stored = self.uplink.stored("event")
        self.uplink.acks = self.uplink.acks[-50:]
        self._open = {seq: one for seq, one in self._open.items() if seq not in stored}
        if self._open and time.monotonic() - self._told_s > AGAIN_S:
            self._tell(list(self._open.values()))

    def _command(self, downlink: Downlink) -> None:
        if not self._believes(downlink):
            self.doubted += 1
            return
        if downlink.id in self._said:
            return  # known: what it said stands, and is told until it is acknowledged
        command = codec.decode_downlink_body("command", bytes(downlink.body))
        assert isinstance(command, Command)
        self.taken.append((downlink.id, command.name))
        steps: list[tuple[str, msgspec.Struct]] = [
            ("command", CommandNotice(downlink.id, command.name, "accepted")),
            ("receipt", Receipt(downlink.id, "accepted")),
            ("command", CommandNotice(downlink.id, command.name, "running", progress_pct=10)),
        ]
        outcome = self._behave(self.node, command)
        if outcome is not None:
            state: Any = outcome[0]
            steps.append(("command", CommandNotice(downlink.id, command.name, state, outcome[1])))
        self._said[downlink.id] = [self._record(kind, body) for kind, body in steps]
        self._tell(self._said[downlink.id])

    def _believes(self, downlink: Downlink) -> bool:
        key = self._keys.get(downlink.key_id)
        if key is None or downlink.nonce != self.nonce:
            return False
        try:
            signature = base64.b64decode(downlink.signature, validate=True)
            VerifyKey(key).verify(signed_bytes(self.node, "command", downlink), signature)
        except (BadSignatureError, ValueError):
            return False
        return True

    def _record(self, kind: str, body: object, stream: str = "event") -> Record:
        self._seq[stream] += 1
        now_ms = time.time_ns() // 1_000_000
        content = msgspec.to_builtins(body) if isinstance(body, msgspec.Struct) else body
        one = record(self._seq[stream], kind, content, wall_ms=now_ms, mono_ms=time.monotonic_ns() // 1_000_000)
        if stream == "event":
            self._open[one.seq] = one
        return one

    def _tell(self, records: Sequence[Record]) -> None:
        self._told_s = time.monotonic()
        self.uplink.send(records)


@contextmanager
def answering_fleet(
    connect: Callable[[str], Peer], nodes: Sequence[str], public_keys: Path, behave: Behave, report_s: float = 30.0
) -> Iterator[dict[str, AnsweringBox]]:
    """All of them connected and looking; every one reports each `report_s`, evenly spread over that time.

    `connect` gives a node's connected session. AssertionError at the end when their thread has fallen.
    """
    keys = parse_keys(public_keys.read_text(encoding="utf-8"))
    with ExitStack() as stack:
        boxes = {}
        for number, node in enumerate(nodes, 1):
            peer = connect(node)
            stack.callback(peer.close)
            boxes[node] = AnsweringBox(FakeUplink(peer, node), keys, behave)
            boxes[node].birth(number)
        stop, fallen = threading.Event(), list[BaseException]()
        thread = threading.Thread(target=_speak, args=(list(boxes.values()), stop, fallen, report_s))
        thread.start()
        try:
            yield boxes
        finally:
            stop.set()
            thread.join()
        assert not fallen, fallen


def _speak(boxes: list[AnsweringBox], stop: threading.Event, fallen: list[BaseException], report_s: float) -> None:
    began_s, reports = time.monotonic(), 0
    try:
        while not stop.wait(0.02):
            for box in boxes:
                box.look()
            due = int((time.monotonic() - began_s) / report_s * len(boxes)) + len(boxes)
            while reports < due and not stop.is_set():
                boxes[reports % len(boxes)].report()
                reports += 1
    except BaseException as error:  # noqa: BLE001 - told at the end of the block
        fallen.append(error)

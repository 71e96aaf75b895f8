"""A node that keeps the rules of commands, without a network: judges, remembers durably, files notices and receipts.

Times are milliseconds of the world it is in. What it files waits in `outbox` until it was acknowledged.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.support.fleet import record
from wire import codec
from wire.commands import decode_arguments
from wire.errors import WireError
from wire.messages import Downlink, Record, State, signed_bytes

FINAL = ("done", "failed", "rejected", "expired")


@dataclass
class ObedientNode:
    """`keys`: those it pins, by id. `kept`: id -> state, what lies on its disk; `runs`: how often each was begun."""

    name: str
    epoch: str
    keys: Mapping[str, bytes]
    session: int = 0
    boot: int = 1
    online: bool = False
    forged: int = 0
    kept: dict[str, str] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)
    ends: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    outbox: dict[int, Record] = field(default_factory=dict)
    former: list[dict[str, list[tuple[str, str]]]] = field(default_factory=list)
    """The ends on cards that were taken out: nobody may ever have heard of them."""
    _seq: int = 0

    @property
    def nonce(self) -> str:
        """Of this session."""
        return f"{self.name}-{self.boot}-{self.session}"

    @property
    def busy(self) -> bool:
        """Whether a command is without its end."""
        return any(state not in FINAL for state in self.kept.values())

    def birth(self) -> bytes:
        """A new session begins."""
        self.session, self.online = self.session + 1, True
        return codec.encode(self._state("online", "birth"))

    def gone(self) -> bytes:
        """What the broker says in its name."""
        self.online = False
        return codec.encode(self._state("offline", "will"))

    def restart(self) -> None:
        """The process ends and starts again, in another boot: what ran was interrupted, and what had not begun."""
        self.boot, self.online = self.boot + 1, False
        for one, state in list(self.kept.items()):
            if state in {"accepted", "running"}:
                self._say(one, "failed", "interrupted")

    def new_card(self) -> None:
        """Another card, which knows nothing: what lay on the old one is gone, told or not."""
        self.former.append(self.ends)
        self.kept, self.runs, self.ends, self.outbox = {}, {}, {}, {}
        self.epoch, self.session, self.boot, self.online, self._seq = f"{self.epoch}+", 0, self.boot + 1, False, 0

    def hear(self, leaf: str, payload: bytes, now_ms: int) -> None:
        """One message from the broker, judged in the order the protocol says."""
        try:
            down = codec.decode_downlink(payload)
        except WireError:
            self.forged += 1
            return
        if not self._is_signed(leaf, down):
            self.forged += 1
        elif down.id in self.kept:
            self.file("receipt", {"id": down.id, "outcome": self.kept[down.id]})
        elif down.nonce == self.nonce and self.online:
            state, code = self._judged(down, now_ms)
            self._say(down.id, state, code)
            self.file("receipt", {"id": down.id, "outcome": state})

    def work(self, well: bool) -> None:
        """The oldest command goes one step on: it begins, or it prints something and ends."""
        for one, state in self.kept.items():
            if state == "accepted":
                self.runs[one] = self.runs.get(one, 0) + 1
                self._say(one, "running")
                return
            if state == "running":
                self.file("output", {"id": one, "part": 1, "text": f"{one}\n"})
                self._say(one, "done" if well else "failed", "" if well else "timeout")
                return

    def acknowledged(self, seqs: list[int]) -> None:
        """The centre has these."""
        for seq in seqs:
            self.outbox.pop(seq, None)

    def _judged(self, down: Downlink, now_ms: int) -> tuple[str, str]:
        if down.expires_ms <= now_ms:
            return "expired", "expired"
        try:
            command = msgspec.json.decode(bytes(down.body))
            decode_arguments(command["name"], command["arguments"])
        except WireError as error:
            return "rejected", "kind" if error.code == "kind" else "arguments"
        return "accepted", ""

    def _is_signed(self, leaf: str, down: Downlink) -> bool:
        key = self.keys.get(down.key_id)
        try:
            if key is None:
                return False
            signature = base64.b64decode(down.signature, validate=True)
            Ed25519PublicKey.from_public_bytes(key).verify(signature, signed_bytes(self.name, leaf, down))
        except (InvalidSignature, ValueError):
            return False
        return True

    def _say(self, command: str, state: str, code: str = "") -> None:
        self.kept[command] = state
        if state in FINAL:
            self.ends.setdefault(command, []).append((state, code))
        self.file("command", {"id": command, "name": "ping", "state": state, "code": code})

    def file(self, kind: str, body: object) -> None:
        """An event waits to be sent."""
        self._seq += 1
        self.outbox[self._seq] = record(self._seq, kind, body, boot=f"{self.name}-{self.boot}")

    def _state(self, status: str, reason: str) -> State:
        boot = f"{self.name}-{self.boot}"
        return State(1, self.name, status, reason, boot, "run-1", self.epoch, self.session, self.nonce, "1")  # type: ignore[arg-type]

"""What stands in the commander's book: one struct per kind of entry. JSON, read strictly; nothing secret in it."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from center.commander.frames import Roll, Scalar
from wire.messages import NodeName

Millis = int
Text = Annotated[str, Meta(max_length=200)]


class Aim(Struct, frozen=True, omit_defaults=True):
    """One node of an order. `id`: of its target, its downlink and every notice; `over`: arguments over the order's."""

    id: str
    node: NodeName
    wave: int = 1
    over: dict[str, Scalar] = {}


class Ordered(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order. `digest`: SHA-256 of what was asked, the one-time code left out. `revision`: of a configuration."""

    id: str
    key: str
    digest: str
    command: str
    gravity: Literal["look", "touch", "grave"]
    by: str
    at_ms: Millis
    generation: str
    arguments: dict[str, Scalar] = {}
    aims: tuple[Aim, ...]
    roll: Roll = Roll()
    note: Text = ""
    toml: str = ""
    per_node: dict[NodeName, str] = {}
    confirm_within_s: int = 300
    revision: int = 0


class Approved(Struct, frozen=True):
    """The second person of a grave order."""

    operation: str
    by: str
    at_ms: Millis


class Stopped(Struct, frozen=True):
    """`what`: cancel | pause | resume."""

    operation: str
    what: str
    by: str
    at_ms: Millis


class Signature(Struct, frozen=True):
    """That one target was signed, for which session, until when, with which key."""

    id: str
    node: str
    nonce: str
    expires_ms: Millis
    key: str


class Signed(Struct, frozen=True):
    """What was signed in one round."""

    operation: str
    signatures: tuple[Signature, ...]


class Person(Struct, frozen=True):
    """Somebody came, went, or was let try again. `secret_sha256`: whether the secret in the table is the one given."""

    name: str
    by: str
    secret_sha256: str = ""


class KeyStep(Struct, frozen=True):
    """A step of a change of keys: prepare | switch | retire. `keys`: those published afterwards, the signing first."""

    step: str
    by: str
    keys: tuple[str, ...]


Body = Ordered | Approved | Stopped | Signed | Person | KeyStep
KINDS: dict[str, type[Struct]] = {
    "order": Ordered,
    "approve": Approved,
    "stop": Stopped,
    "sign": Signed,
    "person-add": Person,
    "person-remove": Person,
    "person-unlock": Person,
    "key": KeyStep,
}


def decode(kind: str, body: bytes | str) -> Any:
    """The body of an entry. Raises msgspec.MsgspecError or KeyError."""
    return msgspec.json.decode(body, type=KINDS[kind])

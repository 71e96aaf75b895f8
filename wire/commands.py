"""Remote commands: their names, arguments, weight and deadlines. Both sides read this one table.

A command travels as `wire.bodies.Command` on the leaf `command`, or (the config push alone) as
`wire.bodies.ConfigRevision` on the leaf `config`; the envelope carries signature, nonce and expiry. What became of it
comes back as `wire.afar.CommandNotice` events.

Gravity decides what it needs at the centre:

look   measures or shows; one signed-in account with the permission
touch  changes something that undoes itself or is harmless; one person with a one-time code
grave  takes a box away for a while, or changes what it runs; two different persons, each with a one-time code
"""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from wire.afar import VersionText
from wire.errors import WireError
from wire.messages import NodeName

Gravity = Literal["look", "touch", "grave"]
EXPIRES_AFTER_MS: Final = 15 * 60_000
"""A signed command is good for so long; the commander signs it anew (same id) while its operation still wants it."""
MAX_OUTPUT_BYTES: Final = 64 * 1024
"""All output of one command; what is beyond is cut, and said so."""
MOST_WAITING: Final = 8
"""Commands a node has taken and not begun; more are rejected with `busy`."""

Host = Annotated[str, Meta(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:%-]+$(?!\n)")]
Line = Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$(?!\n)")]


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No arguments."""


class Diagnose(Struct, frozen=True, forbid_unknown_fields=True):
    """Look at the line from the inside out."""


class Ping(Struct, frozen=True, forbid_unknown_fields=True):
    """Echo requests to `host`."""

    host: Host
    count: Annotated[int, Meta(ge=1, le=50)] = 5


class Trace(Struct, frozen=True, forbid_unknown_fields=True):
    """The way to `host`, router by router."""

    host: Host


class Dns(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for `name`."""

    name: Host


class Site(Struct, frozen=True, forbid_unknown_fields=True):
    """Open a web site as a citizen would."""

    url: Annotated[str, Meta(min_length=8, max_length=500, pattern=r"^https?://[\x21-\x7e]+$(?!\n)")]


class Throughput(Struct, frozen=True, forbid_unknown_fields=True):
    """Measure the line against the centre, within the byte budget of both sides."""


class Snapshot(Struct, frozen=True, forbid_unknown_fields=True):
    """A picture now; `camera` empty: of every camera."""

    camera: Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9-]*$(?!\n)")] = ""


class Logs(Struct, frozen=True, forbid_unknown_fields=True):
    """The newest lines of one of Sandi's units on the box."""

    unit: Literal["agent", "camera", "kiosk", "enrol", "update"] = "agent"
    lines: Annotated[int, Meta(ge=1, le=500)] = 200


class Maintenance(Struct, frozen=True, forbid_unknown_fields=True):
    """Work begins and lasts `lasts_s`; 0 ends it."""

    lasts_s: Annotated[int, Meta(ge=0, le=48 * 3600)]
    ticket: Annotated[str, Meta(max_length=64)] = ""
    note: Line = ""


class Witness(Struct, frozen=True, forbid_unknown_fields=True):
    """Probe a cut neighbour: its last known address, from a sibling on the same provider."""

    node: NodeName
    host: Host


class Keys(Struct, frozen=True, forbid_unknown_fields=True):
    """The command keys to trust from now on: one or two, base64, separated by a blank."""

    keys: Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]{43}=(?: [A-Za-z0-9+/]{43}=)?$(?!\n)")]


class Update(Struct, frozen=True, forbid_unknown_fields=True):
    """Fetch the release bundle with this SHA-256 from the centre, and change to it. `forced`: also an older one."""

    digest: Sha256
    size_bytes: Annotated[int, Meta(ge=1, le=512 * 1024 * 1024)]
    version: VersionText
    forced: bool = False


class Kind(Struct, frozen=True):
    """One command: what it takes, how grave it is, how it travels (`leaf`).

    `deadline_s`: when the centre gives up hope of an end after the node accepted it; `deliver_s`: how long it waits for
    the node to accept it at all.
    """

    arguments: type[Struct]
    gravity: Gravity
    deadline_s: int
    deliver_s: int = 120
    leaf: Literal["command", "config"] = "command"


COMMANDS: Final[dict[str, Kind]] = {
    "diagnose": Kind(Diagnose, "look", 120),
    "ping": Kind(Ping, "look", 120),
    "trace": Kind(Trace, "look", 180),
    "dns": Kind(Dns, "look", 60),
    "site": Kind(Site, "look", 90),
    "throughput": Kind(Throughput, "look", 180),
    "snapshot": Kind(Snapshot, "look", 120),
    "logs": Kind(Logs, "look", 60),
    "bundle": Kind(Nothing, "look", 300),
    "show-config": Kind(Nothing, "look", 60),
    "witness": Kind(Witness, "look", 120),
    "maintenance": Kind(Maintenance, "touch", 60, 3600),
    "restart-agent": Kind(Nothing, "touch", 300, 3600),
    "restart-kiosk": Kind(Nothing, "touch", 120, 3600),
    "config": Kind(Nothing, "touch", 2 * 3600, 7 * 86_400, leaf="config"),
    "reboot": Kind(Nothing, "grave", 900, 3600),
    "update": Kind(Update, "grave", 6 * 3600, 7 * 86_400),
    "keys": Kind(Keys, "grave", 120, 7 * 86_400),
}
"""Name -> kind. A new command is one line here, one file in agent/commands and one line in its table."""


def decode_arguments(name: str, arguments: dict[str, Any]) -> Struct:
    """The arguments of a command as its struct. Raises WireError: `kind` for an unknown name, `schema` otherwise."""
    kind = COMMANDS.get(name)
    if kind is None:
        raise WireError("kind", f"{name!r} is not a command of this version")
    try:
        return msgspec.convert(arguments, kind.arguments, strict=True)
    except (msgspec.ValidationError, ValueError) as error:
        raise WireError("schema", f"{name}: {error}") from error

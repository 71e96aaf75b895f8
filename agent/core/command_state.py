"""What a node makes of a remote command: whether it is one, what becomes of it, and what a start does to those it knew.

The judgement, in this order; the first that applies decides:

1. keys      no key pinned, a key that is not pinned, a signature that is not its own: `forged`. Nothing is said to the
             centre about that id: whoever cannot sign must not be able to end a command.
2. id        known: the state it has, whatever else the copy says. Nothing is done twice.
3. nonce     of another session: `other_session`, not the end; the centre signs the same id again.
4. expiry    only where the clock is synchronised: `expired`. Without a clock the nonce alone bounds its life.
5. body      no command this version can read, or on a leaf that is not its own: rejected, `kind`; then its arguments.
6. leave     not allowed on this node: rejected, `not_allowed`.
7. room      too many wait already: rejected, `busy`.

States: accepted -> running -> done | failed; or rejected | expired at once; or accepted -> failed. Nothing follows on
an end.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Final, Literal

from wire.afar import FINAL, State
from wire.bodies import Command, ConfigRevision
from wire.codec import decode_downlink_body
from wire.commands import COMMANDS, MOST_WAITING, Kind, decode_arguments
from wire.errors import WireError
from wire.messages import Downlink, signed_bytes
from wire.shape import Struct

CONFIG: Final = "config"
UNREADABLE: Final = "unreadable"
"""The name under which a signed command goes whose own name cannot be read."""
MOST_STARTS: Final = 20
"""Times a command is taken up again: an update that is rolled back needs some six, and a loop must have an end."""
HOPE: Final = 0.9
"""Of the centre's patience with an accepted command: the node says that it failed before the centre gives up."""

Forgery = Literal["no_keys", "unknown_key", "bad_signature"]
Judged = Literal["forged", "known", "other_session", "ended", "accepted"]
Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, message, signature) -> whether the one signed the other."""

Lane = Literal["deed", "look", "word"]
WORDS: Final = frozenset({"maintenance"})

_FOLLOWERS: Final[dict[State | None, frozenset[State]]] = {
    None: frozenset({"accepted", "rejected", "expired"}),
    "accepted": frozenset({"running", "failed"}),
    "running": frozenset({"running", "done", "failed"}),
}


class Sight(Struct, frozen=True):
    """What the node knows at the moment it judges.

    `nonce`: of the present session's birth, empty without a session. `keys`: key id -> public key, those pinned.
    `kept`: the state in which this id is known. `waiting`: commands accepted and not begun.
    """

    node: str
    nonce: str
    wall_ms: int
    synced: bool
    keys: Mapping[str, bytes]
    kept: State | None = None
    waiting: int = 0


class Verdict(Struct, frozen=True):
    """What to do with it. `state` is set for `known`, `ended` and `accepted`; `code` says why for `forged` and `ended`.

    `arguments`: of an accepted command; for `config` the ConfigRevision.
    """

    kind: Judged
    code: str = ""
    state: State | None = None
    name: str = ""
    arguments: Struct | None = None
    detail: str = ""


def judge(leaf: str, downlink: Downlink, sight: Sight, verify: Verify, allowed: Callable[[str], bool]) -> Verdict:
    """Judge what arrived on `leaf` (command or config), in the order above."""
    forgery = forged(leaf, downlink, sight, verify)
    if forgery:
        return Verdict("forged", forgery)
    if sight.kept is not None:
        return Verdict("known", state=sight.kept)
    if not sight.nonce or downlink.nonce != sight.nonce:
        return Verdict("other_session")
    if sight.synced and sight.wall_ms > downlink.expires_ms:
        late_s = (sight.wall_ms - downlink.expires_ms) // 1000
        detail = f"it came {late_s} s after its expiry"
        return Verdict("ended", "expired", "expired", name_in(leaf, downlink), detail=detail)
    return _of_content(leaf, downlink, sight, allowed)


def forged(leaf: str, downlink: Downlink, sight: Sight, verify: Verify) -> Forgery | Literal[""]:
    """Why this was not signed by whom the node trusts; empty when it was."""
    if not sight.keys:
        return "no_keys"
    public = sight.keys.get(downlink.key_id)
    if public is None:
        return "unknown_key"
    try:
        signature = base64.b64decode(downlink.signature, validate=True)
    except (binascii.Error, ValueError):
        return "bad_signature"
    return "" if verify(public, signed_bytes(sight.node, leaf, downlink), signature) else "bad_signature"


def _of_content(leaf: str, downlink: Downlink, sight: Sight, allowed: Callable[[str], bool]) -> Verdict:
    try:
        name, arguments = read_body(leaf, bytes(downlink.body))
    except WireError as error:
        code = "kind" if error.code in ("kind", "topic") else "arguments"
        return Verdict("ended", code, "rejected", name_in(leaf, downlink), detail=error.detail)
    if not allowed(name):
        return Verdict("ended", "not_allowed", "rejected", name, detail=f"{name} is not allowed on this node")
    if sight.waiting >= MOST_WAITING:
        return Verdict("ended", "busy", "rejected", name, detail=f"{sight.waiting} commands wait already")
    return Verdict("accepted", "", "accepted", name, arguments)


def read_body(leaf: str, body: bytes) -> tuple[str, Struct]:
    """The command's name and its arguments. Raises WireError: `kind` for a command this version does not know there."""
    found = decode_downlink_body(leaf, body)
    if isinstance(found, ConfigRevision):
        return CONFIG, found
    if not isinstance(found, Command):
        raise WireError("kind", f"{leaf!r} carries no commands")
    kind = COMMANDS.get(found.name)
    if kind is None or kind.leaf != leaf:
        raise WireError("kind", f"{found.name!r} is not a command of this version")
    return found.name, decode_arguments(found.name, found.arguments)


def name_in(leaf: str, downlink: Downlink) -> str:
    """The name for a notice about a command that will not be carried out."""
    try:
        found = decode_downlink_body(leaf, bytes(downlink.body))
    except WireError:
        return UNREADABLE
    return found.name if isinstance(found, Command) else CONFIG


# -- what follows -----------------------------------------------------------------------------------------------------


def may_follow(before: State | None, after: State) -> bool:
    """Whether a command in this state (None: not known) may come into that one."""
    return after in _FOLLOWERS.get(before, frozenset())


def at_start(state: State, starts: int, *, resumable: bool) -> Literal["keep", "resume", "interrupted"]:
    """What a start of the process does with a command it finds. `starts`: how often it was taken up again already."""
    if state in FINAL:
        return "keep"
    return "resume" if state == "running" and resumable and starts < MOST_STARTS else "interrupted"


def ends_within_s(name: str) -> float:
    """How long after it was accepted the node itself ends a command."""
    return HOPE * _kind(name).deadline_s


def left_s(name: str, accepted_boot: str, accepted_mono_ms: int, boot: str, mono_ms: int) -> float:
    """What is left of that; all of it in another boot, which cannot say how long the time between was."""
    passed_s = max(0, mono_ms - accepted_mono_ms) / 1000 if boot == accepted_boot else 0.0
    return ends_within_s(name) - passed_s


def lane(name: str) -> Lane:
    """In which line it waits for its turn; the lines move side by side.

    `look`: it only looks. `word`: it is done at once and bears whatever else goes on, so that work at a box can be
    announced while an update is fetched, which takes hours on a thin line. `deed`: one after the other.
    """
    if name in WORDS:
        return "word"
    return "look" if _kind(name).gravity == "look" else "deed"


def replayable(nonce: str, expires_ms: int, *, session: str, wall_ms: int, synced: bool) -> bool:
    """Whether a copy of a command could still get past nonce and expiry: such an id must not be forgotten."""
    return bool(session) and nonce == session and not (synced and wall_ms > expires_ms)


def _kind(name: str) -> Kind:
    return COMMANDS.get(name) or Kind(Struct, "touch", 60)

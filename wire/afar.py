"""What a node files about what was asked of it from afar: commands, pushed configurations, updates. All are events."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wire.messages import Name

State = Literal["accepted", "running", "done", "failed", "rejected", "expired"]
"""Of a command at its node."""
FINAL: Final = frozenset({"done", "failed", "rejected", "expired"})
"""States nothing follows on."""
MAX_PART_BYTES: Final = 8 * 1024
VersionText = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z.+!-]+$(?!\n)")]
Text = Annotated[str, Meta(max_length=500)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Hash = Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{64})?$(?!\n)")]
KeyPath = Annotated[str, Meta(min_length=1, max_length=120)]
Scalar = str | int | float | bool | None


class CommandNotice(Struct, frozen=True, omit_defaults=True):
    """A command is in this state since the record's moment. Exactly one notice of a command has a state of `FINAL`.

    `id` is the downlink's. `code`: why it failed or was rejected (a word, stable); `detail` for people.
    `progress_pct` while running. `result`: the figures a page shows; large output comes as `OutputNotice`.
    """

    id: Name
    name: Name
    state: State
    code: Annotated[str, Meta(max_length=40, pattern=r"^[a-z0-9_]*$(?!\n)")] = ""
    detail: Text = ""
    progress_pct: Percent = 0
    result: Annotated[dict[str, Scalar], Meta(max_length=40)] = {}


class OutputNotice(Struct, frozen=True, omit_defaults=True):
    """The next part (from 1) of what a command printed. `cut`: the bound is reached, nothing more will come."""

    id: Name
    part: Annotated[int, Meta(ge=1, le=1000)]
    text: Annotated[str, Meta(max_length=MAX_PART_BYTES)]
    cut: bool = False


class ConfigNotice(Struct, frozen=True, omit_defaults=True):
    """Which configuration the node runs; filed at every start whose answer would be another, and at every change.

    `state`: card (nothing was pushed), trying (applied, waiting for the centre's acknowledgement of this very event),
    confirmed, reverted (back to the last good one; `code` says why), refused (never applied; `problems`).
    `revision` 0 with state card. `digest`: SHA-256 of the effective tables. `overrides`: keys a file on the box
    decides (`/etc/sandi/override.toml`). `tried`: the revision that was reverted or refused.
    """

    state: Literal["card", "trying", "confirmed", "reverted", "refused"]
    generation: Annotated[str, Meta(max_length=64)]
    revision: Annotated[int, Meta(ge=0, le=2**53 - 1)]
    digest: Hash
    code: Annotated[str, Meta(max_length=40)] = ""
    detail: Text = ""
    tried: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 0
    overrides: Annotated[tuple[KeyPath, ...], Meta(max_length=64)] = ()
    problems: Annotated[tuple[Text, ...], Meta(max_length=20)] = ()


class ReleaseNotice(Struct, frozen=True, omit_defaults=True):
    """Where an update stands; filed at every change, and at the first start after one.

    `state`: fetching, built (in the other slot, checked), trying (started from it, health not confirmed yet),
    confirmed, rolled_back (the old slot runs again; `code` says why), refused (never installed; `code`).
    `version` is the bundle's, `running` what runs now.
    """

    state: Literal["fetching", "built", "trying", "confirmed", "rolled_back", "refused"]
    version: VersionText
    running: VersionText
    digest: Hash
    code: Annotated[str, Meta(max_length=40)] = ""
    detail: Text = ""
    bytes_done: Annotated[int, Meta(ge=0)] = 0
    bytes_total: Annotated[int, Meta(ge=0)] = 0
    command: Annotated[str, Meta(max_length=64)] = ""

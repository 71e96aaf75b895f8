"""The shapes of `firmware_configs`: read strictly, an unknown key or a value without reason and source is a mistake.

A `source` is an address, a manual page (`man:nft(8)`) or a page of this project (`docs/kios.md`).
"""

from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

MAX_FILE_BYTES: Final = 64 * 1024
Name = Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}$(?!\n)")]
Line = Annotated[str, Meta(pattern=r"^[\x20-\x7e]{1,200}$(?!\n)")]
Why = Annotated[str, Meta(min_length=3, max_length=200, pattern=r"^[^\x00-\x1f]+$(?!\n)")]
Source = Annotated[
    str, Meta(pattern=r"^(?:https://[\x21-\x7e]+|man:[a-z0-9_.@-]+\([1-8]\)|docs/[a-z-]+\.md)$(?!\n)", max_length=200)
]
Path = Annotated[str, Meta(pattern=r"^(?:/[A-Za-z0-9_.@-]+)+$(?!\n)", max_length=200)]
Mode = Annotated[str, Meta(pattern=r"^0[0-7]{3}$(?!\n)")]
Check = Literal[
    "sysctl", "ini", "chrony", "chrony-sources", "nft", "unit", "tmpfiles", "udev", "keyfile", "text"
]  # fmt: skip
When = Literal["always", "dhcp", "static", "wifi", "apn"]


class _Reasoned(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Something that says why it is so and where that is documented."""

    why: Why
    source: Source


class Setting(_Reasoned, frozen=True):
    """One line of config.txt, one word of cmdline.txt, or one key of the boot loader."""

    line: Line


class AgentSetting(_Reasoned, frozen=True):
    """One line of a table of agent.toml."""

    table: Annotated[str, Meta(pattern=r"^[a-z_.]{1,40}$(?!\n)")]
    line: Line


class Amount(_Reasoned, frozen=True):
    """A number; its unit stands in the name of its key."""

    value: Annotated[int, Meta(ge=1, le=1_000_000)]


class Unit(_Reasoned, frozen=True):
    """A unit of systemd that is enabled."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9@_.-]+\.(?:service|timer|path|socket)$(?!\n)", max_length=64)]


class Watchdog(_Reasoned, frozen=True):
    """How long PID 1, and a reboot, may say nothing before the board starts again."""

    runtime_s: Annotated[int, Meta(ge=5, le=15)]
    reboot_s: Annotated[int, Meta(ge=10, le=600)]


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """`models/*.toml`. `board`: how /proc/device-tree/model begins. `section`: its filter in config.txt."""

    name: Name
    title: str
    board: str
    arch: Literal["arm64"]
    section: Literal["pi02", "pi3", "pi4", "pi5"]
    memory_mb: Amount
    watchdog: Watchdog
    config: tuple[Setting, ...]
    cmdline: tuple[Setting, ...] = ()
    eeprom: tuple[Setting, ...] = ()


class Role(Struct, frozen=True, forbid_unknown_fields=True):
    """`roles/*.toml`. `memory_mb`: what a board needs at least."""

    name: Name
    title: str
    memory_mb: Amount
    unit: tuple[Unit, ...]
    config: tuple[Setting, ...] = ()
    cmdline: tuple[Setting, ...] = ()
    agent: tuple[AgentSetting, ...] = ()
    cameras: bool = False
    metered: bool = False


class Pair(_Reasoned, frozen=True):
    """Whether a role may be put on a model."""

    model: Name
    role: Name
    supported: bool


class Matrix(Struct, frozen=True, forbid_unknown_fields=True):
    """`matrix.toml`: every model with every role."""

    pair: tuple[Pair, ...]


class Text(_Reasoned, frozen=True):
    """One statement of a file, perhaps several lines; `@NAME@` is filled in."""

    text: Annotated[str, Meta(min_length=1, max_length=4000)]


class SystemFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the operating system, `common/*.toml`. Without `comments` the reasons are left out of it."""

    path: Path
    mode: Mode
    check: Check
    line: tuple[Text, ...]
    when: When = "always"
    comments: bool = True


class Copy(_Reasoned, frozen=True):
    """A file that is placed as it is."""

    file: Annotated[str, Meta(pattern=r"^os/[a-z0-9_./-]+$(?!\n)", max_length=100)]
    path: Path
    mode: Mode
    check: Check


class Copies(Struct, frozen=True, forbid_unknown_fields=True):
    """`common/copies.toml`."""

    copy: tuple[Copy, ...]


class Boot(Struct, frozen=True, forbid_unknown_fields=True):
    """`common/boot.toml`: words of cmdline.txt for the first run, words of the image that are taken out, words that
    the first run puts in at its end, words for Wi-Fi; how large the system's and, at least, the data's partition is."""

    first_run: tuple[Setting, ...]
    take: tuple[Setting, ...]
    later: tuple[Setting, ...]
    wifi: tuple[Setting, ...]
    root_mb: Amount
    data_mb: Amount


T = TypeVar("T")


def read_shape(tree: object, kind: type[T]) -> T:
    """The parsed TOML of a file as its shape. Raises msgspec.ValidationError, which names the key."""
    return msgspec.convert(tree, kind)

"""cmdline.txt of a Raspberry Pi: one line of words for the kernel and for PID 1; ours are added, theirs stay."""

from collections.abc import Iterable
from typing import Final

MAX_BYTES: Final = 4096
"""COMMAND_LINE_SIZE of the kernel is 2048 on 64-bit Arm; what is longer is no cmdline.txt."""
KERNEL_BYTES: Final = 2048
REPEATED: Final = frozenset(
    {
        "console",
        "video",
        "earlycon",
        "module_blacklist",
        "systemd.mask",
        "systemd.wants",
        "systemd.setenv",
        "systemd.run",
    }
)
"""Keys that may rightly stand there more than once."""


class CmdlineError(ValueError):
    """The file cannot be a cmdline.txt: more than one line, or too long."""


def words(content: bytes) -> list[bytes]:
    """The words of the one line. Raises CmdlineError."""
    if len(content) > MAX_BYTES:
        raise CmdlineError(f"{len(content)} bytes; a command line has {KERNEL_BYTES} at most")
    lines = [line for line in content.replace(b"\r\n", b"\n").split(b"\n") if line.strip(b" \t")]
    if len(lines) > 1:
        raise CmdlineError(f"{len(lines)} lines; everything must stand in one")
    return [word for word in lines[0].split(b" ") if word] if lines else []


def edit(content: bytes, add: Iterable[str], take: Iterable[str] = ()) -> bytes:
    """The line with our words behind theirs, each once. `take`: words that go, ours of earlier cards among them.

    Raises:
        CmdlineError: not one line, or longer than a kernel reads.
    """
    ours = [word.encode("ascii") for word in dict.fromkeys(add)]
    gone = {word.encode("ascii") for word in take} | set(ours)
    line = b" ".join([*(word for word in words(content) if word not in gone), *ours]) + b"\n"
    if len(line) > KERNEL_BYTES:
        raise CmdlineError(f"{len(line)} bytes with our words; the kernel reads {KERNEL_BYTES}")
    return line


def findings(content: bytes) -> list[str]:
    """What is wrong, one sentence each."""
    try:
        found = [word.decode("ascii", "backslashreplace") for word in words(content)]
    except CmdlineError as error:
        return [str(error)]
    problems: list[str] = []
    told: dict[str, str] = {}
    for word in found:
        key, equals, _ = word.partition("=")
        if word in told.values():
            problems.append(f"{word} stands there twice")
        elif equals and key in told and key not in REPEATED:
            problems.append(f"{word} contradicts {told[key]}; the last one counts")
        told[key] = word
    return problems

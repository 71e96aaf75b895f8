"""Which time servers this box already uses: what chrony's and systemd-timesyncd's files name.

Only the few lines that name servers are understood; whatever else stands there, and files that cannot be read, are
passed over.
"""

import re
from collections.abc import Iterator
from pathlib import Path

_MAX_FILES, _MAX_BYTES = 32, 65_536
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}")
_CHRONY = ("etc/chrony/chrony.conf", "etc/chrony.conf")
_CHRONY_FOLDERS = (
    ("etc/chrony/conf.d", "*.conf"),
    ("etc/chrony/sources.d", "*.sources"),
    ("run/chrony-dhcp", "*.sources"),
)
_TIMESYNCD = ("etc/systemd/timesyncd.conf",)
_TIMESYNCD_FOLDERS = (
    ("etc/systemd/timesyncd.conf.d", "*.conf"),
    ("run/systemd/timesyncd.conf.d", "*.conf"),
    ("usr/lib/systemd/timesyncd.conf.d", "*.conf"),
)


def named_servers(root: Path) -> tuple[str, ...]:
    """Names and addresses in the order in which they are found, each once."""
    found = [
        *(name for text in _texts(root, _CHRONY, _CHRONY_FOLDERS) for name in _chrony(text)),
        *(name for text in _texts(root, _TIMESYNCD, _TIMESYNCD_FOLDERS) for name in _timesyncd(text)),
    ]
    return tuple(dict.fromkeys(name for name in found if _NAME.fullmatch(name)))


def _chrony(text: str) -> Iterator[str]:
    """`server NAME ...`, `pool NAME ...`, `peer NAME ...`; chrony takes words in any case."""
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0].lower() in ("server", "pool", "peer"):
            yield words[1]


def _timesyncd(text: str) -> Iterator[str]:
    """`NTP=NAME NAME ...` and `FallbackNTP=...` in `[Time]`."""
    for line in text.splitlines():
        key, found, value = line.strip().partition("=")
        if found and key.strip() in ("NTP", "FallbackNTP"):
            yield from value.split()


def _texts(root: Path, files: tuple[str, ...], folders: tuple[tuple[str, str], ...]) -> Iterator[str]:
    paths = [root / name for name in files]
    for folder, pattern in folders:
        try:
            paths += sorted((root / folder).glob(pattern))
        except OSError:
            continue
    for path in paths[:_MAX_FILES]:
        try:
            with path.open("rb") as file:
                yield file.read(_MAX_BYTES).decode("utf-8", errors="replace")
        except OSError:
            continue

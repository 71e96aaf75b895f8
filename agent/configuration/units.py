"""Units as they stand at the end of a key (`timeout_s`), and what people write instead (`"30s"`, `timeout_ms`)."""

import re

# Per unit: the dimension, and how many of that dimension's base (ms, bytes, ...) it is worth.
UNITS: dict[str, tuple[str, float]] = {
    "ms": ("time", 1),
    "s": ("time", 1_000),
    "min": ("time", 60_000),
    "h": ("time", 3_600_000),
    "days": ("time", 86_400_000),
    "bytes": ("size", 1),
    "kb": ("size", 1024),
    "mb": ("size", 1024**2),
    "gb": ("size", 1024**3),
    "pct": ("share", 1),
}
SPELLINGS: dict[str, str] = {
    **{unit: unit for unit in UNITS},
    **dict.fromkeys(("sec", "secs", "second", "seconds", "detik"), "s"),
    **dict.fromkeys(("m", "mins", "minute", "minutes", "menit"), "min"),
    **dict.fromkeys(("hour", "hours", "jam"), "h"),
    **dict.fromkeys(("d", "day", "hari"), "days"),
    **dict.fromkeys(("b", "byte"), "bytes"),
    **dict.fromkeys(("k", "kib"), "kb"),
    **dict.fromkeys(("mib",), "mb"),
    **dict.fromkeys(("g", "gib"), "gb"),
    **dict.fromkeys(("%", "percent", "persen"), "pct"),
}
_QUANTITY = re.compile(r"\s*(-?\d+(?:[.,]\d+)?)\s*([A-Za-z%]*)\s*", re.ASCII)


def split_key(key: str) -> tuple[str, str]:
    """`timeout_s` -> ("timeout", "s"); a key without a unit, or a rate (`bytes_per_s`), gives ("host", "")."""
    stem, _, last = key.rpartition("_")
    return (stem, last) if stem and last in UNITS and not stem.endswith("_per") else (key, "")


def converted(text: str, unit: str) -> float | None:
    """What `"30s"` or `"1.5 MiB"` is in `unit`; None when it is no quantity of that dimension."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    number = float(match[1].replace(",", "."))
    return rescaled(number, SPELLINGS.get(match[2].lower(), "") if match[2] else unit, unit)


def rescaled(number: float, given: str, wanted: str) -> float | None:
    """`number` of unit `given`, counted in `wanted`; None when these measure different things."""
    if given == wanted:
        return number
    if given not in UNITS or wanted not in UNITS or UNITS[given][0] != UNITS[wanted][0]:
        return None
    return number * UNITS[given][1] / UNITS[wanted][1]


def plain(number: float) -> str:
    """A number as a person would type it: `30`, not `30.0`."""
    return str(int(number)) if float(number).is_integer() and abs(number) < 2**53 else repr(number)

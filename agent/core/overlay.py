"""What a node runs: the card's tables, what the centre pushed over them, and what root wrote on the box over both.

Rules, from the bottom to the top:
1. the card (`agent.toml`) names the node and the way to its first centre; it is never changed from afar;
2. a pushed table replaces the card's table of that name as a whole, so that what was pushed is what is run; `uplink` is
   laid over key by key, since a half-said way to the centre would be none;
3. places on this box (`LOCAL`) are nobody's business but the box's: they cannot be pushed, and stay as the card says;
4. the override is root's, for one key here and there: laid over everything, key by key, and told to the centre.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

PUSHABLE: Final = (
    "uplink", "outbox", "health", "probes", "cameras", "camera_process", "kiosk", "led", "lan_page",
)  # fmt: skip
MERGED: Final = frozenset({"uplink"})
LOCAL: Final = frozenset(
    {
        "uplink.credentials",
        "camera_process.data_dir",
        "camera_process.run_dir",
        "camera_process.logins_file",
        "kiosk.serial.run_dir",
        "kiosk.serial.state_dir",
        "kiosk.web.port",
        "led.path",
        "lan_page.pin_file",
    }
)
MOST_KEYS: Final = 64
"""Overridden keys that are told; it is one file of a few lines."""
LONGEST_KEY: Final = 120
Tables = Mapping[str, Any]


def refused(pushed: Tables) -> tuple[str, ...]:
    """The key paths of `pushed` that cannot be pushed, in its order."""
    found = [name for name in pushed if name not in PUSHABLE]
    return (*found, *(path for path, _ in _leaves(pushed, "") if path in LOCAL))


def effective(card: Tables, pushed: Tables, override: Tables) -> dict[str, Any]:
    """The tables that are run. What `refused` names is left out of `pushed`."""
    found = dict(card)
    for name, table in pushed.items():
        if name not in PUSHABLE:
            continue
        given = _without_local(table, name)
        kept = card.get(name, {})
        below = kept if name in MERGED else _only_local(kept, name)
        found[name] = laid_over(below, given) if isinstance(given, Mapping) else given
    return dict(laid_over(found, override))


def laid_over(below: Any, above: Any) -> Any:
    """`above` over `below`, key by key; a value or a list replaces what was there."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    return {**below, **{key: laid_over(below[key], value) if key in below else value for key, value in above.items()}}


def keys_of(tables: Tables) -> tuple[str, ...]:
    """The paths of the values in these tables, sorted; at most `MOST_KEYS`."""
    return tuple(sorted({path[:LONGEST_KEY] for path, _ in _leaves(tables, "")}))[:MOST_KEYS]


def sources(card: Tables, pushed: Tables, override: Tables) -> dict[str, str]:
    """Who decides each value of the effective tables: key path -> card | pushed | override."""
    above, given = set(_paths(override)), set(_paths(pushed))
    found: dict[str, str] = {}
    for path in _paths(effective(card, pushed, override)):
        if path in above:
            found[path] = "override"
        else:
            found[path] = "pushed" if path in given and path not in LOCAL else "card"
    return found


def values(tables: Tables) -> dict[str, Any]:
    """Key path -> value, in the order of the tables. Lists are values."""
    return dict(_leaves(tables, ""))


def digest(tables: Tables) -> str:
    """SHA-256, in hex, of the tables as JSON with sorted keys."""
    return hashlib.sha256(msgspec.json.encode(tables, order="sorted")).hexdigest()


def _paths(tables: Tables) -> Iterator[str]:
    return (path for path, _ in _leaves(tables, ""))


def _leaves(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Everything that is no table; an empty table counts as a value."""
    if isinstance(value, Mapping) and (value or not where):
        for key, inner in value.items():
            yield from _leaves(inner, f"{where}.{key}" if where else str(key))
    else:
        yield where, value


def _without_local(value: Any, where: str) -> Any:
    if not isinstance(value, Mapping):
        return value
    kept = {key: inner for key, inner in value.items() if f"{where}.{key}" not in LOCAL}
    return {key: _without_local(inner, f"{where}.{key}") for key, inner in kept.items()}


def _only_local(value: Any, where: str) -> dict[str, Any]:
    """The part of a table that is the box's own."""
    found: dict[str, Any] = {}
    for key, inner in value.items() if isinstance(value, Mapping) else ():
        path = f"{where}.{key}"
        if path in LOCAL:
            found[key] = inner
        elif isinstance(inner, Mapping) and (below := _only_local(inner, path)):
            found[key] = below
    return found

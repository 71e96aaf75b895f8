"""Single values of a configuration: numbers within bounds, text of a form, one of a few choices."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from agent.configuration import units
from agent.configuration.problems import shown
from wire.shape import Struct, field

MAX_NUMBER = 2**53 - 1  # the largest whole number every JSON reader keeps exact

# How each type looks in TOML, for messages in any language.
TYPE_NAMES: dict[Any, str] = {
    bool: "true/false",
    int: "123",
    float: "1.5",
    str: '"..."',
    Path: '"/..."',
    list: "[...]",
    dict: "[...] (table)",
}


class Complain(Protocol):
    """Notes one mistake down: key, code of the text, facts for its placeholders."""

    def __call__(self, key: str, code: str, **facts: str) -> None: ...


class Spot(Struct, frozen=True):
    """Where a value stands in the file, and what its field says about itself."""

    key: str
    name: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)


def scalar(complain: Complain, hint: Any, value: object, spot: Spot, base: Path) -> object:
    """`value` as `hint` (bool, int, float, str, Path) wants it; complains and returns None when it is not that."""
    key = spot.key
    if hint in (int, float):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _number(complain, hint, value, spot)
        _not_a_number(complain, hint, value, spot)
        return None
    if type(value) is not (str if hint is Path else hint):
        complain(key, "wrong_type", value=shown(value), expected=TYPE_NAMES.get(hint, hint.__name__))
        return None
    if not isinstance(value, str):
        return value
    text = _text(complain, value, spot, empty_allowed=hint is str)
    return base / text if hint is Path and text is not None else text


def choice(complain: Complain, choices: tuple[object, ...], value: object, key: str) -> object:
    """`value` when it is one of `choices`, else a complaint that lists them and names the nearest."""
    if any(type(value) is type(known) and value == known for known in choices):
        return value
    nearest = closest(str(value), [str(known) for known in choices])
    listed = ", ".join(shown(known) for known in choices)
    complain(
        key, "not_a_choice_near" if nearest else "not_a_choice", value=shown(value), choices=listed, nearest=nearest
    )
    return None


def _not_a_number(complain: Complain, hint: Any, value: object, spot: Spot) -> None:
    key, name = spot.key, spot.name
    right = units.converted(value, units.split_key(name)[1]) if isinstance(value, str) else None
    if right is not None:
        complain(key, "quoted_number", value=shown(value), right=f"{name or key} = {units.plain(right)}")
    else:
        complain(key, "wrong_type", value=shown(value), expected=TYPE_NAMES[hint])


def _number(complain: Complain, hint: Any, value: int | float, spot: Spot) -> object:
    key, meta = spot.key, spot.meta
    if hint is int and isinstance(value, float):
        complain(key, "wrong_type", value=shown(value), expected=TYPE_NAMES[int])
        return None
    low, high, open_low = bounds(spot.name, meta)
    if not (low <= value <= high) or (open_low and value == low):  # NaN fails every comparison
        limits = f"{'>' if open_low else '>='} {units.plain(low)}"
        limits += f", <= {units.plain(high)}" if high < MAX_NUMBER else ""
        complain(key, "out_of_range", value=shown(value), limits=limits)
        return None
    if "choices" in meta:
        return choice(complain, tuple(meta["choices"]), value, key)
    return float(value) if hint is float else value


def _text(complain: Complain, value: str, spot: Spot, *, empty_allowed: bool) -> str | None:
    key, meta = spot.key, spot.meta
    if "\0" in value or not (value or empty_allowed):
        complain(key, "empty_or_nul", value=shown(value))
        return None
    if "choices" in meta:
        choice(complain, tuple(meta["choices"]), value, key)
    elif "pattern" in meta and re.fullmatch(meta["pattern"], value) is None:
        complain(key, "not_of_form", value=shown(value), example=str(meta.get("example", meta["pattern"])))
    return value


def bounds(name: str, meta: Mapping[str, Any]) -> tuple[float, float, bool]:
    """(lowest, highest, lowest excluded) for a number called `name`."""
    stem, unit = units.split_key(name)
    low, high, open_low = (0.0 if unit else -MAX_NUMBER), float(MAX_NUMBER), False
    if unit == "pct":
        high = 100.0
    if name == "port" or name.endswith("_port"):
        low, high = 1, 65535
    if unit and stem.split("_")[-1] in ("interval", "timeout"):
        open_low = True
    if "min" in meta:
        low, open_low = meta["min"], False
    return low, meta.get("max", high), open_low


def closest(word: str, known: list[str]) -> str:
    """The known word that was probably meant, or ""."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(word.lower(), known, n=1, cutoff=0.6)), "")

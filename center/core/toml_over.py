"""One TOML laid over another, key by key, as text again. Pure. Comments and order of the base are not kept."""

import datetime
import re
import tomllib
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def laid_over(base: str, over: str) -> str:
    """`base` with the tables and keys of `over` in their place; a table is merged, anything else replaced.

    Raises ValueError (tomllib.TOMLDecodeError is one) when either is not TOML.
    """
    return text_of(merged(tomllib.loads(base), tomllib.loads(over)))


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """The same with tables that were read."""
    result = dict(base)
    for key, value in over.items():
        present = result.get(key)
        both = isinstance(present, dict) and isinstance(value, dict)
        result[key] = merged(present, value) if both and isinstance(present, dict) else value
    return result


def text_of(tables: dict[str, Any]) -> str:
    """As TOML that reads back as the same."""
    return "\n".join(_table("", tables)).strip("\n") + "\n"


def _table(name: str, table: dict[str, Any]) -> list[str]:
    plain = {key: value for key, value in table.items() if not _has_header(value)}
    lines = ["", f"[{name}]"] if name and (plain or not table) else []
    lines += [f"{_key(key)} = {_value(value)}" for key, value in plain.items()]
    for key, value in table.items():
        inner = f"{name}.{_key(key)}" if name else _key(key)
        if isinstance(value, dict):
            lines += _table(inner, value)
        elif _has_header(value):
            for item in value:
                lines += ["", f"[[{inner}]]", *_table_inside(inner, item)]
    return lines


def _table_inside(name: str, table: dict[str, Any]) -> list[str]:
    """An element of an array of tables: what is nested in it goes inline, which reads back as the same."""
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _has_header(value: Any) -> bool:
    if isinstance(value, dict):
        return True
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _string(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float):
        return "inf" if value == float("inf") else "-inf" if value == float("-inf") else repr(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + "}"
    return str(value)


def _string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\u{ord(found[0]):04x}", escaped) + '"'

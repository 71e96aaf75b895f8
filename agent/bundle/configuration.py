"""The configuration as support needs it: known keys with harmless values, and nothing somebody meant to keep secret.

Told apart by what may go, not by what may not: a value leaves only under a key this version knows. A secret under a
misspelt key ("pasword") stays here.
"""

import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from agent.config import PARTS, part
from agent.configuration.settings import Settings
from agent.configuration.typed import TypedTable
from agent.core.redact import MARK

UNKNOWN: Final = "[kunci tidak dikenal]"
_SECRET_PARTS: Final = ("pass", "sandi", "secret", "token")
_SECRET_WORDS: Final = frozenset({"key", "pin", "psk", "credential"})
_HIDDEN_WORDS: Final = frozenset({"user", "username", "contact"})
"""Not secret, but somebody's name; short and common, so that they are not looked for elsewhere."""
_FREE_NAMES: Final = frozenset({"type", "target", "site"})
_LEAST_UNKNOWN: Final = 6
"""Characters from which on a value under an unknown key is looked for in all the rest: `eth0` stands everywhere."""


def read(path: Path) -> Mapping[str, Any]:
    """The file as tables. OSError or ValueError when it cannot be read as TOML."""
    import tomli

    try:
        return tomli.loads(path.read_text(encoding="utf-8-sig"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def shown(table: Mapping[str, Any]) -> dict[str, Any]:
    """The tables with everything hidden that must not leave the box."""
    known = _known_keys()
    return {name: _value(name, value, known | set(PARTS)) for name, value in table.items()}


def secrets(table: Mapping[str, Any]) -> list[str]:
    """Every text that stands under a secret or an unknown key, and the user part of every address."""
    return list(_secrets(table, _known_keys() | set(PARTS)))


def _secrets(value: Any, known: set[str], name: str = "type") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secrets(inner, known, _sticky(name, key, inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _secrets(inner, known, name)
    elif isinstance(value, str):
        if _is_secret(name) or (name not in known | _FREE_NAMES and len(value) >= _LEAST_UNKNOWN):
            yield value
        elif "://" in value:
            user, at, _ = urlsplit(value).netloc.rpartition("@") if _parses(value) else (value, "@", "")
            if at:
                yield user
                yield from user.split(":", 1)


def _sticky(name: str, key: str, inner: object) -> str:
    """What lies below a secret key is secret, however it is called."""
    return name if _is_secret(name) and not isinstance(inner, Mapping) else key


def _value(name: str, value: Any, known: set[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _entry(key, inner, known) for key, inner in value.items()}
    return _entry(name, value, known)


def _entry(key: str, value: Any, known: set[str]) -> Any:
    if isinstance(value, Mapping):  # an entry's own name ([cameras.gate]) is not a key of ours, and is kept
        return {inner_key: _entry(inner_key, inner, known) for inner_key, inner in value.items()}
    if isinstance(value, list):
        return [_entry(key, inner, known) for inner in value]
    if key not in known | _FREE_NAMES:
        return UNKNOWN
    if isinstance(value, str):
        return MARK if _is_secret(key) or _HIDDEN_WORDS & _words(key) else _address(value)
    return value if isinstance(value, bool | int | float) else str(value)


def _is_secret(key: str) -> bool:
    return any(part in key.lower() for part in _SECRET_PARTS) or bool(_SECRET_WORDS & _words(key))


def _words(key: str) -> set[str]:
    return set(key.lower().replace("-", "_").split("_"))


def _address(value: str) -> str:
    """A web address without user, question and fragment; any other text as it is."""
    if "://" not in value:
        return value
    if not _parses(value):
        return MARK
    parts = urlsplit(value)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _parses(value: str) -> bool:
    try:
        urlsplit(value)
    except ValueError:
        return False
    return True


def _known_keys() -> set[str]:
    found: set[str] = set()
    for name in PARTS:
        kind = part(name)
        classes = [kind.config_class(one) for one in kind.types] if isinstance(kind, TypedTable) else [kind]
        for cls in classes:
            found |= _fields(cls)
    return found


def _fields(cls: type[Any]) -> set[str]:
    found, hints = set[str](), typing.get_type_hints(cls)
    for name in cls.about:
        found.add(name)
        for inner in (hints[name], *typing.get_args(hints[name])):
            if isinstance(inner, type) and issubclass(inner, Settings):
                found |= _fields(inner)
    return found

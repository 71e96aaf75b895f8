"""A commented sample of the whole configuration, made from the classes: every key, its default, what it means.

Lines that start with `#` directly before a key are defaults one may uncomment; `# ` starts prose. What has no default
stands uncommented with an example. The meaning of a key comes from the message catalogue (`config.help.<table>.<key>`),
else from the field's own `help`.
"""

import textwrap
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Union, get_args, get_origin

from agent.configuration.settings import MISSING, Setting, Settings
from agent.configuration.typed import TypedTable
from agent.configuration.units import split_key
from agent.messages import Messages

WIDTH = 100


def example(parts: Mapping[str, "type[Any] | TypedTable"], messages: Messages) -> str:
    """The sample as text. It loads as it stands, and equals the defaults with every `#key` line uncommented."""
    lines = [*_prose(messages.text("config.example.head")), ""]
    for name, part in parts.items():
        if isinstance(part, TypedTable):
            lines += _typed(name, part, messages)
        else:
            lines += _table(name, part, messages)
    return "\n".join(lines).rstrip() + "\n"


def _table(where: str, cls: type[Any], messages: Messages) -> Iterator[str]:
    """`[where]`, its plain keys, then the tables inside it."""
    hints = typing.get_type_hints(cls)
    inner: list[tuple[str, type[Any]]] = []
    yield from _prose(messages.optional(f"config.part.{where}") or "")
    yield f"[{where}]"
    for name, setting in cls.about.items():
        if not setting.init:
            continue
        hint = _plain(hints[name])
        if _is_part(hint):
            inner.append((name, hint))
        elif get_origin(hint) is tuple and _is_part(get_args(hint)[0]):
            yield from _repeated(f"{where}.{name}", get_args(hint)[0], messages)
        else:
            yield from _key(where, name, setting, messages)
    yield ""
    for name, nested in inner:
        yield from _table(f"{where}.{name}", nested, messages)


def _repeated(where: str, cls: type[Any], messages: Messages) -> Iterator[str]:
    """A list of tables, all commented out: by default there is none of them."""
    yield from _prose(messages.optional(f"config.part.{where}") or "")
    yield f"# [[{where}]]"
    for name, setting in cls.about.items():
        for line in _key(where, name, setting, messages):
            yield line if line.startswith("# ") else "# " + line.removeprefix("#")


def _typed(where: str, table: TypedTable, messages: Messages) -> Iterator[str]:
    """One commented entry per type."""
    yield from _prose(messages.optional(f"config.part.{where}") or "")
    for kind in table.types:
        yield f"# [{where}.{table.name_example}]"
        yield f'# type = "{kind}"'
        for name, setting in table.config_class(kind).about.items():
            for line in _key(where, name, setting, messages):
                yield line if line.startswith("# ") else "# " + line.removeprefix("#")
        yield ""


def _key(where: str, name: str, setting: Setting, messages: Messages) -> Iterator[str]:
    meaning = messages.optional(f"config.help.{where}.{name}") or str(setting.metadata.get("help", ""))
    limits = _limits(name, setting, messages)
    yield from _prose(f"{meaning} ({limits})".strip() if limits else meaning)
    default = setting.value()
    if default is MISSING:
        yield f"{name} = {spelled(setting.metadata.get('example', '...'))}"
    elif default is None:
        yield f"# {name} = {spelled(setting.metadata.get('example', '...'))}"
    else:
        yield f"#{name} = {spelled(default)}"


def _limits(name: str, setting: Setting, messages: Messages) -> str:
    unit, meta = split_key(name)[1], setting.metadata
    words = [messages.text(f"config.unit.{unit}")] if unit else []
    if "min" in meta and "max" in meta:
        words.append(f"{spelled(meta['min'])}..{spelled(meta['max'])}")
    elif "min" in meta:
        words.append(f">= {spelled(meta['min'])}")
    elif "max" in meta:
        words.append(f"<= {spelled(meta['max'])}")
    return ", ".join(words)


def spelled(value: object) -> str:
    """A value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | Path):
        escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, tuple | list | frozenset):
        return "[" + ", ".join(spelled(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {spelled(item)}" for name, item in value.items()) + "}"
    return str(value)


def _is_part(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, Settings)


def _plain(hint: Any) -> Any:
    """The annotation without `| None`."""
    if get_origin(hint) in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not type(None)]
        return members[0] if len(members) == 1 else hint
    return hint


def _prose(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH)] if text else []

"""Mappings into `Settings`, strictly: nothing unknown, nothing coerced, every mistake collected.

What a field may say about itself in `field(metadata={...})`, all optional:
  min, max    bounds of a number, inclusive          choices   the allowed values
  pattern     a full-match regular expression        help      what it means, for `sandi config example`
Without them the name speaks: a key that ends in a unit is not negative, `*_pct` is at most 100, `interval_*` and
`timeout_*` are above zero, `port` is 1..65535. Whatever else must hold, the class checks in `__post_init__` and
raises ValueError, whose text is shown.
"""

import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin

from agent.configuration import units, values
from agent.configuration.problems import Problem, shown
from agent.configuration.settings import Setting, Settings
from agent.configuration.values import TYPE_NAMES, closest

T = TypeVar("T", bound=Settings)


class Reader:
    """Collects the mistakes of one file. Relative paths count from `base`, the folder of the file."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.problems: list[Problem] = []

    def complain(self, key: str, code: str, **facts: str) -> None:
        self.problems.append(Problem(key, code, facts))

    def build(self, cls: type[T], table: object, where: str) -> T | None:
        """An instance of `cls`, or None after at least one complaint."""
        if not isinstance(table, Mapping):
            self.complain(where, "wrong_type", value=shown(table), expected=TYPE_NAMES[dict])
            return None
        before = len(self.problems)
        hints = typing.get_type_hints(cls)
        fields = {name: setting for name, setting in cls.about.items() if setting.init}
        for key in table:
            if key not in fields:
                self.unknown(key, table[key], where, list(fields))
        ready: dict[str, object] = {}
        for name, field in fields.items():
            if name in table:
                ready[name] = self.convert(hints[name], table[name], _at(where, name), field)
            elif field.required:
                self.complain(_at(where, name), "missing", example=TYPE_NAMES.get(hints[name], "..."))
        if len(self.problems) > before:
            return None
        try:
            return cls(**ready)
        except ValueError as error:
            self.complain(where, "impossible", detail=str(error))
            return None

    def unknown(self, key: object, value: object, where: str, known: list[str]) -> None:
        """Complain about a key nobody knows: another unit of a known one, a slip of the pen, or neither."""
        name = str(key)
        stem, unit = units.split_key(name)
        for candidate in known:
            wanted_stem, wanted = units.split_key(candidate)
            if wanted and stem == wanted_stem:
                number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
                right = units.rescaled(number, unit or wanted, wanted) if number is not None else None
                example = f"{candidate} = {units.plain(right)}" if right is not None else candidate
                self.complain(_at(where, name), "wrong_unit_key", right=example, value=shown(value))
                return
        nearest = closest(name, known)
        code = "unknown_key_near" if nearest else "unknown_key"
        self.complain(_at(where, name), code, nearest=nearest, known=", ".join(sorted(known)), value=shown(value))

    def convert(self, hint: Any, value: object, key: str, field: Setting | None = None) -> object:
        """`value` as the annotation wants it; complains and returns None when that is not possible."""
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            return self._union(hint, value, key, field)
        if origin is typing.Literal:
            return values.choice(self.complain, get_args(hint), value, key)
        if origin in (tuple, list, frozenset):
            return self._several(origin, get_args(hint)[0], value, key)
        if origin is dict:
            return self._named(get_args(hint)[1], value, key)
        if isinstance(hint, type) and issubclass(hint, Settings):
            return self.build(hint, value, key)
        spot = values.Spot(key, key.rpartition(".")[2], field.metadata) if field is not None else values.Spot(key)
        return values.scalar(self.complain, hint, value, spot, self.base)

    def _union(self, hint: Any, value: object, key: str, field: Setting | None) -> object:
        members = [member for member in get_args(hint) if member is not type(None)]
        for member in members:
            trial = Reader(self.base)
            result = trial.convert(member, value, key, field)
            if not trial.problems:
                return result
        return self.convert(members[0], value, key, field)

    def _several(self, origin: Any, member: Any, value: object, key: str) -> object:
        if not isinstance(value, list):
            self.complain(key, "wrong_type", value=shown(value), expected=TYPE_NAMES[list])
            return None
        return origin([self.convert(member, item, f"{key}[{index + 1}]") for index, item in enumerate(value)])

    def _named(self, member: Any, value: object, key: str) -> object:
        if not isinstance(value, Mapping):
            self.complain(key, "wrong_type", value=shown(value), expected=TYPE_NAMES[dict])
            return None
        return {str(name): self.convert(member, item, _at(key, str(name))) for name, item in value.items()}


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name

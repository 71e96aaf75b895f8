"""Tables whose entries have names and types: `[cameras.gate] type = "replay"` with the settings of that type."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from agent.configuration.problems import shown
from agent.configuration.strict import Reader
from agent.configuration.values import TYPE_NAMES, choice
from wire.shape import Struct


class TypedTable(Struct, frozen=True):
    """`types` there are, the class of each, the pattern of the entries' names and an example of one."""

    types: tuple[str, ...]
    config_class: Callable[[str], type[Any]]
    name_pattern: str
    name_example: str

    def build(self, reader: Reader, table: object, where: str) -> dict[str, Any]:
        """One object per entry, by the entry's `type`."""
        if not isinstance(table, Mapping):
            reader.complain(where, "wrong_type", value=shown(table), expected=TYPE_NAMES[dict])
            return {}
        built: dict[str, Any] = {}
        for name, settings in table.items():
            key = f"{where}.{name}"
            if re.fullmatch(self.name_pattern, name) is None:
                reader.complain(key, "not_of_form", value=shown(name), example=f"[{where}.{self.name_example}]")
            elif not isinstance(settings, Mapping):
                reader.complain(key, "wrong_type", value=shown(settings), expected=TYPE_NAMES[dict])
            else:
                built[name] = self._entry(reader, settings, key)
        return built

    def _entry(self, reader: Reader, settings: Mapping[str, Any], key: str) -> object:
        if "type" not in settings:
            reader.complain(f"{key}.type", "missing", example=" / ".join(f'"{known}"' for known in self.types))
            return None
        if choice(reader.complain, self.types, settings["type"], f"{key}.type") is None:
            return None
        rest = {name: value for name, value in settings.items() if name != "type"}
        return reader.build(self.config_class(settings["type"]), rest, key)

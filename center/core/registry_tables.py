"""The registry's tables as data: which fields they have, what may stand in them, and what identifies a row. Pure.

Forms, CSV files, exports and the history all follow these tables; a field more is a line more here (and a column of
`center.sites.models`). Kinds of fields are read and written by `center.core.registry_fields`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Value = str | float | bool | None
"""Of a field: "" is a text or a reference that is not there, None a number that is not there."""
Values = Mapping[str, Value]
KEY_JOINT: Final = "/"
NUMBERS: Final = frozenset({"number", "whole", "degrees"})
"""Kinds whose values are numbers."""


@dataclass(frozen=True, slots=True)
class Field:
    """One column. `refers` names the table whose key it holds; `choices` are all it may say."""

    name: str
    kind: str = "text"
    limit: int = 200
    required: bool = False
    refers: str = ""
    choices: tuple[str, ...] = ()
    low: float = 0
    high: float = 0
    default: Value = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`key`: the fields that identify a row, never changed. `derived`: written to exports, ignored when read.
    `personal`: shown and exported to few, and not written to the history."""

    name: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    derived: tuple[str, ...] = ()
    personal: bool = False
    in_files: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """All its columns, in the order of the files."""
        return tuple(field.name for field in self.fields)

    def key_of(self, values: Values) -> str:
        """What identifies this row, as one text."""
        return KEY_JOINT.join(_plain(values[name]) for name in self.key)


def _plain(value: Value) -> str:
    return str(int(value)) if isinstance(value, float) else str(value)


def _slug(name: str, limit: int) -> Field:
    return Field(name, "slug", limit, required=True)


_TABLES: Final = (
    Table(
        "sites",
        ("code",),
        (
            Field("code", "site_code", 64, required=True),
            Field("name", limit=200, required=True),
            Field("short_name", limit=40),
            Field("kecamatan", limit=64),
            Field("latitude", "degrees", low=-90, high=90, default=None),
            Field("longitude", "degrees", low=-180, high=180, default=None),
            Field("postal_code", "postal_code", 5),
            Field("address", limit=300),
            Field("office_hours", "hours", 200),
            Field("agency", "reference", 64, refers="sites"),
            Field("verified", "yes", default=False),
            Field("note", limit=500),
        ),
        derived=("kind",),
    ),
    Table(
        "providers",
        ("code",),
        (
            _slug("code", 32),
            Field("name", limit=100, required=True),
            Field("phone", "phone", 32),
            Field("email", "email", 254),
            Field("contract_hours", "hours", 200),
            Field("promised_pct", "number", required=True, low=0, high=100, default=99.5),
            Field("credits", "credits", 300, default="[]"),
            Field("holidays_count", "yes", default=True),
        ),
    ),
    Table(
        "upstreams",
        ("code",),
        (
            _slug("code", 64),
            Field("name", limit=100, required=True),
            Field("kind", "choice", required=True, choices=("line", "feeder", "area", "core")),
            Field("provider", "reference", 32, refers="providers"),
            Field("above", "reference", 64, refers="upstreams"),
            Field("note", limit=500),
        ),
    ),
    Table(
        "links",
        ("site", "upstream"),
        (
            Field("site", "reference", 64, required=True, refers="sites"),
            Field("upstream", "reference", 64, required=True, refers="upstreams"),
            Field("circuit", limit=64),
            Field("needs", "choice", required=True, choices=("any", "all"), default="any"),
            Field("primary", "yes", default=True),
        ),
    ),
    Table(
        "people",
        ("site", "order"),
        (
            Field("site", "reference", 64, required=True, refers="sites"),
            Field("order", "whole", required=True, low=1, high=99, default=1.0),
            Field("name", limit=100, required=True),
            Field("role", limit=100),
            Field("phone", "phone", 32),
            Field("email", "email", 254),
            Field("message_to", "message_to", 200),
        ),
        personal=True,
    ),
    Table(
        "boundaries",
        ("site",),
        (
            Field("site", "reference", 64, required=True, refers="sites"),
            Field("rings", limit=1_000_000, required=True),
            Field("source", limit=200),
        ),
        in_files=False,
    ),
)
TABLES: Final[Mapping[str, Table]] = {table.name: table for table in _TABLES}
"""In an order in which each refers only to itself and to those before it."""
FILE_TABLES: Final = tuple(table.name for table in _TABLES if table.in_files)

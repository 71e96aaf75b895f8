"""Forms of the registry, made from its tables: what is in the fields, what may be chosen, what was wrong."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from center.core.registry_fields import write_value
from center.core.registry_plan import Problem, Snapshot
from center.core.registry_tables import TABLES, Field, Values
from center.sites.words import sentence
from center.web.registry_words import CHOICES, HELP, YES, label

LONG: Final = 150
"""Texts that may be longer get several lines."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field as the template draws it: `kind` text, long, number, choice; `options` pairs of value and words."""

    name: str
    label: str
    kind: str
    value: str
    help: str
    required: bool
    limit: int
    options: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


def form_fields(
    table: str, texts: Mapping[str, str], snapshot: Snapshot, problems: Iterable[Problem], fixed: Iterable[str]
) -> list[FormField]:
    """The fields of a form but the `fixed` ones, filled with `texts`, each with what was wrong with it."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(problem.column, []).append(sentence(problem))
    return [
        FormField(
            field.name, label(table, field.name), _kind(field), texts.get(field.name, ""),
            str(HELP.get((table, field.name), "")), field.required, field.limit,
            _options(field, snapshot), tuple(found.get(field.name, ())),
        )
        for field in TABLES[table].fields if field.name not in set(fixed)
    ]  # fmt: skip


def texts_of(table: str, values: Values) -> dict[str, str]:
    """A row as the texts of its form."""
    return {field.name: write_value(field, values[field.name]) for field in TABLES[table].fields}


def default_texts(table: str) -> dict[str, str]:
    """A form for a new row. Whether a line is the primary one is left open: the first of a site is."""
    texts = {field.name: write_value(field, field.default) for field in TABLES[table].fields}
    return {**texts, "primary": ""} if table == "links" else texts


def seen_mark(values: Values | None) -> str:
    """A mark of a row as it was shown, to notice that somebody else changed it meanwhile."""
    return hashlib.sha256(json.dumps(dict(values or {}), sort_keys=True).encode()).hexdigest()[:16]


def _kind(field: Field) -> str:
    if field.kind in {"yes", "choice", "reference"}:
        return "choice"
    return "long" if field.limit > LONG and field.kind == "text" and field.name != "name" else "text"


def _options(field: Field, snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    if field.kind == "yes":
        return tuple((text, str(words)) for text, words in YES.items())
    if field.kind == "choice":
        return tuple((one, str(CHOICES.get((field.name, one), one))) for one in field.choices)
    if field.kind != "reference":
        return ()
    rows = snapshot.tables[field.refers].items()
    named: list[tuple[str, str]] = [
        (key, _named(key, row)) for key, row in rows if field.name != "agency" or key.startswith("opd-")
    ]
    return (("", "–"), *sorted(named, key=lambda one: one[1].casefold()))


def _named(key: str, row: Mapping[str, Any]) -> str:
    return f"{row['name']} ({key})"

"""The kelurahan a voice can be about, as the screen offers them: the own one first, others by kecamatan. Pure."""

from collections.abc import Iterable, Mapping
from typing import Final

from wire.shape import Struct

DISTRICT_DIGITS: Final = 6
"""A kelurahan's code begins with its kecamatan's: 36.73.01 of 36.73.01.1001."""
MOST_TO_CHOOSE: Final = 500


class Area(Struct, frozen=True):
    """One kelurahan."""

    code: str
    name: str


class District(Struct, frozen=True):
    """A kecamatan with its kelurahan."""

    code: str
    name: str
    areas: tuple[Area, ...]


class Places(Struct, frozen=True):
    """What can be chosen at this box. `own` is None where the box stands in no kelurahan's office."""

    own: Area | None = None
    districts: tuple[District, ...] = ()

    def district(self, code: str) -> District | None:
        return next((found for found in self.districts if found.code == code), None)

    def name_of(self, code: str) -> str:
        """The name of a kelurahan; "" for none or an unknown one."""
        areas = (area for district in self.districts for area in district.areas)
        return next((area.name for area in areas if code and area.code == code), "")


def read_places(node: str, rows: object) -> Places:
    """From what the agent said: the node's id and `areas`, each {code, name, district?}. Other rows are passed over."""
    found: dict[str, list[Area]] = {}
    names: dict[str, str] = {}
    own_code = node.removeprefix("kel-").split("-")[0] if node.startswith("kel-") else ""
    own = None
    for row in _rows(rows):
        area = Area(str(row["code"]), str(row["name"]))
        own = area if area.code == own_code else own
        prefix = area.code[:DISTRICT_DIGITS]
        if len(area.code) <= DISTRICT_DIGITS:  # a kecamatan's own row names it, and is no kelurahan
            names[prefix] = area.name
            found.setdefault(prefix, [])
            continue
        found.setdefault(prefix, []).append(area)
        if row.get("district"):
            names[prefix] = str(row["district"])
    districts = (
        District(code, names.get(code, code), tuple(sorted(areas, key=lambda area: area.name)))
        for code, areas in sorted(found.items())
        if areas
    )
    return Places(own, tuple(districts))


def _rows(rows: object) -> Iterable[Mapping[str, object]]:
    if not isinstance(rows, list):
        return
    for row in rows[:MOST_TO_CHOOSE]:
        if isinstance(row, dict) and isinstance(row.get("code"), str) and isinstance(row.get("name"), str):
            yield row

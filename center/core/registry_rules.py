"""What must hold between fields and rows of the registry, a table of small functions. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from center.core.hanging import circle
from center.core.registry_tables import TABLES, Value, Values

Broken = tuple[str, str, str]
"""What is wrong (a word of `center.sites.words`), the field, and what would be right."""
AREA_NAME: Final = "Kecamatan "
"""An area's name begins so, as the official names of the offices do; the rest is what sites have as kecamatan."""


class State:
    """The registry as it would be with the wished rows in it; `put` keeps its indexes, so that a rule costs a look."""

    def __init__(self, tables: Mapping[str, Mapping[str, Values]]) -> None:
        self.tables: dict[str, dict[str, Values]] = {name: {} for name in TABLES}
        self.parents: dict[str, str] = {}
        """Upstream -> the one it hangs on, or ""."""
        self._primary: dict[str, set[str]] = {}
        self._areas: dict[str, str] = {}
        for name in TABLES:
            for key, values in tables.get(name, {}).items():
                self.put(name, key, values)

    def put(self, table: str, key: str, values: Values) -> None:
        """As if this row stood there."""
        self.tables[table][key] = values
        if table == "links":
            primary = self._primary.setdefault(str(values["site"]), set())
            (primary.add if values["primary"] else primary.discard)(str(values["upstream"]))
        elif table == "upstreams":
            self.parents[key] = str(values["above"])
            name = str(values["name"])
            if values["kind"] == "area":
                self._areas[name] = min(key, self._areas.get(name, key))

    def primary_lines(self, site: str, but: str) -> list[str]:
        """Other primary lines of a site than `but`, itself one."""
        marked = self._primary.get(site, set()) - {but}
        return sorted(one for one in marked if self._is_line(one)) if self._is_line(but) else []

    def area_of(self, kecamatan: str) -> str:
        """The upstream that stands for a kecamatan; "" when there is none."""
        return self._areas.get(AREA_NAME + kecamatan, "") if kecamatan else ""

    def _is_line(self, upstream: str) -> bool:
        return self.tables["upstreams"].get(upstream, {}).get("kind") == "line"


def _whole_position(_key: str, values: Values, _state: State) -> Iterator[Broken]:
    if values["latitude"] is None and values["longitude"] is not None:
        yield "half_position", "latitude", ""
    if values["longitude"] is None and values["latitude"] is not None:
        yield "half_position", "longitude", ""


def _agency_is_one(key: str, values: Values, _state: State) -> Iterator[Broken]:
    agency = str(values["agency"])
    if agency and (not agency.startswith("opd-") or agency == key):
        yield "no_agency", "agency", "opd-..."


def _providers_have_lines(_key: str, values: Values, _state: State) -> Iterator[Broken]:
    if values["provider"] and values["kind"] != "line":
        yield "provider_of_no_line", "provider", "line"


def _tree(key: str, values: Values, state: State) -> Iterator[Broken]:
    above = str(values["above"])
    way = circle(key, above, state.parents) if above else ()
    if way:
        yield "circle", "above", " > ".join(way[:8])


def _one_primary(_key: str, values: Values, state: State) -> Iterator[Broken]:
    others = state.primary_lines(str(values["site"]), but=str(values["upstream"])) if values["primary"] else []
    if others:
        yield "second_primary", "primary", ", ".join(others)


Rule = Callable[[str, Mapping[str, Value], State], Iterator[Broken]]
RULES: Final[Mapping[str, tuple[Rule, ...]]] = {
    "sites": (_whole_position, _agency_is_one),
    "upstreams": (_providers_have_lines, _tree),
    "links": (_one_primary,),
}

"""From the outlines of a file to changes of the registry: boundaries, and positions of sites that have none. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from center.core.geojson import DECIMALS, Outline
from center.core.geojson_text import rings_of, rings_text, write_features
from center.core.registry_plan import MAX_PROBLEMS, Plan, Problem, Row, Snapshot, plan_rows
from center.core.registry_tables import Value, Values
from center.core.rings import middle


def plan_outlines(snapshot: Snapshot, outlines: Sequence[Outline], source: str, *, others: bool = False) -> Plan:
    """What taking these outlines would change. `source`: where they come from, for whoever looks at the map.
    `others`: the file is of more than this city; what is no site of ours is passed over, unless nothing is left."""
    sites = snapshot.tables["sites"]
    unknown = [Problem("no_such_site", one.number, "", one.site) for one in outlines if one.site not in sites]
    if unknown and (not others or len(unknown) == len(outlines)):
        return Plan(problems=tuple(unknown[:MAX_PROBLEMS]))
    outlines = [one for one in outlines if one.site in sites]
    rows = [Row({"site": one.site, "rings": rings_text(one.rings), "source": source}, one.number) for one in outlines]
    return plan_rows(snapshot, "boundaries", rows) + plan_rows(snapshot, "sites", list(_positions(sites, outlines)))


def registry_geojson(snapshot: Snapshot, states: Mapping[str, str], only: set[str] | None = None) -> str:
    """All sites (or those in `only`) as GeoJSON: the outline where there is one, else the point, else no place."""
    features = []
    for code, site in snapshot.tables["sites"].items():
        if only is None or code in only:
            boundary = snapshot.tables["boundaries"].get(code)
            rings = rings_of(str(boundary["rings"])) if boundary else ()
            x, y = site["longitude"], site["latitude"]
            point = (x, y) if isinstance(x, float) and isinstance(y, float) else None
            features.append((_properties(site, states.get(code, "")), rings, point))
    return write_features(features)


def _positions(sites: Mapping[str, Values], outlines: Iterable[Outline]) -> Iterable[Row]:
    for one in outlines:
        if sites[one.site]["latitude"] is None and sites[one.site]["longitude"] is None:
            longitude, latitude = middle(one.rings)
            values: dict[str, Value] = {
                "code": one.site, "latitude": round(latitude, DECIMALS), "longitude": round(longitude, DECIMALS),
            }  # fmt: skip
            yield Row(values, one.number)


def _properties(site: Values, state: str) -> dict[str, Value]:
    kind = str(site["code"]).partition("-")[0]
    return {
        "code": site["code"], "name": site["name"], "kind": kind, "kecamatan": site["kecamatan"],
        "verified": site["verified"], "state": state,
    }  # fmt: skip

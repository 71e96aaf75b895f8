"""Outlines of the city's areas from GeoJSON (RFC 7946), and the registry as GeoJSON. Pure; never raises on bytes.

Each feature with a site's code in one of its properties gives that site's outline: Polygon or MultiPolygon, holes
kept, rings wound as the RFC says, rounded to a decimetre and simplified for the map.
"""

import json
import math
import re
from dataclasses import dataclass
from typing import Any, Final

from center.core.registry_fields import MAX_SHOWN
from center.core.registry_plan import MAX_PROBLEMS, Problem
from center.core.rings import FEWEST, Point, Ring, signed_area, simplify, wound

MAX_BYTES: Final = 10_000_000
"""Three times the outlines of a city's 67 kelurahan at a thousand points each, with six decimals and all properties."""
MAX_FEATURES: Final = 3_000
MAX_VERTICES: Final = 200_000
"""They take some seconds to simplify; more would make the other pages wait."""
TOLERANCE_M: Final = 8.0
"""A wall of 1920 pixels shows a city of 15 km: a pixel is 8 m."""
DECIMALS: Final = 6
LEAST_AREA: Final = 1e-12
"""Square degrees: a hundredth of a square metre."""
CODE_PROPERTIES: Final = ("code", "kode", "site", "kode_kelurahan", "kode_desa", "kode_kecamatan", "kode_kel",
                          "kode_kec", "kdepum", "kdcpum")  # fmt: skip
"""Properties a code is looked for in, in this order, in any case; KDEPUM and KDCPUM are those of BIG's base map."""
_KELURAHAN, _KECAMATAN = re.compile(r"[0-9]{10}", re.ASCII), re.compile(r"[0-9]{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Outline:
    """One site's outline: outer rings counterclockwise, each followed by its holes. `number`: of its feature, 1.."""

    site: str
    rings: tuple[Ring, ...]
    number: int
    vertices: int


class _OutlineError(ValueError):
    def __init__(self, what: str, value: str = "", right: str = "") -> None:
        super().__init__(what)
        self.what, self.value, self.right = what, value, right


def read_outlines(content: bytes, code_property: str = "") -> tuple[tuple[Outline, ...], tuple[Problem, ...]]:
    """Outlines of a file, and what is wrong with it; `Problem.line` is the feature's number. Codes are not looked up.

    `code_property`: the property that holds the code; "": the first of `CODE_PROPERTIES` that is there.
    """
    try:
        features = _features(content)
    except _OutlineError as error:
        return (), (Problem(error.what, value=error.value, right=error.right),)
    outlines: list[Outline] = []
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    left = MAX_VERTICES
    for number, feature in enumerate(features, 1):
        try:
            outline = _outline(feature, number, code_property, left)
            if outline.site in lines:
                raise _OutlineError("twice", outline.site, str(lines[outline.site]))
        except _OutlineError as error:
            problems.append(Problem(error.what, number, "", error.value[:MAX_SHOWN], error.right))
            if len(problems) >= MAX_PROBLEMS or error.what == "too_many_points":
                break
            continue
        lines[outline.site] = number
        left -= outline.vertices
        outlines.append(outline)
    return tuple(outlines), tuple(problems)


def _features(content: bytes) -> list[Any]:
    if len(content) > MAX_BYTES:
        raise _OutlineError("file_too_big", right=str(MAX_BYTES // 1000))
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _OutlineError("no_json") from None
    kind = document.get("type") if isinstance(document, dict) else None
    features = document.get("features") if kind == "FeatureCollection" else [document] if kind == "Feature" else None
    if not isinstance(features, list):
        raise _OutlineError("no_features")
    if not _is_wgs84(document.get("crs")):
        raise _OutlineError("other_crs", right="EPSG:4326")
    if len(features) > MAX_FEATURES:
        raise _OutlineError("too_many_features", str(len(features)), str(MAX_FEATURES))
    if not features:
        raise _OutlineError("empty_file")
    return features


def _is_wgs84(crs: Any) -> bool:
    """A member `crs` is no longer in the standard; files of older programs still say it, and mostly what it says."""
    named = crs.get("properties") if isinstance(crs, dict) else None
    name = named.get("name") if isinstance(named, dict) else None
    return crs is None or (isinstance(name, str) and name.endswith(("CRS84", ":4326")))


def _no_constant(text: str) -> None:
    raise ValueError(text)  # NaN and Infinity are not JSON


def _outline(feature: Any, number: int, code_property: str, left: int) -> Outline:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise _OutlineError("no_feature")
    site = _site(feature.get("properties"), code_property)
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    polygons = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "Polygon":
        polygons = [polygons]
    elif kind != "MultiPolygon":
        raise _OutlineError("no_polygon", site, "Polygon, MultiPolygon")
    count = 0
    rings: list[Ring] = []
    for polygon in _list(polygons, site):
        for index, raw in enumerate(_list(polygon, site)):
            count += len(_list(raw, site))
            if count > left:
                raise _OutlineError("too_many_points", site, str(MAX_VERTICES))
            ring = _ring(raw, site, counterclockwise=index == 0)
            rings += [ring] if ring else []
            if not ring and index == 0:
                break  # a sliver below a decimetre: it and what would be its holes are nothing
    if sum(map(signed_area, rings)) < LEAST_AREA:
        raise _OutlineError("no_area", site)
    return Outline(site, tuple(rings), number, count)


def _list(value: Any, site: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise _OutlineError("bad_coordinates", site)
    return value


def _ring(raw: list[Any], site: str, *, counterclockwise: bool) -> Ring | None:
    """A closed ring, wound, rounded and simplified; None when nothing of it is left."""
    points = [_point(one, site) for one in raw]
    points = [point for i, point in enumerate(points) if not i or point != points[i - 1]]
    if points[0] != points[-1]:
        points.append(points[0])
    if len(points) < FEWEST or abs(signed_area(tuple(points))) < LEAST_AREA:
        return None
    ring = simplify(tuple(points), TOLERANCE_M)
    return wound(ring, counterclockwise=counterclockwise) if abs(signed_area(ring)) >= LEAST_AREA else None


def _point(value: Any, site: str) -> Point:
    if not isinstance(value, list) or not 2 <= len(value) <= 4:
        raise _OutlineError("bad_coordinates", site)
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in value[:2]):
        raise _OutlineError("bad_coordinates", site)
    try:
        x, y = float(value[0]), float(value[1])
    except OverflowError:
        raise _OutlineError("no_degrees", site, "EPSG:4326") from None
    if not (math.isfinite(x) and math.isfinite(y)) or abs(x) > 180 or abs(y) > 90:
        what = "swapped" if abs(x) <= 90 < abs(y) <= 180 else "no_degrees"
        raise _OutlineError(what, site, "106.15, -6.12" if what == "swapped" else "EPSG:4326")
    return (round(x, DECIMALS) + 0.0, round(y, DECIMALS) + 0.0)


def _site(properties: Any, code_property: str) -> str:
    """The site's code a feature names: as it is, or an official region code with or without its full stops."""
    found = {str(name).lower(): value for name, value in properties.items()} if isinstance(properties, dict) else {}
    wanted = (code_property.lower(),) if code_property else CODE_PROPERTIES
    said = (found[name] for name in wanted if isinstance(found.get(name), str | int))
    code = next((text for text in (str(value).strip()[:200] for value in said) if text), "")
    if not code:
        raise _OutlineError("no_code_property", right=code_property or ", ".join(CODE_PROPERTIES[:3]))
    code = code.encode("utf-8", "replace").decode()  # JSON may hold half a character, no page can
    digits = code.replace(".", "")
    if _KELURAHAN.fullmatch(digits):
        return f"kel-{digits}"
    if _KECAMATAN.fullmatch(digits):
        return f"kec-{digits}"
    if len(code) > MAX_SHOWN:
        raise _OutlineError("no_code_property", code, code_property)
    return code

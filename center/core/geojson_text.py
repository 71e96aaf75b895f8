"""Outlines as the database stores them, and as GeoJSON for others. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from center.core.rings import Point, Ring, signed_area


def rings_text(rings: Iterable[Ring]) -> str:
    """As `Boundary.rings` stores them."""
    return json.dumps([[list(point) for point in ring] for ring in rings], separators=(",", ":"))


def rings_of(stored: str) -> tuple[Ring, ...]:
    """The rings of a stored boundary."""
    return tuple(tuple((float(x), float(y)) for x, y in ring) for ring in json.loads(stored))


def write_features(features: Iterable[tuple[Mapping[str, Any], tuple[Ring, ...], Point | None]]) -> str:
    """A FeatureCollection of (properties, rings, point): the outline where there is one, else the point, else null."""
    made = [
        {"type": "Feature", "properties": dict(properties), "geometry": _geometry(rings, point)}
        for properties, rings, point in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": made}, ensure_ascii=False, separators=(",", ":"))


def _geometry(rings: tuple[Ring, ...], point: Point | None) -> dict[str, Any] | None:
    if not rings:
        return {"type": "Point", "coordinates": list(point)} if point else None
    polygons: list[list[Ring]] = []
    for ring in rings:  # an outer ring begins a polygon, a hole belongs to the one before it
        if signed_area(ring) > 0 or not polygons:
            polygons.append([])
        polygons[-1].append(ring)
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}

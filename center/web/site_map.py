"""The sites as a plain map: outlines where the city gave them, marks where they stand; no basemap, north up."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from center.core.geojson_text import rings_of
from center.core.rings import Point

WIDTH: Final = 1000.0
MARGIN: Final = 24.0
SIZE: Final = 9.0
_SHAPES: Final = {
    "up": ((-0.6, -0.6), (0.6, -0.6), (0.6, 0.6), (-0.6, 0.6)),
    "degraded": ((0, -1.2), (1.2, 1), (-1.2, 1)),
    "down": ((-0.5, -1.3), (0, -0.6), (0.5, -1.3), (1.3, -0.5), (0.6, 0), (1.3, 0.5), (0.5, 1.3), (0, 0.6), (-0.5, 1.3),
             (-1.3, 0.5), (-0.6, 0), (-1.3, -0.5)),
    "unknown": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "maintenance": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)),
    "absent": ((-0.4, 0), (0, -0.4), (0.4, 0), (0, 0.4)),
}  # fmt: skip
"""A mark for each fill, for those who do not tell colours: square, triangle, cross, hollow square, diamond, dot."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One site to draw: what it is called, its fill, where it stands, and its outline as stored ("" none)."""

    code: str
    name: str
    fill: str
    position: Point | None
    rings: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A site's paths in the drawing; "" where there is none."""

    spot: Spot
    outline: str
    mark: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything, and how large the drawing is."""

    width: int
    height: int
    drawn: tuple[Drawn, ...]


def draw(spots: Iterable[Spot]) -> Drawing | None:
    """The map of these sites; None when none of them has a place. Worse ones are drawn over better ones."""
    placed = [(spot, rings_of(spot.rings) if spot.rings else ()) for spot in spots if spot.position or spot.rings]
    points = [point for _, rings in placed for ring in rings for point in ring]
    points += [spot.position for spot, _ in placed if spot.position]
    if not points:
        return None
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    stretch = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * MARGIN) / max((east - west) * stretch, north - south, 0.002)

    def place(point: Point) -> Point:
        return (MARGIN + (point[0] - west) * stretch * scale, MARGIN + (north - point[1]) * scale)

    order = {fill: number for number, fill in enumerate(("absent", "up", "maintenance", "unknown", "degraded", "down"))}
    placed.sort(key=lambda one: (order[one[0].fill], one[0].code))
    drawn = tuple(
        Drawn(
            spot,
            " ".join(_path([place(point) for point in ring[:-1]]) for ring in rings),
            _mark(place(spot.position), spot.fill) if spot.position else "",
        )
        for spot, rings in placed
    )
    width, height = place((east, south))
    return Drawing(math.ceil(width + MARGIN), math.ceil(height + MARGIN), drawn)


def _mark(at: Point, fill: str) -> str:
    return _path([(at[0] + x * SIZE, at[1] + y * SIZE) for x, y in _SHAPES[fill]])


def _path(points: list[Point]) -> str:
    return "M" + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + "Z"

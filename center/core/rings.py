"""Rings of points: area, direction, centroid, inside or not, and fewer points. Pure; degrees of WGS 84.

A ring is a list of [longitude, latitude], its first point again as its last. Lengths are taken on a plane, longitudes
shortened by the cosine of the latitude: within a city that is off by far less than the tolerance.
"""

import heapq
import math
from itertools import pairwise
from typing import Final

Point = tuple[float, float]
Ring = tuple[Point, ...]
METRES_PER_DEGREE: Final = 111_320.0
"""Of latitude, WGS 84, mean."""
FEWEST: Final = 4
"""Points of a closed ring: a triangle (RFC 7946, 3.1.6)."""


def signed_area(ring: Ring) -> float:
    """In square degrees; positive when the ring runs counterclockwise. Summed from its first point, so that small
    rings far from the origin keep their digits."""
    x0, y0 = ring[0]
    return (
        sum((ring[i][0] - x0) * (ring[i + 1][1] - y0) - (ring[i + 1][0] - x0) * (ring[i][1] - y0)
            for i in range(len(ring) - 1)) / 2
    )  # fmt: skip


def wound(ring: Ring, *, counterclockwise: bool) -> Ring:
    """The ring in the wished direction; RFC 7946: outer rings counterclockwise, holes clockwise."""
    return ring if (signed_area(ring) > 0) == counterclockwise else ring[::-1]


def area_m2(rings: tuple[Ring, ...]) -> float:
    """Area within rings wound as above: holes count against it."""
    degrees = sum(signed_area(ring) for ring in rings)
    latitude = sum(ring[0][1] for ring in rings) / len(rings)
    return degrees * METRES_PER_DEGREE**2 * math.cos(math.radians(latitude))


def contains(rings: tuple[Ring, ...], point: Point) -> bool:
    """Whether the point lies inside (even-odd: a hole is outside)."""
    x, y = point
    inside = False
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
                inside = not inside
    return inside


def middle(rings: tuple[Ring, ...]) -> Point:
    """A point inside to stand for the area: its centroid, or where that lies outside (a crescent, a hole), the middle
    of the widest stretch at the centroid's latitude, or at one near it."""
    x0, y0 = rings[0][0]
    total, sum_x, sum_y = 0.0, 0.0, 0.0
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            cross = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
            total += cross
            sum_x += (x1 + x2 - 2 * x0) * cross
            sum_y += (y1 + y2 - 2 * y0) * cross
    if total <= 0:
        raise ValueError("rings without an area")
    centroid = (x0 + sum_x / (3 * total), y0 + sum_y / (3 * total))
    if contains(rings, centroid):
        return centroid
    ys = sorted({y for ring in rings for _, y in ring})
    heights = [(low + high) / 2 for low, high in pairwise(ys)]
    height = min(heights, key=lambda y: abs(y - centroid[1]))
    crossings = sorted(
        x1 + (height - y1) * (x2 - x1) / (y2 - y1)
        for ring in rings
        for (x1, y1), (x2, y2) in pairwise(ring)
        if (y1 > height) != (y2 > height)
    )
    left, right = max(zip(crossings[::2], crossings[1::2], strict=False), key=lambda pair: pair[1] - pair[0])
    return ((left + right) / 2, height)


def simplify(ring: Ring, tolerance_m: float) -> Ring:
    """The ring with fewer points (Visvalingam): again and again the point that spans the smallest triangle with its
    neighbours goes, until the smallest is larger than a square of `tolerance_m`; never fewer than a triangle.

    The choice of points looks at the line alone and not at where the ring begins, so that neighbours who share a
    border lose nearly the same points of it.
    """
    points = list(ring[:-1])
    stretch = math.cos(math.radians(points[0][1]))
    limit = (tolerance_m / METRES_PER_DEGREE) ** 2
    count = len(points)
    before, after = [(i - 1) % count for i in range(count)], [(i + 1) % count for i in range(count)]
    version, alive = [0] * count, [True] * count

    def spanned(i: int) -> float:
        (ax, ay), (bx, by), (cx, cy) = points[before[i]], points[i], points[after[i]]
        return abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) * stretch / 2

    heap = [(spanned(i), points[i], i, 0) for i in range(count)]
    heapq.heapify(heap)
    left = count
    while heap and left > FEWEST - 1:
        area, _point, i, made = heapq.heappop(heap)
        if not alive[i] or made != version[i]:
            continue
        if area > limit:
            break
        alive[i], left = False, left - 1
        after[before[i]], before[after[i]] = after[i], before[i]
        for near in (before[i], after[i]):
            version[near] += 1
            heapq.heappush(heap, (spanned(near), points[near], near, version[near]))
    kept = [point for i, point in enumerate(points) if alive[i]]
    return (*kept, kept[0])

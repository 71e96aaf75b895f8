"""Outlines from GeoJSON: holes, winding, fewer points, a point inside; and every bad file named."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.geojson import read_outlines
from center.core.geojson_text import rings_of, rings_text, write_features
from center.core.rings import FEWEST, Ring, area_m2, contains, middle, signed_area, simplify, wound
from center.sites.words import PROBLEMS

CODE = "kel-3673011001"


def square(x: float, y: float, size: float) -> list[list[float]]:
    return [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]


def collection(*geometries: dict[str, Any], **properties: Any) -> bytes:
    features = [{"type": "Feature", "properties": properties or {"code": CODE}, "geometry": one} for one in geometries]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_outer_rings_run_counterclockwise_and_holes_clockwise_however_the_file_has_them() -> None:
    outer, hole = square(106.1, -6.2, 0.02), square(106.105, -6.195, 0.005)
    for one in (outer, outer[::-1]):
        for two in (hole, hole[::-1]):
            (outline,), problems = read_outlines(collection(polygon(one, two)))
            assert not problems
            assert [signed_area(ring) > 0 for ring in outline.rings] == [True, False]
            assert area_m2(outline.rings) == pytest.approx((2214**2 - 553**2), rel=0.02)
            assert not contains(outline.rings, (106.107, -6.193))
            assert contains(outline.rings, middle(outline.rings))


def test_several_polygons_with_holes_come_back_from_an_export_as_they_were() -> None:
    parts = [
        [square(106.1, -6.2, 0.02), square(106.105, -6.195, 0.005)],
        [square(106.2, -6.2, 0.01)],
    ]
    (outline,), problems = read_outlines(collection({"type": "MultiPolygon", "coordinates": parts}))
    assert not problems and len(outline.rings) == 3
    assert rings_of(rings_text(outline.rings)) == outline.rings
    exported = write_features([({"code": CODE}, outline.rings, None)])
    assert json.loads(exported)["features"][0]["geometry"]["type"] == "MultiPolygon"
    (again,), _ = read_outlines(exported.encode())
    assert again.rings == outline.rings


@pytest.mark.parametrize(
    ("code", "site"),
    [("36.73.01.1001", CODE), ("3673011001", CODE), (3673011001, CODE), ("36.73.01", "kec-367301"), ("opd-x", "opd-x")],
)
def test_official_region_codes_are_understood(code: object, site: str) -> None:
    (outline,), problems = read_outlines(collection(polygon(square(106, -6, 0.1)), KDEPUM=code))
    assert not problems and outline.site == site


def test_the_property_that_holds_the_code_can_be_named() -> None:
    (outline,), _ = read_outlines(
        collection(polygon(square(106, -6, 0.1)), code="other", wilayah="36.73.01"), "Wilayah"
    )
    assert outline.site == "kec-367301"


def test_half_a_character_as_a_code_can_be_shown() -> None:
    (outline,), _ = read_outlines(collection(polygon(square(106, -6, 0.1)), code="opd-\ud800"))
    assert outline.site == "opd-?"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "no_json"),
        (b"[" * 200_000, "no_json"),
        (b"9" * 10_000, "no_json"),
        (b"\xff", "no_json"),
        (b"{}", "no_features"),
        (b'{"type":"FeatureCollection","features":[]}', "empty_file"),
        (b'{"type":"FeatureCollection","features":[1]}', "no_feature"),
        (collection(polygon(square(106, -6, 0.1)), other="x"), "no_code_property"),
        (collection({"type": "Point", "coordinates": [106, -6]}), "no_polygon"),
        (collection(polygon([[106, -6], [106.1, -6]])), "no_area"),
        (collection(polygon([])), "bad_coordinates"),
        (collection(polygon([["106", "-6"]])), "bad_coordinates"),
        (collection(polygon([[[-6.1, 106.1]][0], [-6.2, 106.1], [-6.2, 106.2]])), "swapped"),
        (collection(polygon([[631234.0, 9321234.0], [631235.0, 9321234.0], [631235.0, 9321235.0]])), "no_degrees"),
        (collection(polygon(square(106, -6, 0.1)), polygon(square(106, -6, 0.1))), "twice"),
        (collection(polygon(square(106, -6, 0.1), square(106, -6, 0.1))), "no_area"),
        (
            b'{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"EPSG:32748"}},"features":[1]}',
            "other_crs",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_named(content: bytes, what: str) -> None:
    _outlines, problems = read_outlines(content)
    assert [problem.what for problem in problems] == [what]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.integers()
    | st.sampled_from(["Feature", "Polygon", CODE]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "features", "properties", "geometry", "coordinates", "code", "crs"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
shapes = st.fixed_dictionaries({
    "type": st.just("FeatureCollection"),
    "features": st.lists(
        st.fixed_dictionaries({
            "type": st.just("Feature"),
            "properties": st.just({"code": CODE}) | json_values,
            "geometry": st.fixed_dictionaries({
                "type": st.sampled_from(["Polygon", "MultiPolygon"]), "coordinates": json_values,
            }),
        }),
        max_size=3,
    ),
})  # fmt: skip


@given(st.binary(max_size=100) | (json_values | shapes).map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_outlines_or_named_problems(content: bytes) -> None:
    outlines, problems = read_outlines(content)
    assert outlines or problems
    assert all(problem.what in PROBLEMS for problem in problems)
    assert all(area_m2(outline.rings) > 0 for outline in outlines)


points = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda p: (106 + p[0] / 2000, -6 - p[1] / 2000))
rings = st.lists(points, min_size=3, max_size=40, unique=True).map(lambda found: (*found, found[0]))


@given(rings, st.floats(0, 200))
def test_a_simplified_ring_is_closed_holds_only_points_of_the_ring_and_never_vanishes(
    ring: Ring, tolerance: float
) -> None:
    fewer = simplify(ring, tolerance)
    assert fewer[0] == fewer[-1] and len(fewer) >= FEWEST
    assert set(fewer) <= set(ring)
    assert len(set(fewer[:-1])) == len(fewer) - 1


@given(rings)
def test_where_a_ring_begins_does_not_matter_to_what_is_left_of_it(ring: Ring) -> None:
    turned = (*ring[2:-1], *ring[:2], ring[2])
    assert set(simplify(turned, 30)) == set(simplify(ring, 30))


def test_points_on_a_straight_line_go_and_corners_stay() -> None:
    ring = ((106.0, -6.0), (106.05, -6.0), (106.1, -6.0), (106.1, -6.1), (106.0, -6.1), (106.0, -6.0))
    assert simplify(wound(ring, counterclockwise=True), 8) in {
        (*turn, turn[0])
        for corners in [[(106.0, -6.0), (106.0, -6.1), (106.1, -6.1), (106.1, -6.0)]]
        for turn in [corners[i:] + corners[:i] for i in range(4)]
    }


def test_the_middle_of_a_crescent_lies_in_the_crescent() -> None:
    horns = ((0.0, 0.0), (4.0, 0.0), (4.0, 1.0), (1.0, 1.0), (1.0, 3.0), (4.0, 3.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0))
    assert contains((horns,), middle((horns,)))

"""From a point to its kelurahan: by outlines where the city has them, else by the nearest centre, else nowhere."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def test_the_centre_of_each_kelurahan_lies_in_it(city: Path) -> None:
    from center.open311.places import area_at
    from center.sites.models import Site

    kelurahan = list(Site.objects.filter(kind="kel"))
    assert len(kelurahan) == 67
    for site in kelurahan[::7]:
        assert site.latitude is not None and site.longitude is not None
        assert area_at(site.latitude, site.longitude) == site.code


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lat=st.floats(-90, 90), long=st.floats(-180, 180))
def test_any_point_is_in_a_kelurahan_or_nowhere(city: Path, lat: float, long: float) -> None:
    from center.open311.places import area_at
    from center.sites.models import Site

    found = area_at(lat, long)
    assert found == "" or Site.objects.get(pk=found).kind == "kel"
    if not (-6.4 < lat < -5.9 and 105.9 < long < 106.4):
        assert found == ""


def test_an_outline_goes_before_a_centre_and_its_hole_is_outside(city: Path) -> None:
    from center.open311.places import area_at
    from center.sites.models import Boundary, Site

    other = Site.objects.get(pk="kel-3673011002")
    assert other.latitude is not None and other.longitude is not None
    y, x = other.latitude, other.longitude
    outer = [
        [x - 0.01, y - 0.01],
        [x + 0.01, y - 0.01],
        [x + 0.01, y + 0.01],
        [x - 0.01, y + 0.01],
        [x - 0.01, y - 0.01],
    ]
    hole = [[x - 0.001, y - 0.001], [x - 0.001, y + 0.001], [x + 0.001, y + 0.001], [x + 0.001, y - 0.001],
            [x - 0.001, y - 0.001]]  # fmt: skip
    Boundary.objects.create(site_id="kel-3673011001", rings=json.dumps([outer, hole]), source="test", at_ms=1)
    assert area_at(y + 0.005, x) == "kel-3673011001"
    assert area_at(y, x) == "kel-3673011002"


def test_where_outlines_overlap_the_first_by_code_counts(city: Path) -> None:
    from center.open311.places import area_at
    from center.sites.models import Boundary

    ring = [[106.0, -6.2], [106.3, -6.2], [106.3, -6.0], [106.0, -6.0], [106.0, -6.2]]
    for code in ("kel-3673011003", "kel-3673011001", "kel-3673011002"):
        Boundary.objects.create(site_id=code, rings=json.dumps([ring]), source="test", at_ms=1)
    assert area_at(-6.19, 106.01) == "kel-3673011001"


@pytest.mark.parametrize("text", ["3673011001", "36.73.01.1001", "kel-3673011001"])
def test_official_codes_are_read_with_and_without_their_full_stops(text: str, city: Path) -> None:
    from center.open311.places import area_of

    assert area_of(text) == "kel-3673011001"


@pytest.mark.parametrize("text", ["", "367301", "opd-dinkes", "3673019999", "kel-36730110011", "٣٦٧٣٠١١٠٠١"])
def test_codes_of_no_kelurahan_are_nowhere(text: str, city: Path) -> None:
    from center.open311.places import area_of

    assert area_of(text) == ""


def test_a_city_without_positions_knows_no_place_for_a_point(city: Path) -> None:
    from center.open311.places import area_at, areas
    from center.sites.models import Site

    Site.objects.update(latitude=None, longitude=None)
    assert area_at(-6.1, 106.1) == ""
    area = areas({"kel-3673011001", "opd-dinkes", ""})["kel-3673011001"]
    assert (area.lat, area.long, area.address_id) == (None, None, "3673011001")

"""From where something is to the kelurahan it is in, and from a kelurahan to what may be told of it.

Coarse on purpose: which kelurahan stands in the clear, the spot itself is sealed with the text.
"""

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from center.core.geojson_text import rings_of
from center.core.rings import METRES_PER_DEGREE, contains
from center.sites.models import Boundary, Kind, Site

NEAR_M: Final = 4_000.0
"""A point outside of every outline belongs to the nearest centre within this. The 67 kelurahan share 266 km2: three
times the radius of one that is round."""
ROUNDED: Final = 3
"""Decimals of a degree that are told: 110 m, of a centre and never of a report."""
_CODE: Final = re.compile(r"(?:kel-)?([0-9]{10})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Area:
    """A kelurahan as told: `address_id` its official code, the position that of its centre."""

    address: str | None = None
    address_id: str | None = None
    zipcode: str | None = None
    lat: float | None = None
    long: float | None = None


NOWHERE: Final = Area()
"""Of what is about no kelurahan that is known."""


def area_at(lat: float, long: float) -> str:
    """The site's code of the kelurahan this point lies in; "" when it is outside of the city.

    By the outlines the city has supplied (where two overlap, the first by code); where there are none, by the nearest
    centre.
    """
    outlines = Boundary.objects.filter(site__kind=Kind.KELURAHAN).order_by("site_id")
    for code, rings in outlines.values_list("site_id", "rings"):
        if contains(rings_of(rings), (long, lat)):
            return str(code)
    centres = Site.objects.filter(kind=Kind.KELURAHAN).values_list("code", "latitude", "longitude")
    near = min(
        ((_metres(lat, long, y, x), code) for code, y, x in centres if y is not None and x is not None),
        default=(math.inf, ""),
    )
    return near[1] if near[0] <= NEAR_M else ""


def area_of(address_id: str) -> str:
    """The site's code of the kelurahan with this official code, with or without its full stops; "" when unknown."""
    found = _CODE.fullmatch(address_id.replace(".", ""))
    code = f"kel-{found[1]}" if found else ""
    return code if code and Site.objects.filter(code=code).exists() else ""


def areas(codes: Collection[str]) -> dict[str, Area]:
    """What may be told of these kelurahan, by the site's code; sites of other kinds are left out."""
    sites = Site.objects.filter(code__in=codes, kind=Kind.KELURAHAN)
    return {site.code: _area(site) for site in sites}


def _area(site: Site) -> Area:
    parts = (site.name, f"Kec. {site.kecamatan}" if site.kecamatan else "", "Kota Serang", site.postal_code)
    lat, long = (None if value is None else round(value, ROUNDED) for value in (site.latitude, site.longitude))
    address = ", ".join(part for part in parts if part)
    return Area(address, site.code.removeprefix("kel-"), site.postal_code or None, lat, long)


def _metres(lat: float, long: float, of_lat: float, of_long: float) -> float:
    """On a plane, as everywhere within a city."""
    x = (long - of_long) * math.cos(math.radians(of_lat))
    return math.hypot(x, lat - of_lat) * METRES_PER_DEGREE

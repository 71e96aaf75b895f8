"""Small registries as plain rows, and strategies for rows that may stand in them."""

from typing import Any

from hypothesis import strategies as st

from center.core.registry_plan import Row, Snapshot, plan_rows
from center.core.registry_tables import TABLES, Value, Values

EMPTY = Snapshot({name: {} for name in TABLES})
# What people type, and what is meant to hurt: formulas, quotation marks, separators, letters of other scripts.
words = st.text(st.sampled_from("abcXYZ 0159'\"=+-@;,\uff1déл中.|/<&%"), max_size=30).map(
    lambda text: " ".join(text.split())
)
site_codes = st.sampled_from(
    ["kel-3673011001", "kel-3673011002", "kec-367301", "opd-diskominfo", "opd-x", "cctv-alun-alun", "cctv-pasar-2"]
)
upstream_codes = st.sampled_from(["ring-1", "ring-2", "pln-3", "area-367301", "core"])
degrees = st.floats(-90, 90).map(lambda value: round(value, 7) + 0.0)
hours = st.sampled_from(["", "Mon-Fri 07:30-16:00", "Mon-Fri 07:30-16:00; Sat 08:00-12:00"])


def snapshot(**tables: list[Values]) -> Snapshot:
    """A registry of these rows; fields that are not named have their defaults."""
    made = EMPTY
    for name, rows in tables.items():
        plan = plan_rows(made, name, [Row(row) for row in rows])
        assert not plan.problems, plan.problems
        made = made.after(plan.changes)
    return made


@st.composite
def site_rows(draw: st.DrawFn) -> dict[str, Value]:
    """One site as the registry may hold it."""
    placed = draw(st.booleans())
    return {
        "code": draw(site_codes),
        "name": draw(words.filter(bool)),
        "short_name": draw(words),
        "kecamatan": draw(words),
        "latitude": draw(degrees) if placed else None,
        "longitude": draw(degrees) if placed else None,
        "postal_code": draw(st.sampled_from(["", "42116", "00001"])),
        "address": draw(words),
        "office_hours": draw(hours),
        "agency": "",
        "verified": draw(st.booleans()),
        "note": draw(words),
    }


@st.composite
def provider_rows(draw: st.DrawFn) -> dict[str, Value]:
    """One provider as the registry may hold it."""
    return {
        "code": draw(st.sampled_from(["isp-a", "isp-b", "1", "telkom"])),
        "name": draw(words.filter(bool)),
        "phone": draw(st.sampled_from(["", "+62 254 200123", "147"])),
        "email": draw(st.sampled_from(["", "noc@isp.co.id"])),
        "contract_hours": draw(hours),
        "promised_pct": draw(st.floats(0, 100).map(lambda value: round(value, 7) + 0.0)),
        "credits": draw(st.sampled_from(["[]", "[[99.5, 5.0], [98.0, 10.0]]", "[[90.0, 0.25]]"])),
        "holidays_count": draw(st.booleans()),
    }


def one_of_each_key(table: str, rows: list[Any]) -> list[Any]:
    """The rows, the last of each key."""
    return list({TABLES[table].key_of(row): row for row in rows}.values())

"""The node's page says who works at the box, until when, and who worked there before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import wall_city
from tests.support.arrivals import RECEIVED

HOUR_MS = 3_600_000


def test_the_page_says_who_works_there_until_when_and_keeps_the_word(
    city: Path, client_as: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from center.operations.models import Maintenance
    from center.web import maintenance as page

    wall_city.add_node("kel-3673011001", "MAINT")
    values = {
        "node": "kel-3673011001", "epoch": "epoch-1", "boot": "boot-1", "mono_ms": 60_000, "wall_ms": RECEIVED,
        "at_quality": "ntp", "received_ms": RECEIVED, "by": "budi", "ticket": "T-17", "note": "ganti <router>",
    }  # fmt: skip
    Maintenance.objects.create(seq=1, at_ms=RECEIVED, active=True, lasts_ms=2 * HOUR_MS, **values)
    monkeypatch.setattr(page, "now_ms", lambda: RECEIVED + 1_000)
    html = client_as("operator").get("/nodes/kel-3673011001/").content.decode()
    assert "Teknisi sedang bekerja di kotak ini" in html
    assert "T-17" in html and "ganti &lt;router&gt;" in html
    others = client_as("viewer").get("/nodes/kel-3673011001/").content.decode()
    assert "Teknisi sedang bekerja di kotak ini" in others
    assert not any(word in others for word in ("budi", "T-17", "ganti &lt;router"))  # whose name it is, is no viewer's
    monkeypatch.setattr(page, "now_ms", lambda: RECEIVED + 3 * HOUR_MS)
    later = client_as("technician").get("/nodes/kel-3673011001/?lang=en").content.decode()
    assert "A technician works at this box" not in later
    assert "Work at the box" in later and "budi" in later
    from center.accounts.models import Act

    looks = Act.objects.filter(what="stays", subject="kel-3673011001").values_list("who", flat=True)
    assert sorted(looks) == ["operator", "technician"]

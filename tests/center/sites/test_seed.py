"""The first list of sites: whole, honest about what is not known, and never over somebody's edit."""

from pathlib import Path

import pytest

from wire.topics import is_node_id


@pytest.fixture
def seeded(center_data: Path) -> Path:
    from center.sites.seed_data import seed

    assert seed() == 100
    return center_data


def test_there_are_67_kelurahan_and_33_agencies_of_which_six_are_kecamatan(seeded: Path) -> None:
    from center.sites.models import Kind, Site

    counts = {kind: Site.objects.filter(kind=kind).count() for kind in Kind.values}
    assert counts == {"kel": 67, "kec": 6, "opd": 27, "cctv": 0}


def test_every_code_is_an_identity_the_authority_may_sign(seeded: Path) -> None:
    from center.sites.models import Site

    codes = list(Site.objects.values_list("code", "kind"))
    assert all(is_node_id(code) and code.startswith(f"{kind}-") for code, kind in codes)


def test_two_kelurahan_share_a_name_and_stay_two(seeded: Path) -> None:
    from center.sites.models import Site

    both = Site.objects.filter(name="Sukawana").values_list("code", "kecamatan")
    assert set(both) == {("kel-3673011008", "Serang"), ("kel-3673041007", "Curug")}


def test_kelurahan_lie_in_the_city_and_agencies_have_no_position(seeded: Path) -> None:
    from center.sites.models import Site

    for site in Site.objects.all():
        if site.kind == "kel":
            assert site.latitude is not None and -6.25 < site.latitude < -6.0
            assert site.longitude is not None and 106.05 < site.longitude < 106.3
            assert site.postal_code.startswith("421")
        else:
            assert site.latitude is site.longitude is None


def test_the_six_agencies_nobody_confirmed_say_so(seeded: Path) -> None:
    from center.sites.models import Site

    unverified = Site.objects.filter(verified=False)
    assert set(unverified.values_list("code", flat=True)) == {
        "opd-dpupr",
        "opd-dp3akb",
        "opd-dkpp",
        "opd-bapenda",
        "opd-kesbangpol",
        "opd-rsud",
    }
    assert all(site.note for site in unverified)


def test_filling_in_again_adds_only_what_is_missing_and_keeps_edits(seeded: Path) -> None:
    from center.sites.models import Site
    from center.sites.seed_data import seed

    Site.objects.filter(pk="opd-rsud").update(name="RSUD Drajat", verified=True, note="")
    Site.objects.filter(pk="opd-setda").delete()
    Site.objects.create(code="cctv-alun-alun", name="Alun-alun", kind="cctv")
    assert seed() == 1
    assert Site.objects.get(pk="opd-rsud").name == "RSUD Drajat"
    assert Site.objects.count() == 101
    assert seed() == 0


def test_half_a_position_is_refused(center_data: Path) -> None:
    from django.db import IntegrityError

    from center.sites.models import Site

    with pytest.raises(IntegrityError):
        Site.objects.create(code="cctv-x", name="X", kind="cctv", latitude=-6.1)

"""`sandi-center sites` with files: shown first, done with --yes, refused line by line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from center.cli import main

SITE = "opd-dinkes"
Typed = Callable[..., str]


@pytest.fixture
def typed(center_data: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    from center.sites.seed_data import seed

    seed()

    def run(*words: str | Path, code: int = 0) -> str:
        assert main(["--lang", "en", "sites", "--data", str(center_data), *map(str, words)]) == code
        said = capsys.readouterr()
        return said.err if code else said.out

    return run


def test_a_table_goes_out_is_edited_and_comes_back(typed: Typed, tmp_path: Path) -> None:
    from center.sites.models import RegistryChange, Site

    file = tmp_path / "sites.csv"
    assert "100 rows" in typed("export", "--out", file)
    assert "100 rows are so already" in typed("import", "sites", file)
    text = file.read_text(encoding="utf-8-sig")
    file.write_text(text.replace(f"{SITE},Dinas Kesehatan,", f"{SITE},Dinkes Kota,"), encoding="utf-8")
    shown = typed("import", "sites", file)
    assert "Dinas Kesehatan -> Dinkes Kota" in shown and "1 changed. Nothing was done" in shown
    assert Site.objects.get(pk=SITE).name == "Dinas Kesehatan"
    assert "Done: 0 new, 1 changed" in typed("import", "sites", file, "--yes")
    assert Site.objects.get(pk=SITE).name == "Dinkes Kota"
    change = RegistryChange.objects.latest("id")
    assert change.by.startswith("cli:") and change.how == "csv"
    assert "Dinkes Kota" in typed("history", SITE) and SITE not in typed("history", "kec-367301")


def test_mistakes_end_the_command_with_one_sentence_after_all_the_others(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_text("code,name,latitude\nopd-a,A,99\nopd b,B,\n", encoding="utf-8")
    lines = typed("import", "sites", file, "--yes", code=2).splitlines()
    assert len(lines) == 2
    assert "line 3, code, “opd b”" in lines[0] and "line 2, latitude, “99”" in lines[1]
    assert lines[1].startswith("sandi-center: ")
    assert "cannot be read" in typed("import", "sites", tmp_path / "none.csv", code=2)
    assert "cannot be written" in typed("export", "--out", tmp_path / "no" / "x.csv", code=2)


def test_outlines_come_from_geojson_and_go_out_with_the_sites(typed: Typed, tmp_path: Path) -> None:
    from center.sites.models import Boundary

    ring = [[106.15, -6.13], [106.16, -6.13], [106.16, -6.12], [106.15, -6.12], [106.15, -6.13]]
    feature = {
        "type": "Feature",
        "properties": {"w": "36.73.01"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file = tmp_path / "outlines.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    assert "No site code" in typed("geojson", file, code=2)
    assert "Done: 1 new, 1 changed" in typed("geojson", file, "--property", "w", "--yes")
    assert Boundary.objects.count() == 1
    features = json.loads(typed("export", "geojson"))["features"]
    kinds = {one["properties"]["code"]: (one["geometry"] or {}).get("type") for one in features}
    assert len(features) == 100 and kinds["kec-367301"] == "Polygon" and kinds["kel-3673011001"] == "Point"
    assert kinds[SITE] is None


def test_an_export_of_contacts_is_in_the_audit_log(typed: Typed) -> None:
    from center.accounts.models import Act

    assert typed("export", "people").startswith("site,order,name")
    assert [(act.what, act.subject) for act in Act.objects.all()] == [("export_person", "people")]

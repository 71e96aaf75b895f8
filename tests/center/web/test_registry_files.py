"""Files of the registry over the pages: previewed, confirmed exactly, refused row by row."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from center.core import days as calendar
from tests.support import wall_city
from tests.support.torture import often

SITE = "opd-dinkes"
Sign = Callable[[str], Any]


@pytest.fixture(scope="module")
def town(shared_data: Path) -> Iterator[Path]:
    wall_city.add_people()
    wall_city.add_sites()
    yield shared_data


@pytest.fixture(autouse=True)
def no_previews_yet(town: Path) -> None:
    """Whatever test of this file came before: the workers that share them out keep no order."""
    from center.sites.models import Upload

    Upload.objects.all().delete()


@pytest.fixture
def sign(town: Path) -> Sign:
    from django.test import Client

    from center.accounts.models import User

    def as_role(role: str) -> Any:
        client = Client(headers={"host": "localhost"})
        client.force_login(User.objects.get(username=role), backend="django.contrib.auth.backends.ModelBackend")
        client.get("/sites/?lang=en")
        return client

    return as_role


def upload(client: Any, table: str, content: bytes, **fields: str) -> Any:
    file = BytesIO(content)
    file.name = "file.csv"
    return client.post("/registry/import", {"table": table, "file": file, **fields})


def digest_of(page: str) -> str:
    return page.partition('name="digest" value="')[2].partition('"')[0]


def test_a_file_is_shown_first_and_then_done_exactly(sign: Sign) -> None:
    from center.sites.models import RegistryChange, Site, Upload

    client = sign("technician")
    answer = upload(client, "sites", f"code;address\n{SITE};Jl. Raya 5\ncctv-x;\n".encode())
    assert answer.status_code == 422 and "This must not be empty" in answer.content.decode()
    answer = upload(client, "sites", f"code;name;address\n{SITE};Disnaker;Jl. Raya 5\ncctv-x;Kamera;\n".encode())
    where = answer.headers["Location"]
    page = client.get(where).content.decode()
    assert "Jl. Raya 5" in page and "cctv-x" in page and Site.objects.get(pk=SITE).address == ""
    assert sign("admin").get(where).status_code == 404, "a preview is its maker's"
    done = client.post(where, {"digest": digest_of(page)})
    assert done.status_code == 302
    assert Site.objects.get(pk=SITE).address == "Jl. Raya 5" and Site.objects.get(pk="cctv-x").kind == "cctv"
    assert RegistryChange.objects.latest("id").how == "csv"
    assert not Upload.objects.exists() and client.get(where).status_code == 404


def test_a_preview_that_is_no_longer_true_does_nothing_and_shows_itself_anew(sign: Sign) -> None:
    from center.sites.models import Site
    from center.sites.registry import By, put

    client = sign("technician")
    where = upload(client, "sites", b"code,note\nopd-dinsos,dari berkas\n").headers["Location"]
    page = client.get(where).content.decode()
    put("sites", {"code": "opd-dinsos", "note": "orang lain"}, By("other", "page"))
    answer = client.post(where, {"digest": digest_of(page)})
    assert answer.status_code == 409 and "has changed since you looked" in answer.content.decode()
    assert Site.objects.get(pk="opd-dinsos").note == "orang lain"
    assert client.post(where, {"digest": digest_of(answer.content.decode())}).status_code == 302
    assert Site.objects.get(pk="opd-dinsos").note == "dari berkas"


def test_nothing_is_done_without_the_digest_or_when_cancelled(sign: Sign) -> None:
    from center.sites.models import Site

    client = sign("technician")
    where = upload(client, "sites", b"code,note\nopd-dlh,x\n").headers["Location"]
    assert client.post(where).status_code == 409
    assert client.post(where, {"cancel": "1"}).status_code == 302
    assert client.get(where).status_code == 404 and Site.objects.get(pk="opd-dlh").note != "x"


def test_a_file_nobody_confirms_is_forgotten_within_the_hour(sign: Sign) -> None:
    from center.sites.importing import KEPT_MS, prune_uploads
    from center.sites.models import Upload

    client = sign("technician")
    where = upload(client, "people", b"site,order,name\nopd-dlh,1,Ibu Sari\n").headers["Location"]
    assert client.get(where).status_code == 200
    prune_uploads()
    assert Upload.objects.count() == 1
    Upload.objects.update(at_ms=wall_city.now_ms() - KEPT_MS - 1000)
    assert client.get(where).status_code == 404
    prune_uploads()
    assert not Upload.objects.exists()


def test_a_preview_of_contacts_is_a_look_at_them(sign: Sign) -> None:
    from center.accounts.models import Act

    client = sign("technician")
    before = Act.objects.count()
    client.get(upload(client, "people", b"site,order,name\nopd-dlh,1,Ibu Sari\n").headers["Location"])
    acts = [act.what for act in Act.objects.order_by("id")[before:]]
    assert acts.count("view_person") == 1, acts  # beside the writes, which are noted for every page
    assert upload(sign("operator"), "people", b"").status_code == 403


def test_every_mistake_of_a_file_is_listed_with_line_and_column(sign: Sign) -> None:
    page = upload(sign("technician"), "sites", b"code,name,latitude\nopd-a,A,99\nopd b,B,\n").content.decode()
    assert "2 mistakes" in page and "latitude" in page and "opd b" in page
    assert upload(sign("technician"), "sites", b"PK\x03\x04").status_code == 422
    assert sign("technician").post("/registry/import", {"table": "sites"}).status_code == 422
    assert upload(sign("technician"), "nothing", b"x").status_code == 404


def square(x: float, y: float) -> list[list[float]]:
    return [[x, y], [x + 0.01, y], [x + 0.01, y + 0.01], [x, y + 0.01], [x, y]]


def test_outlines_are_drawn_and_give_a_position_where_there_was_none(sign: Sign) -> None:
    from center.sites.models import Boundary, Site

    client = sign("technician")
    features = [
        {"type": "Feature", "properties": {"KODE": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for code, ring in (("36.73.01", square(106.15, -6.13)), ("3673011001", square(106.14, -6.13)))
    ]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    where = upload(client, "boundaries", content).headers["Location"]
    page = client.get(where).content.decode()
    assert page.count('class="outline"') == 2 and "4 points, 1.23 km²" in page
    assert client.post(where, {"digest": digest_of(page)}).status_code == 302
    assert Boundary.objects.get(site_id="kec-367301").source == "file.csv"
    office, village = Site.objects.get(pk="kec-367301"), Site.objects.get(pk="kel-3673011001")
    assert (office.longitude, office.latitude) == (106.155, -6.125)
    assert village.latitude == -6.127971, "a position that was there stays"
    assert 'class="outline"' in client.get("/sites/kec-367301/").content.decode()
    again = upload(client, "boundaries", content).headers["Location"]
    assert "nothing would change" in client.get(again).content.decode()
    elsewhere = content.replace(b"3673011001", b"3674011001")
    assert upload(client, "boundaries", elsewhere).status_code == 422
    assert upload(client, "boundaries", elsewhere, others="1").status_code == 302
    assert upload(client, "boundaries", elsewhere.replace(b"36.73.01", b"36.74.01"), others="1").status_code == 422


def test_an_export_of_each_table_imports_as_nothing_new(sign: Sign) -> None:
    client = sign("admin")
    for table in ("sites", "providers", "upstreams", "links", "people"):
        exported = client.get(f"/registry/{table}.csv")
        assert exported.headers["Content-Type"].startswith("text/csv") and exported.content.startswith(b"\xef\xbb\xbf")
        where = upload(client, table, exported.content).headers["Location"]
        assert "nothing would change" in client.get(where).content.decode(), table


def test_a_site_s_name_cannot_become_a_formula_in_the_export(sign: Sign) -> None:
    from center.sites.registry import By, put

    put("sites", {"code": "opd-dpk", "name": '=HYPERLINK("http://x")'}, By("t", "page"))
    assert b"\"'=HYPERLINK" in sign("viewer").get("/registry/sites.csv").content


@pytest.mark.full
def test_whatever_file_is_sent_is_previewed_or_refused_and_never_a_fault(sign: Sign) -> None:
    from hypothesis import given, settings
    from hypothesis import strategies as st

    from center.core.registry_tables import FILE_TABLES, TABLES

    client = sign("technician")
    cells = st.sampled_from(["opd-dlh", "area-367301", "ya", "1", "-6,1", "line", "any", "=1", "a\0", "", "é"])

    @st.composite
    def files(draw: st.DrawFn) -> tuple[str, bytes]:
        table = draw(st.sampled_from([*FILE_TABLES, "boundaries"]))
        if table == "boundaries":
            code = draw(st.sampled_from(["36.73.01", "opd-dlh", "x\ud800", "a/b", ""]))
            rings = draw(st.lists(st.lists(st.lists(st.floats(-9, 9), max_size=3), max_size=5), max_size=2))
            geometry = {"type": "Polygon", "coordinates": rings}
            feature = {"type": "Feature", "properties": {"kode": code}, "geometry": geometry}
            return table, json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
        names = draw(st.lists(st.sampled_from(TABLES[table].names), unique=True, min_size=1))
        rows = draw(st.lists(st.lists(cells, min_size=len(names), max_size=len(names)), max_size=4))
        return table, "\n".join(";".join(row) for row in [names, *rows]).encode()

    @given(files())
    @settings(max_examples=often(40, 150), deadline=None)
    def send(file: tuple[str, bytes]) -> None:
        answer = upload(client, *file)
        assert answer.status_code in {302, 422}
        page = client.get(answer.headers["Location"]) if answer.status_code == 302 else answer
        assert page.status_code == answer.status_code if answer.status_code == 422 else page.status_code == 200
        assert ('role="alert"' in page.content.decode()) == (answer.status_code == 422)

    send()


def test_a_file_of_links_can_be_dated_and_a_wrong_date_leaves_the_preview_as_it_is(sign: Sign) -> None:
    from center.sites.models import Link, Upload
    from center.sites.registry import By, put
    from center.sites.terms import terms_of_sites

    put("providers", {"code": "isp-x", "name": "X"}, By("t", "page"))
    for code in ("line-x", "line-y"):
        put("upstreams", {"code": code, "name": code, "kind": "line", "provider": "isp-x"}, By("t", "page"))
    put("links", {"site": SITE, "upstream": "line-x", "circuit": "X-1"}, By("t", "page"))
    client = sign("technician")
    where = upload(client, "links", f"site;upstream;circuit\n{SITE};line-x;X-2\n".encode()).headers["Location"]
    page = client.get(where).content.decode()
    assert 'name="since"' in page
    refused = client.post(where, {"digest": digest_of(page), "since": "2999-01-01"})
    assert refused.status_code == 422 and "lies ahead" in refused.content.decode()
    assert Link.objects.get(site_id=SITE, upstream_id="line-x").circuit == "X-1" and Upload.objects.exists()
    moment = (datetime.now(UTC) - timedelta(days=40)).strftime("%Y-%m-%d")
    assert client.post(where, {"digest": digest_of(page), "since": moment}).status_code == 302
    (old, new) = terms_of_sites()[SITE]
    assert (old.line.circuit, new.line.circuit) == ("X-1", "X-2")
    assert new.from_ms == calendar.bounds(int(moment.replace("-", ""))).start_ms

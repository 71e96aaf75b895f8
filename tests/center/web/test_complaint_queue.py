"""The queue: tabs, filters, order, pages, the same as a table; and entering what was said elsewhere."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import desk_city, wall_city
from wire.tickets import make_code

NODES = [f"kel-367301100{number}" for number in range(1, 7)]


@pytest.fixture
def voices(city: Path) -> dict[str, str]:
    for node in NODES:
        wall_city.add_node(node)
    return desk_city.fill(city, NODES)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def listed(client: Any, query: str) -> list[str]:
    """The ids in a list, in its order."""
    return re.findall(r'class="code" href="/complaints/([0-9a-f-]{36})/"', text(client.get(f"/complaints/?{query}")))


def names(voices: dict[str, str], ids: list[str]) -> list[str]:
    known = {one: name for name, one in voices.items()}
    return [known[one] for one in ids]


def test_each_tab_shows_what_it_says_and_how_many(voices: dict[str, str], client_as: Callable[[str], Any]) -> None:
    client = client_as("operator")
    waiting = names(voices, listed(client, ""))
    assert waiting[0] == "urgent" and waiting[1] == "late"
    assert set(waiting) == set(voices) - {"answered"}
    expected = {"overdue": {"late"}, "urgent": {"urgent"}, "answered": {"answered"}, "all": set(voices)}
    for show, wanted in expected.items():
        assert set(names(voices, listed(client, f"show={show}"))) == wanted, show
    mine = set(names(voices, listed(client, "show=mine")))
    assert {"urgent", "photo", "late"} <= mine and "confidential" not in mine
    page = text(client.get("/complaints/"))
    assert re.search(r'show=overdue[^>]*>lewat tenggat <span class="count">1</span>', page)
    assert "lewat" in page and "hari kerja" in page
    assert "kata bahaya" in page  # why the kiosk suggested what it did
    assert "2 foto" in page and "rahasia" in page


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("category=ppid", {"ppid"}),
        ("subject=lampu", {"late"}),
        ("agency=opd-dlh", {"photo"}),
        (f"area={NODES[2]}", {"late"}),
        ("kind=ghost", {"ghost"}),
        ("kind=prank_suspect", set()),  # an officer said it is real
        ("channel=serial", set()),
        ("show=all&category=ppid&subject=lampu", set()),
        ("first=2001-01-01&last=2001-01-02", set()),
    ],
)
def test_filters_narrow_down_and_stay_in_the_address(
    query: str, wanted: set[str], voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    client = client_as("operator")
    assert set(names(voices, listed(client, query))) == wanted
    if query.startswith("category=ppid"):
        page = text(client.get(f"/complaints/?{query}"))
        assert "show=urgent&amp;category=ppid" in page and "table.csv?category=ppid" in page


def test_a_code_is_found_as_people_type_it_and_orders_order(
    voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint

    client = client_as("operator")
    code = Complaint.objects.get(pk=voices["photo"]).code
    for typed in (code, code.lower(), f"{code[:5]} {code[5:]}", f"{code[:5]}-{code[5:]}", code[:6]):
        assert voices["photo"] in listed(client, f"show=all&code={typed}")
        found = client.post("/complaints/find", {"code": typed})
        assert found.status_code == 302 and found["Location"].startswith("/complaints/?show=all&code=")
    oldest = listed(client, "show=all&sort=old")
    assert oldest == list(reversed(listed(client, "show=all&sort=new")))
    assert names(voices, oldest)[0] == "late"
    assert names(voices, listed(client, "show=waits&sort=due"))[0] == "late"


def test_pages_hold_fifty_and_keep_the_filter(city: Path, client_as: Callable[[str], Any]) -> None:
    wall_city.add_node(NODES[0])
    for number in range(53):
        wall_city.add_complaint(NODES[0], code=f"AAAAAAA{number:03}", category="saran")
    client = client_as("operator")
    first, second = listed(client, "category=saran"), listed(client, "category=saran&page=2")
    assert (len(first), len(second)) == (50, 3)
    assert not set(first) & set(second)
    assert "category=saran&amp;page=2" in text(client.get("/complaints/?category=saran"))


def test_a_wrong_choice_shows_nothing_and_says_so(voices: dict[str, str], client_as: Callable[[str], Any]) -> None:
    client = client_as("operator")
    for query in ("first=x", "show=nonsense", "agency=opd-nowhere", "incident=0", "incident=x", "sort=x",
                  "first=2026-02-01&last=2026-01-01", f"code={'x' * 41}", "outage=99999999999999999999",
                  "last=9999-12-31", "first=0001-01-01"):  # fmt: skip
        answer = client.get(f"/complaints/?{query}")
        assert answer.status_code == 422, query
        assert "Pilihan ini tidak cocok" in text(answer)
        assert listed(client, query) == []
        assert client.get(f"/complaints/table.csv?{query}").status_code == 422


def test_the_table_holds_no_personal_data_and_no_formula(
    voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    from center.accounts.models import Act
    from center.complaints.models import Complaint

    Complaint.objects.filter(pk=voices["photo"]).update(subject="=cmd")
    content = text(client_as("operator").get("/complaints/table.csv?show=all"))
    rows = list(csv.DictReader(io.StringIO(content.lstrip("\ufeff"))))
    assert len(rows) == len(voices)
    assert {row["number"] for row in rows} == set(Complaint.objects.values_list("code", flat=True))
    for secret in ("Ibu Sari", "0812-0000", "Lampu jalan padam", "PLN sudah dihubungi"):
        assert secret not in content
    assert not desk_city.stands_in(desk_city.PIN, content)
    assert "'=cmd" in content
    assert Act.objects.filter(what="complaints-table", who="operator", detail="show=all").exists()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from(["show", "code", "category", "subject", "agency", "area", "channel", "kind", "first", "last",
                         "sort", "incident", "outage", "page", "lain"]),
        st.text(max_size=60),
        max_size=5,
    )
)  # fmt: skip
def test_no_address_breaks_the_queue(query: dict[str, str], city: Path, client_as: Callable[[str], Any]) -> None:
    client = client_as("operator")
    for path in ("/complaints/", "/complaints/table.csv"):
        assert client.get(path, query).status_code in {200, 400, 422}


def test_a_form_pressed_twice_is_one_complaint_and_shows_its_pin_twice(
    city: Path, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint
    from center.sealing import make_key_pair

    make_key_pair(city / "keys")
    client = client_as("operator")
    word = re.search(r'<input type="hidden" name="form" value="([^"]+)"', text(client.get("/complaints/new")))
    assert word
    form = {
        "channel": "counter", "category": "aduan", "text": "Lampu padam.", "identity": "anonymous", "kind": "real",
        "way": "copy", "form": word[1],
    }  # fmt: skip
    shown = [re.findall(r'<dd class="code">(\w+)</dd>', text(client.post("/complaints/new", form))) for _ in range(2)]
    assert len(shown[0]) == 2 and shown[0] == shown[1]
    assert Complaint.objects.count() == 1
    for word_of_another_age in ("", "x" * 40, "0000000000001-" + "0" * 32):
        assert client.post("/complaints/new", {**form, "form": word_of_another_age}).status_code == 200
    assert Complaint.objects.count() == 4


def test_a_key_that_cannot_be_used_is_told_without_a_path_of_the_server(
    city: Path, client_as: Callable[[str], Any], caplog: pytest.LogCaptureFixture
) -> None:
    client = client_as("operator")
    form = {"channel": "counter", "category": "aduan", "text": "Lampu padam.", "identity": "anonymous", "kind": "real"}
    page = client.post("/complaints/new", form)
    assert page.status_code == 422
    assert "Kunci penyegel pusat tidak dapat dipakai" in text(page)
    assert str(city) not in text(page) and "seal.key" not in text(page)
    assert any(str(city) in str(vars(record).get("detail")) for record in caplog.records)


def test_what_is_said_elsewhere_is_entered_once_sealed_with_a_pin_that_is_shown_once(
    city: Path, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint
    from center.sealing import make_key_pair

    make_key_pair(city / "keys")
    client = client_as("operator")
    form = {
        "channel": "rabeg", "external_id": "RBG-2026-0091", "category": "aduan", "subject": "sampah",
        "area": NODES[0], "text": "Sampah di pasar tidak diangkut.", "identity": "contact", "name": "Pak Rahmat",
        "contact": "0812-9999", "kind": "real", "way": "copy",
    }  # fmt: skip
    page = client.post("/complaints/new", form)
    assert page.status_code == 200 and "no-store" in page.headers["Cache-Control"]
    one = Complaint.objects.get()
    pin = re.findall(r'<dd class="code">(\d{4})</dd>', text(page))
    assert len(pin) == 1 and one.code in text(page)
    assert (one.channel, one.external_id, one.node, one.area) == ("rabeg", "RBG-2026-0091", "", NODES[0])
    assert "Sampah" not in one.sealed and "Rahmat" not in one.sealed
    again = text(client.post("/complaints/new", {**form, "text": "Lagi"}))
    assert Complaint.objects.count() == 1
    assert "Sudah tercatat" in again and one.code in again and f">{pin[0]}<" not in again
    opened = text(client.post(f"/complaints/{one.pk}/open", {"why": "verify"}))
    assert "Sampah di pasar" in opened and "Pak Rahmat" in opened
    assert "RBG-2026-0091" in text(client.get(f"/complaints/{one.pk}/"))
    assert one.code in text(client.get("/complaints/?channel=rabeg"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 4001}, "text"),
        ({"channel": "open311"}, "channel"),
        ({"category": "ppid"}, "purpose"),
        ({"identity": "contact"}, "contact"),
        ({"area": "kel-0000000000"}, "area"),
        ({"at": "2001-01-01T10:00"}, "at"),
        ({"at": "2999-01-01T10:00"}, "at"),
        ({"at": "kemarin"}, "at"),
    ],
)
def test_an_entry_that_does_not_fit_is_kept_in_the_form_and_not_stored(
    change: dict[str, str], field: str, city: Path, client_as: Callable[[str], Any]
) -> None:
    from center.complaints.models import Complaint
    from center.sealing import make_key_pair

    make_key_pair(city / "keys")
    form = {"channel": "counter", "category": "aduan", "text": "Halo", "identity": "anonymous", "kind": "real"}
    answer = client_as("operator").post("/complaints/new", {**form, **change})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in text(answer) or "errorlist" in text(answer)
    assert not Complaint.objects.exists()


def test_a_citizens_code_is_looked_for_and_stands_in_no_address(
    voices: dict[str, str], client_as: Callable[[str], Any]
) -> None:
    from center.complaints.codes import handle_of
    from center.complaints.models import Complaint

    code = make_code(b"secret")
    Complaint.objects.filter(pk=voices["photo"]).update(code=handle_of(code))
    answer = client_as("operator").post("/complaints/find", {"code": f"{code[:5]} {code[5:]}"}, follow=True)
    (address, status), *_ = answer.redirect_chain
    assert status == 302 and code not in address and handle_of(code) in address
    assert voices["photo"] in text(answer) and code not in text(answer)
    assert client_as("viewer").post("/complaints/find", {"code": code}).status_code == 403

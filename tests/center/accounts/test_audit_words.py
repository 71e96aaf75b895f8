"""The audit log in words: every code has some, objects are named and linked where they exist, codes stay findable."""

import ast
import csv
import html
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.support import wall_city

CENTER = Path(__file__).resolve().parents[3] / "center"
NODE = "kel-3673011001"
CALLS = {"note": 1, "look": 1, "acted": 0}
"""Function -> which of its arguments is the code."""


def addresses(resolver: Any, space: str = "") -> Iterator[str]:
    """The names under which the middleware notes what is sent to an address."""
    for one in resolver.url_patterns:
        if hasattr(one, "url_patterns"):
            yield from addresses(one, f"{space}{one.namespace}:" if one.namespace else space)
        elif one.name:
            yield f"{space}{one.name}"


def noted() -> Iterator[str]:
    """The codes that the centre's own calls write."""
    for path in CENTER.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if not re.search(r"center\.accounts(?:\.audit)? import|import acted|def acted", text):
            continue
        for call in (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            place = CALLS.get(name)
            if place is not None and len(call.args) > place + 1 and isinstance(call.args[place], ast.Constant):
                yield str(call.args[place].value)  # type: ignore[attr-defined]


def test_no_code_is_without_words_and_no_words_are_without_a_code(people: Path) -> None:
    from django.urls import get_resolver

    from center.accounts.audit_rows import KIND_OF, what_words
    from center.web.audit_words import ACTS, READ_ONLY

    written, named = set(noted()), set(addresses(get_resolver()))
    assert {"user-add", "view_person", "picture", "complaint-text", "display-entered", "audit-export"} <= written
    assert {"login", "incident-act", "report-publish", "admin:sites_site_change", "api:nodes"} <= named
    assert sorted(code for code in written | named | {"nowhere"} if what_words(code) == code) == []
    assert sorted((set(ACTS) | READ_ONLY) - written - named - {"nowhere"}) == []
    assert sorted(set(KIND_OF) - written - named) == []
    assert set(ACTS).isdisjoint(READ_ONLY)


def page(client: Any, query: str = "") -> str:
    return html.unescape(client.get(f"/audit/?{query}").content.decode())


def test_the_page_says_who_did_what_to_which_object_and_how_it_ended_and_keeps_the_code(
    signed_in: Callable[..., Any],
) -> None:
    from center.accounts.audit import note
    from center.sites.models import Site

    wall_city.add_node(NODE)
    complaint, site = wall_city.add_complaint(NODE), Site.objects.get(pk=NODE).display_name
    incident = wall_city.add_incident("node", NODE, NODE)
    for who, what, subject, detail in (
        ("operator", "stay-end", NODE, "POST 302"),
        ("operator", "stay-end", "kel-0000000000", "POST 404"),
        ("operator", "incident-act", f"{incident} acknowledge", "POST 422"),
        ("operator", "complaint-text", complaint, "sealed"),
        ("nobody", "login", "", "POST 200"),
        ("cli:root", "user-add", "dinkes", "agency"),
        ("viewer", "nodes", "", "POST 405"),
        ("admin", "nobody-knows-this", "7", "POST 599"),
    ):
        note(who, what, subject, detail)
    client = signed_in("admin")
    shown = page(client)
    for words in (
        "Mengakhiri pekerjaan teknisi di kotak", "<code>stay-end</code>", f'<a href="/nodes/{NODE}/">{site}</a>',
        f'<a href="/incidents/{incident}/">#{incident}</a> · diterima', "ditolak: isiannya belum cocok",
        f'<a href="/complaints/{complaint}/">', "tetap tersegel", "belum masuk", "ditolak: nama atau kata sandi salah",
        "root, di server", "OPD", "Mencoba menulis di halaman yang hanya dibaca", "gagal: kesalahan pusat",
        "<code>nobody-knows-this</code>",
    ):  # fmt: skip
        assert words in shown, words
    assert '<a href="/nodes/kel-0000000000/">' not in shown and "kel-0000000000" in shown
    assert "Ending a technician's work at the box" in page(client, "lang=en")


def test_it_is_found_by_words_by_code_by_person_and_by_day_and_the_file_has_both(signed_in: Callable[..., Any]) -> None:
    from center.accounts.audit import note

    note("operator", "stay-end", NODE, "POST 302")
    note("viewer", "admin:sites_site_change", NODE, "POST 403")
    client = signed_in("admin")

    def codes(query: str) -> list[str]:
        return re.findall(r"<code>([^<]+)</code>", page(client, query))

    assert codes("what=pekerjaan+teknisi") == codes("what=stay-e") == codes("who=operator") == ["stay-end"]
    assert codes("what=ADMINISTRASI") == codes("subject=kel-&who=viewer") == ["admin:sites_site_change"]
    assert codes("what=stay-end&last=2001-01-01") == [] and codes("what=stay-end&first=2001-01-01") == ["stay-end"]
    assert codes("what=tidak+ada+yang+begini") == []
    (row,) = csv.DictReader(io.StringIO(client.get("/audit/table.csv?what=stay-end").content.decode("utf-8-sig")))
    assert (row["what"], row["detail"]) == ("stay-end", "POST 302")
    assert (row["what_in_words"], row["outcome"]) == ("Mengakhiri pekerjaan teknisi di kotak", "selesai")


def test_a_page_asks_for_its_objects_by_kind_and_not_one_by_one(people: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from center.accounts.audit import note
    from center.accounts.audit_rows import rows_of

    wall_city.add_node(NODE)
    acts = [note("operator", "stay-end", NODE, "POST 302") for _ in range(50)]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        rows = rows_of(acts)
    assert len(asked) == 1 and all(row.href for row in rows)

"""Lists of the interface: pages that stay true while rows come and go, filters, ETags, and errors in one form."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import concluded, wall_city

NODE, OTHER = "kel-3673011001", "opd-dinkes"
OPENAPI = Path(__file__).resolve().parents[3] / "docs/openapi.json"
LISTS = ("nodes", "outages", "availability", "incidents", "sites", "upstreams", "reports", "integrity", "public-sites",
         f"nodes/{NODE}/outages")  # fmt: skip


@pytest.fixture(scope="module")
def client(shared_data: Path) -> Any:
    from django.test import Client

    from center.accounts.models import User

    wall_city.add_people()
    wall_city.add_sites()
    for site in (NODE, OTHER):
        wall_city.add_node(site)
        concluded.add_days(site, (20261001, 20261002), down_s=3600, isp_down_s=1800)
    concluded.add_line("line-a", "telkom", (NODE,))
    for month in (202609, 202610):
        concluded.add_month(month)
    concluded.add_month(202610, 2)
    found = Client(headers={"host": "localhost"})
    found.force_login(User.objects.get(username="viewer"), backend="django.contrib.auth.backends.ModelBackend")
    return found


def walk(client: Any, path: str, between: Callable[[], object] = lambda: None) -> list[Any]:
    """All items, page by page; `between` happens after the first page."""
    items, cursor = [], ""
    while True:
        page = client.get(path + ("&" if "?" in path else "?") + f"limit=3&cursor={cursor}").json()
        assert len(page["items"]) <= 3
        items += page["items"]
        if (cursor := page["next"]) is None:
            return items
        between()


def test_pages_follow_each_other_without_doubles_and_holes(client: Any) -> None:
    sites = walk(client, "/api/v1/sites")
    assert [site["code"] for site in sites] == sorted({site["code"] for site in sites})
    assert len(sites) == 100
    assert [(row["month"], row["version"]) for row in walk(client, "/api/v1/reports")] == [
        (202609, 1), (202610, 1), (202610, 2),
    ]  # fmt: skip


def test_rows_that_come_and_go_between_two_pages_are_neither_repeated_nor_skipped(client: Any) -> None:
    from center.availability.models import Outage

    Outage.objects.all().delete()
    keys = [concluded.add_outage(NODE, ago_min=ago) for ago in (1, 2, 3, 3, 3, 60, 61, 62)]
    first_of_three = Outage.objects.get(pk=keys[2])
    Outage.objects.filter(pk__in=keys[2:5]).update(start_lo_ms=first_of_three.start_lo_ms)  # the same moment

    def come_and_go() -> None:
        concluded.add_outage(NODE, ago_min=0)  # before the pages already read
        Outage.objects.filter(pk=keys[0]).delete()

    found = [row["id"] for row in walk(client, "/api/v1/outages", come_and_go)]
    assert found == [keys[0], keys[1], keys[4], keys[3], keys[2], keys[5], keys[6], keys[7]]


def test_outages_are_chosen_by_node_site_time_cause_and_whether_they_last(client: Any) -> None:
    from center.availability.models import Outage

    Outage.objects.all().delete()
    old = concluded.add_outage(NODE, ago_min=600, lasted_min=60, cause="N0", party="pln")
    lasting = concluded.add_outage(OTHER, ago_min=30, lasted_min=None)
    now = wall_city.now_ms()

    def ids(query: str) -> list[int]:
        return [row["id"] for row in client.get(f"/api/v1/outages?{query}").json()["items"]]

    assert ids("") == [lasting, old]
    assert ids(f"node={NODE}") == ids("cause=N0") == ids("party=pln") == ids("open=false") == [old]
    assert ids(f"site={OTHER}") == ids("open=true") == [lasting]
    assert ids(f"from_ms={now - 60_000 * 530}") == [lasting]
    assert ids(f"until_ms={now - 60_000 * 60}") == [old]
    assert client.get(f"/api/v1/outages/{old}").json()["cause"] == "N0"
    assert client.get(f"/api/v1/outages/{2**70}").status_code == 404


def test_incidents_are_told_with_their_members_and_steps_and_without_comments(client: Any) -> None:
    from center.operations.models import Incident, IncidentEntry

    Incident.objects.all().delete()
    key = concluded.add_incident("parent", "line-a", (NODE, OTHER), assigned_to="pak-operator")
    IncidentEntry.objects.create(incident_id=key, at_ms=wall_city.now_ms(), kind="comment", by="x", text="kata pribadi")
    done = concluded.add_incident("node", OTHER, (OTHER,), ago_min=300, resolved_ms=1)
    answer = client.get(f"/api/v1/incidents/{key}")
    assert answer.json()["nodes"] == [NODE, OTHER]
    assert [step["kind"] for step in answer.json()["steps"]] == ["opened", "comment"]
    assert "pribadi" not in answer.content.decode() and "pak-operator" not in answer.content.decode()

    def ids(query: str) -> list[int]:
        return [row["id"] for row in client.get(f"/api/v1/incidents?{query}").json()["items"]]

    assert ids("") == [key, done]
    assert ids("open=true") == ids("kind=parent") == ids(f"node={NODE}") == ids("subject=line-a") == [key]
    assert ids("open=false") == [done]


def test_availability_adds_seconds_and_says_how_much_it_knows(client: Any) -> None:
    def rows(query: str) -> dict[str, Any]:
        answer = client.get(f"/api/v1/availability?first=20261001&last=20261002&{query}").json()
        return {item["key"]: item for item in answer["items"]}

    city = rows("by=city")["city"]
    assert city["nodes"] == 2
    assert city["service"]["down_s"] == 4 * 3600 and city["service"]["up_s"] == 4 * 82_800
    assert city["isp"]["down_s"] == 4 * 1800
    assert city["service"]["causes"] == {"L5b": 4 * 3600}
    assert set(rows("by=node")) == {NODE, OTHER} == set(rows("by=site"))
    assert set(rows("by=provider")) == {"telkom", ""}
    assert set(rows("by=agency")) == {OTHER, ""}
    assert sum(row["service"]["up_s"] for row in rows("by=kecamatan").values()) == city["service"]["up_s"]
    concluded.add_days(NODE, (20261003,), unknown_s=70_000)
    thin = client.get(f"/api/v1/availability?first=20261003&last=20261003&by=node&site={NODE}").json()["items"][0]
    assert thin["service"]["pct"] is None and thin["service"]["worst_pct"] < 20 < thin["service"]["best_pct"]


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_304_until_something_changes_and_bad_values_are_problems(client: Any, name: str) -> None:
    path = f"/api/v1/{name}"
    first = client.get(path)
    assert first.status_code == 200, first.content
    assert set(first.json()) >= {"items", "next"}
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = client.get(path, headers={"if-none-match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200
    for query in ("limit=0", "limit=501", "limit=x", "cursor=" + "a" * 401):
        is_problem(client.get(f"{path}?{query}"), 422)
    is_problem(client.get(f"{path}?cursor=!!"), 400)


def test_an_etag_changes_with_the_list(client: Any) -> None:
    before = client.get("/api/v1/outages").headers["ETag"]
    concluded.add_outage(NODE, ago_min=5)
    assert client.get("/api/v1/outages", headers={"if-none-match": before}).status_code == 200


def is_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status and told["title"] and told["detail"] and told["type"]
    assert told["instance"].startswith("/api/")
    return told


def test_every_error_is_a_problem_in_one_form(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.test import Client

    is_problem(Client(headers={"host": "localhost"}).get("/api/v1/nodes"), 401)
    is_problem(Client(headers={"host": "localhost"}).get("/api/v1/openapi.json"), 401)
    for path in ("/api/v1/nowhere", "/api/", "/api/v2/nodes", "/api/v1/nodes/kel-0", "/api/v1/incidents/x"):
        is_problem(client.get(path), 404)
    for method in (client.post, client.put, client.delete, client.patch):
        answer = method("/api/v1/nodes")
        is_problem(answer, 405)
        assert answer.headers["Allow"] == "GET"
    told = is_problem(client.get("/api/v1/outages?open=perhaps&from_ms=-1"), 422)
    assert {error["where"].rpartition(".")[2] for error in told["errors"]} == {"open", "from_ms"}
    assert "perhaps" not in json.dumps(told)
    is_problem(client.get("/api/v1/availability?first=20261001&last=20260101"), 422)
    is_problem(client.get("/api/v1/availability?first=20260231"), 422)
    is_problem(client.get("/api/v1/live"), 501)  # the plain server cannot hold it open
    monkeypatch.setattr("center.api.nodes._values", lambda *_: 1 / 0)
    client.raise_request_exception = False
    told = is_problem(client.get("/api/v1/nodes"), 500)
    assert "division" not in json.dumps(told)
    client.raise_request_exception = True


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.text(max_size=60),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
            lambda inner: st.lists(inner, max_size=4),
            max_leaves=6,
        ).map(lambda value: urlsafe_b64encode(json.dumps(value).encode()).decode()),
    )
)
def test_any_cursor_is_a_page_or_a_refusal_in_words(client: Any, cursor: str) -> None:
    for name in ("outages", "sites", "reports"):
        answer = client.get(f"/api/v1/{name}", {"cursor": cursor})
        if answer.status_code != 200:
            assert answer.status_code in {400, 422}
            is_problem(answer, answer.status_code)


def test_the_description_is_the_one_programs_were_built_on(client: Any) -> None:
    from center.api.describe import description

    assert client.get("/api/v1/openapi.json").json() == json.loads(description())
    assert description() == OPENAPI.read_text(encoding="utf-8"), (
        "the interface has changed; if that is meant: python -m center.api.describe > docs/openapi.json"
    )

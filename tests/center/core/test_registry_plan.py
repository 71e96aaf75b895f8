"""Wished rows become exact changes, or it is said what is wrong with them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from center.core.registry_plan import Change, Plan, Row, Snapshot, plan_rows
from center.core.registry_reach import sites_touched
from center.core.registry_removal import plan_removal, plan_undo
from center.core.registry_tables import Value, Values
from tests.support.registry import EMPTY, site_rows, snapshot, upstream_codes

A, B = "kel-3673011001", "opd-diskominfo"


@pytest.fixture
def town() -> Snapshot:
    return snapshot(
        providers=[{"code": "isp-a", "name": "ISP A"}],
        upstreams=[
            {"code": "ring", "name": "Ring", "kind": "line", "provider": "isp-a"},
            {"code": "line-1", "name": "Line", "kind": "line", "provider": "isp-a", "above": "ring"},
            {"code": "area-367301", "name": "Kecamatan Serang", "kind": "area"},
        ],
        sites=[{"code": A, "name": "Serang", "kecamatan": "Serang"}, {"code": B, "name": "Diskominfo"}],
        links=[{"site": A, "upstream": "line-1", "circuit": "SRG-1"}],
        people=[{"site": A, "order": 1.0, "name": "Ibu Sari"}],
    )


def what(plan: Plan) -> list[str]:
    return [problem.what for problem in plan.problems]


def test_a_row_that_is_so_already_is_no_change(town: Snapshot) -> None:
    assert plan_rows(town, "sites", [Row({"code": A, "name": "Serang"})]) == Plan(same=1)


def test_only_the_fields_that_are_named_change(town: Snapshot) -> None:
    plan = plan_rows(town, "sites", [Row({"code": A, "address": "Jl. Raya 1"})])
    assert [change.fields for change in plan.changes] == [("address",)]
    assert plan.changes[0].after == {**town.tables["sites"][A], "address": "Jl. Raya 1"}


def test_a_new_site_of_a_kecamatan_hangs_on_its_area_without_being_told(town: Snapshot) -> None:
    plan = plan_rows(town, "sites", [Row({"code": "cctv-pasar", "name": "Pasar", "kecamatan": "Serang"})])
    assert [(change.table, change.key) for change in plan.changes] == [
        ("sites", "cctv-pasar"),
        ("links", "cctv-pasar/area-367301"),
    ]


def test_a_site_that_changes_its_kecamatan_changes_its_area_and_back_with_the_undo(town: Snapshot) -> None:
    curug = {"code": "area-367304", "name": "Kecamatan Curug", "kind": "area"}
    town = town.after(plan_rows(town, "upstreams", [Row(curug)]).changes)
    plan = plan_rows(town, "sites", [Row({"code": A, "kecamatan": "Curug"})])
    moved = town.after(plan.changes)
    assert f"{A}/area-367304" in moved.tables["links"] and f"{A}/area-367301" not in moved.tables["links"]
    back = plan_undo(moved, "sites", A, {"kecamatan": "Serang"}, {"kecamatan": "Curug"})
    assert moved.after(back.changes).tables == town.tables
    without = town.after(plan_removal(town, "links", f"{A}/area-367301").changes)
    assert [one.table for one in plan_rows(without, "sites", [Row({"code": A, "kecamatan": "Curug"})]).changes] == [
        "sites"
    ]


@pytest.mark.parametrize(
    ("table", "row", "wrong"),
    [
        ("sites", {"code": "opd-x"}, "required"),
        ("sites", {"code": A, "latitude": -6.1}, "half_position"),
        ("sites", {"code": A, "agency": "kec-367301"}, "no_reference"),
        ("sites", {"code": B, "agency": B}, "no_agency"),
        ("upstreams", {"code": "area-367301", "provider": "isp-a"}, "provider_of_no_line"),
        ("upstreams", {"code": "ring", "above": "line-1"}, "circle"),
        ("upstreams", {"code": "ring", "above": "ring"}, "circle"),
        ("links", {"site": A, "upstream": "nothing"}, "no_reference"),
        ("links", {"site": A, "upstream": "ring", "primary": True}, "second_primary"),
        ("people", {"site": "opd-nobody", "order": 1.0, "name": "x"}, "no_reference"),
    ],
)
def test_what_cannot_be_is_refused(town: Snapshot, table: str, row: dict[str, Value], wrong: str) -> None:
    assert wrong in what(plan_rows(town, table, [Row(row)]))


def test_a_second_line_is_a_spare_one_unless_it_is_said(town: Snapshot) -> None:
    plan = plan_rows(town, "links", [Row({"site": A, "upstream": "ring"})])
    assert plan.changes[0].after is not None and plan.changes[0].after["primary"] is False


def test_the_primary_mark_can_move_between_two_lines_in_one_file(town: Snapshot) -> None:
    rows = [
        Row({"site": A, "upstream": "ring", "primary": True}),
        Row({"site": A, "upstream": "line-1", "primary": False}),
    ]
    assert not plan_rows(town, "links", rows).problems


def test_rows_of_one_file_may_refer_to_each_other_in_any_order() -> None:
    rows = [Row({"code": "opd-place", "name": "P", "agency": "opd-a"}), Row({"code": "opd-a", "name": "A"})]
    assert not plan_rows(EMPTY, "sites", rows).problems


def test_a_site_with_a_node_stays_and_one_without_takes_its_own_rows_along(town: Snapshot) -> None:
    assert what(plan_removal(Snapshot(town.tables, frozenset({A})), "sites", A)) == ["has_nodes"]
    plan = plan_removal(town, "sites", A)
    assert {(change.table, change.key) for change in plan.changes} == {
        ("links", f"{A}/line-1"), ("links", f"{A}/area-367301"), ("people", f"{A}/1"), ("sites", A),
    }  # fmt: skip
    assert all(change.after is None for change in plan.changes)


@pytest.mark.parametrize(("table", "key"), [("upstreams", "ring"), ("upstreams", "line-1"), ("providers", "isp-a")])
def test_what_others_need_is_not_removed(town: Snapshot, table: str, key: str) -> None:
    assert what(plan_removal(town, table, key)) == ["needed"]


def told(change: Change) -> tuple[Values, Values]:
    """What the history holds of a change."""
    sides = (
        {} if row is None else {name: row[name] for name in change.fields} for row in (change.before, change.after)
    )
    before, after = (json.loads(json.dumps(side)) for side in sides)
    return before, after


@given(site_rows(), site_rows())
def test_every_change_of_a_site_can_be_taken_back_to_exactly_what_was(first: Values, second: Values) -> None:
    second = {**second, "code": first["code"]}
    states = [EMPTY]
    changes: list[Change] = []
    for row in (first, second):
        plan = plan_rows(states[-1], "sites", [Row(row)])
        changes += plan.changes
        states.append(states[-1].after(plan.changes))
    now = states[-1]
    for change in reversed(changes):
        undone = plan_undo(now, change.table, change.key, *told(change))
        assert not undone.problems
        now = now.after(undone.changes)
    assert now.tables["sites"] == {}


def test_a_change_that_was_changed_again_is_not_taken_back(town: Snapshot) -> None:
    changed = {"name": "Serang"}, {"name": "Kota"}
    assert what(plan_undo(town, "sites", A, *changed)) == ["changed_since"]


def test_a_removed_row_comes_back_whole(town: Snapshot) -> None:
    link = town.tables["links"][f"{A}/line-1"]
    without = town.after(plan_removal(town, "links", f"{A}/line-1").changes)
    back = plan_undo(without, "links", f"{A}/line-1", link, {})
    assert without.after(back.changes).tables["links"] == town.tables["links"]


def test_whose_outages_look_different_follows_the_tree_and_names_change_nothing(town: Snapshot) -> None:
    def touched(table: str, row: dict[str, Value]) -> set[str]:
        return sites_touched(town, plan_rows(town, table, [Row(row)]).changes)

    assert touched("providers", {"code": "isp-a", "contract_hours": "Mon-Fri 07:00-17:00"}) == {A}
    assert touched("upstreams", {"code": "ring", "provider": ""}) == {A}
    assert touched("links", {"site": B, "upstream": "ring"}) == {B}
    assert touched("links", {"site": A, "upstream": "line-1", "circuit": "SRG-2"}) == set()
    assert touched("sites", {"code": A, "name": "Kota Serang"}) == set()


trees = st.dictionaries(upstream_codes, st.one_of(st.just(""), upstream_codes), min_size=1)


@given(trees)
def test_what_is_accepted_is_always_a_tree(above: dict[str, str]) -> None:
    rows = [Row({"code": code, "name": code, "kind": "line", "above": up}) for code, up in above.items()]
    plan = plan_rows(EMPTY, "upstreams", rows)
    whole = {code for code in above if all_the_way_up(code, above)}
    assert (not plan.problems) == (whole == set(above))
    assert set(what(plan)) <= {"circle", "no_reference"}


def all_the_way_up(code: str, above: dict[str, str]) -> bool:
    seen: set[str] = set()
    while code and code in above and code not in seen:
        seen.add(code)
        code = above[code]
    return code == ""


def test_the_digest_is_of_what_would_be_done(town: Snapshot) -> None:
    one, two = (plan_rows(town, "sites", [Row({"code": A, "note": note})]) for note in ("x", "y"))
    assert one.digest != two.digest
    assert one.digest == plan_rows(town, "sites", [Row({"code": A, "note": "x"}, line=7)]).digest

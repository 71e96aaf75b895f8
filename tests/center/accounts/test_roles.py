"""Who may do what, and how passwords come to be."""

from pathlib import Path

import pytest

from center.errors import CenterError


def may(role: str, permission: str) -> bool:
    from center.accounts.models import User
    from center.accounts.people import add_user

    add_user(f"{role}-someone", role)
    return User.objects.get(username=f"{role}-someone").has_perm(permission)


@pytest.mark.parametrize(
    ("role", "permission", "expected"),
    [
        ("viewer", "connectivity.view_nodestate", True),
        ("viewer", "cctv.view_snapshot", True),
        ("viewer", "complaints.view_complaint", False),
        ("viewer", "sites.change_site", False),
        ("operator", "complaints.view_complaint", True),
        ("operator", "complaints.change_complaint", True),
        ("operator", "complaints.change_event", False),
        ("operator", "complaints.delete_complaint", False),
        ("operator", "ingest.view_quarantined", False),
        ("technician", "ingest.view_quarantined", True),
        ("technician", "sites.change_site", True),
        ("technician", "complaints.view_complaint", False),
        ("admin", "accounts.add_user", True),
    ],
)
def test_a_role_may_what_its_work_needs(center_data: Path, role: str, permission: str, expected: bool) -> None:
    assert may(role, permission) is expected


def test_migrating_again_changes_no_group_and_keeps_what_was_added_by_hand(center_data: Path) -> None:
    from django.contrib.auth.models import Group, Permission

    from center.accounts.roles import ROLES
    from center.database import migrate

    viewer = Group.objects.get(name="viewer")
    viewer.permissions.add(Permission.objects.get(codename="view_complaint"))
    before = {group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()}
    migrate()
    assert before == {
        group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()
    }
    assert len(before) == len(ROLES)


def test_passwords_are_random_hashed_with_argon2_and_renewable(center_data: Path) -> None:
    from center.accounts.models import User
    from center.accounts.people import add_user, set_password

    first = add_user("sari", "operator")
    sari = User.objects.get(username="sari")
    assert sari.check_password(first) and sari.password.startswith("argon2")
    assert not sari.is_superuser and not sari.is_staff
    second = set_password("sari")
    sari.refresh_from_db()
    assert sari.check_password(second) and not sari.check_password(first)


def test_unknown_roles_and_people_and_doubles_are_refused_with_a_way_out(center_data: Path) -> None:
    from center.accounts.people import add_user, set_password

    add_user("sari", "operator")
    with pytest.raises(CenterError, match="passwd sari"):
        add_user("sari", "viewer")
    with pytest.raises(CenterError, match="viewer, operator"):
        add_user("budi", "boss")
    with pytest.raises(CenterError, match="user add budi"):
        set_password("budi")


def test_five_wrong_passwords_lock_the_guesser_out_and_not_the_owner_elsewhere(center_data: Path) -> None:
    from django.contrib.auth import authenticate
    from django.core.exceptions import PermissionDenied
    from django.test import RequestFactory

    from center.accounts.people import add_user

    password = add_user("sari", "operator")

    def attempt(word: str, address: str) -> bool:
        request = RequestFactory().post("/login", REMOTE_ADDR=address)
        try:
            return authenticate(request, username="sari", password=word) is not None
        except PermissionDenied:
            return False

    assert not any(attempt("wrong", "192.0.2.1") for _ in range(5))
    assert not attempt(password, "192.0.2.1")
    assert attempt(password, "192.0.2.2")


def test_sessions_and_failed_log_ins_are_kept_out_of_the_main_database(center_data: Path) -> None:
    from django.db import connections

    tables = {alias: set(connections[alias].introspection.table_names()) for alias in ("default", "sessions")}
    assert "django_session" in tables["sessions"] and "django_session" not in tables["default"]
    assert "axes_accessattempt" in tables["sessions"]
    assert tables["sessions"].isdisjoint({"accounts_user", "ingest_rawrecord", "sites_site"})


def test_the_databases_are_safe_against_a_power_cut(center_data: Path) -> None:
    from django.db import connections

    for alias in ("default", "sessions"):
        with connections[alias].cursor() as cursor:
            values = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
        assert values == ["wal", 2]


def test_the_matrix_people_read_is_the_one_the_centre_enforces(center_data: Path) -> None:
    from django.contrib.auth.models import Group, Permission

    from center.accounts.matrix import ROWS, granted, matrix
    from center.accounts.roles import ROLES

    text = (Path(__file__).resolve().parents[3] / "docs/hak-akses.md").read_text(encoding="utf-8")
    assert text == matrix(), "roles have changed; python -m center.accounts.matrix > docs/hak-akses.md"
    for _text, permission in ROWS:
        if not permission:
            continue
        app, _, name = permission.partition(".")
        assert Permission.objects.filter(content_type__app_label=app, codename=name).exists(), permission
        holders = set(
            Group.objects.filter(permissions__content_type__app_label=app, permissions__codename=name)
            .values_list("name", flat=True)
        )  # fmt: skip
        assert holders == {role for role, grants in ROLES.items() if granted(grants, permission)}, permission

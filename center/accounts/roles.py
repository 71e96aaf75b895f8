"""Four roles, as Django groups. A role holds permissions by application and action, so new tables join by themselves.

viewer      sees states, measurements and pictures; no complaints, and of work at a box only until when it lasts.
operator    also works on complaints and answers citizens, and sees who works at a box, and on what.
technician  also sees what ingest refused, edits sites, sends commands; no complaints.
admin       everything of the centre, and the accounts.
"""

from typing import Any

from django.apps import AppConfig
from django.db.models import Q

VIEWER, OPERATOR, TECHNICIAN, ADMIN = "viewer", "operator", "technician", "admin"

_LOOK = (("sites", "view"), ("connectivity", "view"), ("cctv", "view"), ("publicsites", "view"))
_ALL = ("view", "add", "change", "delete")
_OWN_APPS = (
    "sites", "connectivity", "cctv", "publicsites", "complaints", "operations", "ingest", "accounts", "auth", "wall",
)  # fmt: skip

ROLES: dict[str, tuple[tuple[str, str], ...]] = {
    VIEWER: _LOOK,
    OPERATOR: (
        *_LOOK,
        ("complaints", "view"),
        ("complaints", "change_complaint"),
        ("operations", "view"),
        ("operations", "add"),
    ),
    TECHNICIAN: (*_LOOK, ("sites", "change"), ("ingest", "view"), ("operations", "view"), ("operations", "add")),
    ADMIN: tuple((app, action) for app in _OWN_APPS for action in _ALL),
}
"""Role -> (application, action); an action is the first word of a permission's code name, or the whole of it."""


def grant_after_migration(app_config: AppConfig, using: str, **_kwargs: Any) -> None:
    """Give every role its permissions of one application; runs after each migration, changes nothing twice.

    Permissions an administrator added to a group by hand are left alone.
    """
    from django.contrib.auth.models import Group, Permission

    if using != "default" or app_config.label not in _OWN_APPS:
        return
    for role, grants in ROLES.items():
        group, _ = Group.objects.using(using).get_or_create(name=role)
        wanted = Q(pk__in=[])
        for app, action in grants:
            if app == app_config.label:
                wanted |= Q(content_type__app_label=app, codename__regex=rf"^{action}(_|$)")
        group.permissions.add(*Permission.objects.using(using).filter(wanted))

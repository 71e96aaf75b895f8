"""Seven roles, as Django groups. A role holds permissions by application and action; new tables join by themselves.

viewer      sees states, measurements, incidents, reports and pictures; no complaints, no people.
operator    also works on incidents and complaints, answers citizens, and sees who works at a box, and on what.
technician  also sees what ingest refused, edits sites, works on incidents, sends commands; no complaints.
admin       everything of the centre, and the accounts.
agency      states, incidents and reports of its own sites alone (`center.accounts.reach`); the complaints that were
            passed on to it or lie in its places, and answers them. Not who stands behind a confidential one.
lurah       the same for one kelurahan.
leadership  the one page of the city, and the reports; counts of complaints.
"""

from typing import Any

from django.apps import AppConfig

VIEWER, OPERATOR, TECHNICIAN, ADMIN = "viewer", "operator", "technician", "admin"
AGENCY, LURAH, LEADERSHIP = "agency", "lurah", "leadership"

# Of the registry everything but people: those are personal data.
_PLACES = tuple(
    ("sites", f"view_{table}")
    for table in ("site", "node", "provider", "upstream", "link", "boundary", "registrychange")
)
_INCIDENTS = tuple(("operations", f"view_{table}") for table in ("incident", "incidentmember", "incidententry"))
_OWN = (*_PLACES, *_INCIDENTS, ("connectivity", "view"), ("cctv", "view"), ("publicsites", "view"),
        ("availability", "view"), ("reports", "view"))  # fmt: skip
# Of complaints what an agency and a lurah do with their own: read the list, open, answer.
_VOICES = (("complaints", "view_complaint"), ("complaints", "change_complaint"))
_LOOK = (*_OWN, ("operations", "view_alarm"), ("wall", "view_publicnotice"))
_WORK = (("operations", "view"), ("operations", "add"), ("operations", "work_incident"), ("alerts", "view"),
         ("sites", "view_person"), ("enrolment", "view"), ("enrolment", "change_enrolmentrequest"))  # fmt: skip
_RUN = (("operations", "run_look"), ("operations", "run_touch"), ("operations", "run_grave"))
_ALL = ("view", "add", "change", "delete")
_OWN_APPS = (
    "sites", "connectivity", "cctv", "publicsites", "complaints", "operations", "ingest", "accounts", "auth", "wall",
    "availability", "alerts", "reports", "enrolment", "fleet",
)  # fmt: skip

ROLES: dict[str, tuple[tuple[str, str], ...]] = {
    VIEWER: _LOOK,
    OPERATOR: (
        *_LOOK,
        *_WORK,
        *_VOICES,
        ("operations", "run_look"),
        ("fleet", "view"),
        ("complaints", "view"),
        ("complaints", "add_complaint"),
        ("complaints", "desk"),
        ("complaints", "identity"),
        ("complaints", "export"),
        ("cctv", "export"),
        ("wall", "add_publicnotice"),
        ("wall", "change_publicnotice"),
    ),
    TECHNICIAN: (
        *_LOOK,
        *_WORK,
        *_RUN,
        ("fleet", "view"),
        ("fleet", "add"),
        ("fleet", "change"),
        ("sites", "change"),
        ("sites", "add"),
        ("ingest", "view"),
    ),
    ADMIN: (
        *((app, action) for app in _OWN_APPS for action in _ALL),
        ("operations", "work_incident"),
        *_RUN,
        ("cctv", "export"),
        ("reports", "freeze_month"),
        ("complaints", "desk"),
        ("complaints", "identity"),
        ("complaints", "export"),
    ),
    AGENCY: (*_OWN, *_VOICES),
    LURAH: (*_OWN, *_VOICES),
    LEADERSHIP: (("availability", "view"), ("reports", "view")),
}
"""Role -> (application, action); an action is the first word of a permission's code name, or the whole of it."""


def grant_after_migration(app_config: AppConfig, using: str, **_kwargs: Any) -> None:
    """Give every role its permissions of one application; runs after each migration, changes nothing twice.

    Permissions an administrator added to a group by hand are left alone.
    """
    from django.contrib.auth.models import Group, Permission

    if using != "default" or app_config.label not in _OWN_APPS:
        return
    permissions = list(Permission.objects.using(using).filter(content_type__app_label=app_config.label))
    groups = {group.name: group for group in Group.objects.using(using)}
    for role, grants in ROLES.items():
        group = groups.get(role) or Group.objects.using(using).create(name=role)
        actions = [action for app, action in grants if app == app_config.label]
        wanted = [found for found in permissions if any(_is(found.codename, action) for action in actions)]
        if wanted:
            group.permissions.add(*wanted)


def _is(code_name: str, action: str) -> bool:
    return code_name == action or code_name.startswith(f"{action}_")

"""How grave an incident is, and whose: tables. Critical pages somebody, warning is for working hours, info is listed.

| what                                              | severity |
|---------------------------------------------------|----------|
| an upstream is down, or the centre is blind       | critical |
| a node of an agency or kecamatan in office hours  | critical |
| any other node, or one switched off on purpose    | warning  |
| a cloned identity                                 | critical |
| records missing without explanation               | warning  |
| a box that has not renewed its certificate        | warning  |
| a node impaired                                   | info     |

Of complaints: overdue ones are a warning, after some working days critical; an urgent one nobody has read is critical
(`center.core.complaint_watch`).
"""

SEVERITIES = ("critical", "warning", "info")
OF_KIND = {
    "parent": "critical", "blind": "critical", "clone": "critical", "integrity": "warning", "certificate": "warning",
    "degraded": "info",
}  # fmt: skip
PARTY_OF_UPSTREAM = {"line": "isp", "feeder": "pln", "area": "none", "core": "city"}
PARTY_OF_KIND = {"blind": "center", "clone": "city", "integrity": "city", "certificate": "city"}


def of_node(important: bool, cause: str) -> str:
    """Of a node that is down or flapping. `important`: an office people need now."""
    return "critical" if important and cause != "planned" else "warning"


def graver(one: str, other: str) -> str:
    """The graver of two."""
    return min(one, other, key=_rank)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)

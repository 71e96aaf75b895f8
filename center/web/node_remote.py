"""What a node's page offers to ask of the box from afar, and what was asked last."""

from typing import Any, Final

from django.http import HttpRequest

from center.accounts.reach import sites_of
from center.operations import orders
from center.sites.models import Node
from center.web.operation_asking import SEE, may_order

PRESSES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "diagnose": ("diagnose", {}),
    "ping": ("ping", {"host": "gateway", "count": 10}),
    "snapshot": ("snapshot", {}),
    "logs": ("logs", {"unit": "agent", "lines": 200}),
    "config": ("show-config", {}),
    "throughput": ("throughput", {}),
    "bundle": ("bundle", {}),
}
"""Button on a node's page -> the command and its arguments. All of them only look."""
CUT: Final = frozenset({"DOWN", "UNREACHABLE"})
SILENT: Final = CUT | {"UNKNOWN"}
MORE: Final = ("maintenance", "restart-agent", "restart-kiosk", "reboot")
LAST: Final = 5
ROW: Final = 4
"""Presses in sight; the others are unfolded."""


def of_node(request: HttpRequest, node: Node, state: str) -> dict[str, Any]:
    """For the template `node_remote`; nothing for whoever sees none of it."""
    user = request.user
    if not user.has_perm(SEE) or sites_of(user) is not None or node.retired:
        return {"remote": None}
    presses = [(press, command) for press, (command, _arguments) in PRESSES.items()]
    return {
        "remote": {
            "look": user.has_perm("operations.run_look"), "cut": state in CUT, "silent": state in SILENT,
            "presses": presses[:ROW], "others": presses[ROW:],
            "more": [name for name in MORE if may_order(user, name)],
            "last": orders.of_node(node.pk, LAST),
        }
    }  # fmt: skip

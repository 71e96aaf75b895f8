"""Open incidents in plain words, the latest that ended, and how many alarms the operators were given."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from center.core.wall_incidents import LOAD_BUCKET_MS, IncidentRow, alarm_load, in_order, load_start
from center.wall.incident_words import incident_words
from center.wall.scenes.scene import Moment, Scene
from center.web.live import State

MOST_OPEN, MOST_ENDED = 40, 8
UPSTREAMS = "SELECT code, name FROM sites_upstream"
ALARMS = "SELECT at_ms FROM operations_alarm WHERE at_ms >= ? AND NOT suppressed LIMIT 10000"


def _read(moment: Moment) -> State:
    upstreams = {str(code): str(name) for code, name in moment.reader.query(UPSTREAMS)} if moment.incidents else {}
    sites = {node.node: node.site for node in moment.nodes}

    def words(one: IncidentRow) -> State:
        return incident_words(one, moment.names, sites, upstreams)

    still = in_order(one for one in moment.incidents if one.resolved_ms is None)
    ended = sorted((one for one in moment.incidents if one.resolved_ms), key=lambda one: -(one.resolved_ms or 0))
    alarms = [row[0] for row in moment.reader.query(ALARMS, (load_start(moment.now_ms),))]
    return {
        "incidents": {
            "open": [words(one) for one in still[:MOST_OPEN]],
            "total": len(still),
            "ended": [words(one) for one in ended[:MOST_ENDED]],
            "load": alarm_load(alarms, moment.now_ms),
            "loadFrom": load_start(moment.now_ms),
        }
    }


def _texts() -> dict[str, Any]:
    return {
        "noIncidents": _("No incident is open."),
        "noneEnded": _("None ended in the last day."),
        "noTicket": _("no ticket yet"),
        "ticket": _("ticket %(number)s"),
        "acknowledged": _("acknowledged"),
        "notAcknowledged": _("not acknowledged yet"),
        "lasted": _("%(time)s, lasted %(age)s"),
        "loadNow": _("%(count)s in 10 minutes"),
        "loadBuckets": LOAD_BUCKET_MS,
    }


SCENE = Scene("incidents", gettext_noop("Incidents"), _read, _texts)

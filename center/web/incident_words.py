"""What the codes of incidents and planned work mean, for people."""

from django.utils.translation import gettext_noop

SEVERITIES = {
    "critical": gettext_noop("critical"),
    "warning": gettext_noop("to see to"),
    "info": gettext_noop("to know"),
}
INCIDENT_KINDS = {
    "node": gettext_noop("one node"),
    "parent": gettext_noop("several nodes at once"),
    "blind": gettext_noop("the centre itself"),
    "clone": gettext_noop("copied identity"),
    "integrity": gettext_noop("missing records"),
    "certificate": gettext_noop("certificate not renewed"),
    "degraded": gettext_noop("impaired node"),
    "channel": gettext_noop("alert channel"),
    "overdue": gettext_noop("overdue complaints"),
    "urgent": gettext_noop("urgent complaints"),
}
INCIDENT_ENTRIES = {
    "opened": gettext_noop("begun"),
    "grew": gettext_noop("more of them"),
    "joined": gettext_noop("more nodes affected"),
    "left": gettext_noop("back again"),
    "acknowledged": gettext_noop("taken on"),
    "released": gettext_noop("given back"),
    "assigned": gettext_noop("assigned to"),
    "comment": gettext_noop("remark"),
    "escalated": gettext_noop("escalated"),
    "ticket": gettext_noop("ISP ticket"),
    "maintenance": gettext_noop("planned work"),
    "resolved": gettext_noop("over"),
    "reopened": gettext_noop("begun again"),
    "undelivered": gettext_noop("never delivered"),
}
RESOLUTIONS = {
    "recovered": gettext_noop("recovered by itself"),
    "maintenance": gettext_noop("now under maintenance"),
    "joined": gettext_noop("now part of another incident"),
    "gone": gettext_noop("the node is no longer in use"),
    "closed": gettext_noop("closed by an operator"),
    "answered": gettext_noop("the complaints were seen to"),
}
INCIDENT_NEXT = {
    "line": gettext_noop("Report the fault to the provider, name the circuit, and note the ticket here."),
    "feeder": gettext_noop("Ask PLN whether this feeder is out, and for how long."),
    "area": gettext_noop("Look at what the kecamatan's sites share: power, or the local network."),
    "core": gettext_noop("The city team looks at the core network now."),
    "flapping": gettext_noop("It comes and goes: look for a loose plug, weak power or a bad line."),
    "blind": gettext_noop("See to the centre first: its own line, the broker, the ingest service."),
    "clone": gettext_noop("Find the second box with this card, replace the card, enrol it again, then close this."),
    "integrity": gettext_noop("Read the findings on the node's page; report them to Sandi's maintainers."),
    "certificate": gettext_noop(
        "Boxes renew by themselves long before: run sandi status on it, or make a new card (sandi-center replace)."
    ),
    "degraded": gettext_noop("The node's page says what is impaired and what to do."),
    "overdue": gettext_noop("Open the complaints' queue; answer, hand on, or put on hold with a reason."),
    "urgent": gettext_noop("Read the complaint now and verify it; danger to life: call 112."),
    "channel": gettext_noop("The page of the alerts says what fails; send a test through it once it is mended."),
}
SCOPES = {
    "node": gettext_noop("one node"),
    "site": gettext_noop("one site"),
    "upstream": gettext_noop("a line, a feeder or an area"),
    "city": gettext_noop("the whole city"),
}
LOAD_BANDS = {
    "calm": gettext_noop("calm (0–1)"),
    "manageable": gettext_noop("manageable (2–4)"),
    "busy": gettext_noop("too many (5–10)"),
    "flood": gettext_noop("flood (more than 10)"),
}
WORDS = {
    "severity": SEVERITIES,
    "incident_kind": INCIDENT_KINDS,
    "incident_entry": INCIDENT_ENTRIES,
    "resolution": RESOLUTIONS,
    "incident_next": INCIDENT_NEXT,
    "scope": SCOPES,
    "load_band": LOAD_BANDS,
}

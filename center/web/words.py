"""What the codes of complaints, probes and times mean, for people; self-warnings: `wire.warnings`."""

from django.utils.translation import gettext, gettext_noop

from center.web import audit_words, complaint_words, config_words, incident_words, operation_words, picture_words

STATUS_WORDS = {
    "received": gettext_noop("received"),
    "verified": gettext_noop("verified"),
    "in_progress": gettext_noop("in progress"),
    "answered": gettext_noop("answered"),
    "closed": gettext_noop("closed"),
    "routed": gettext_noop("passed on"),
    "on_hold": gettext_noop("on hold"),
    "reopened": gettext_noop("reopened"),
    "not_ours": gettext_noop("not the city's matter"),
    "duplicate": gettext_noop("duplicate"),
    "archived": gettext_noop("archived"),
}
REASONS = {
    "resolved": gettext_noop("resolved"),
    "information": gettext_noop("information given"),
    "refused": gettext_noop("refused, with reasons"),
    "duplicate": gettext_noop("duplicate"),
    "prank": gettext_noop("prank"),
    "ghost": gettext_noop("empty or by accident"),
    "other_agency": gettext_noop("belongs to another body"),
    "withdrawn": gettext_noop("withdrawn"),
    "no_reply": gettext_noop("no word from the citizen"),
}
CATEGORIES = {
    "aduan": gettext_noop("complaint"),
    "laporan": gettext_noop("report"),
    "saran": gettext_noop("suggestion"),
    "pendapat": gettext_noop("opinion"),
}
CLASSES = {
    "real": gettext_noop("genuine"),
    "information": gettext_noop("asks for information"),
    "prank_suspect": gettext_noop("suspected prank"),
    "ghost": gettext_noop("empty or by accident"),
}
QUALITIES = {
    "ntp": gettext_noop("clock synchronised"),
    "estimated": gettext_noop("time estimated"),
    "bounded": gettext_noop("time only bounded"),
}
PROBE_STATES = {
    "up": gettext_noop("up"),
    "down": gettext_noop("down"),
    "flapping": gettext_noop("on and off"),
    "unknown": gettext_noop("not known yet"),
}
INTEGRITY = {
    "intact": gettext_noop("Complete"),
    "checking": gettext_noop("Being checked: an explanation may still be on its way"),
    "fault": gettext_noop("Records are missing without explanation"),
    "unknown": gettext_noop("Not known yet: no report has arrived"),
}
MISSING = {
    "fault": gettext_noop("missing without explanation"),
    "checking": gettext_noop("being checked"),
    "card": gettext_noop("perhaps lost with the card, at most this many"),
    "restore": gettext_noop("lost when the database was restored"),
}
GAPS = {
    "bound": gettext_noop("let go because the bound was reached"),
    "disk": gettext_noop("storage full"),
    "thinned_5min": gettext_noop("thinned to one in 5 minutes"),
    "thinned_1h": gettext_noop("thinned to one an hour"),
    "age": gettext_noop("pictures kept for as long as the box may"),
    "corrupt": gettext_noop("storage damaged"),
    "refused": gettext_noop("unreadable for the centre"),
    "renumbered": gettext_noop("numbers of the epoch before"),
    "epoch": gettext_noop("begun anew with another card or board"),
    "restore": gettext_noop("lost when the database was restored"),
    "card": gettext_noop("perhaps lost with the card"),
    "fault": gettext_noop("missing without explanation"),
    "other": gettext_noop("given up by the box"),
}
STREAMS = {
    "complaint": gettext_noop("complaints"),
    "attachment": gettext_noop("attachments"),
    "event": gettext_noop("events"),
    "health": gettext_noop("reports"),
    "snapshot": gettext_noop("pictures"),
}
RUNG_STATES = {
    "ok": gettext_noop("fine"),
    "failed": gettext_noop("fails"),
    "note": gettext_noop("to note"),
    "unknown": gettext_noop("not known yet"),
    "unjudged": gettext_noop("cannot be judged yet"),
}
WHY_TRACED = {
    "hourly": gettext_noop("hourly check"),
    "failure": gettext_noop("because the line failed"),
    "asked": gettext_noop("asked for"),
}
SITE_KINDS = {
    "city": gettext_noop("city"),
    "agency": gettext_noop("agency"),
    "ppid": gettext_noop("PPID"),
    "rabeg": gettext_noop("RABEG"),
    "other": gettext_noop("other"),
}
SITE_INTRUSIONS = {
    "gambling": gettext_noop("gambling"),
    "defaced": gettext_noop("defaced"),
}
SITE_SOURCES = {
    "feed": gettext_noop("its feed"),
    "sitemap": gettext_noop("its sitemap"),
    "data": gettext_noop("the page's data (JSON-LD)"),
    "meta": gettext_noop("the page's meta tags"),
    "time": gettext_noop("times in the page"),
    "last_modified": gettext_noop("the Last-Modified header"),
    "text": gettext_noop("dates in the page's text"),
}
SITE_REASONS = {
    "timeout": gettext_noop("no complete answer in time"),
    "refused": gettext_noop("nobody serves there"),
    "reset": gettext_noop("the server hangs up"),
    "resolve_failed": gettext_noop("its name does not resolve"),
    "host_unreachable": gettext_noop("the server cannot be reached"),
    "net_unreachable": gettext_noop("its network cannot be reached"),
    "prohibited": gettext_noop("blocked on the way"),
    "no_route": gettext_noop("no route from there"),
    "tls_expired": gettext_noop("certificate expired"),
    "tls_not_yet_valid": gettext_noop("certificate not valid yet"),
    "tls_untrusted": gettext_noop("certificate not trusted or chain incomplete"),
    "tls_hostname": gettext_noop("certificate for another name"),
    "tls_failed": gettext_noop("TLS handshake fails"),
    "tls_refused_us": gettext_noop("TLS handshake refused"),
    "http_status": gettext_noop("answers with an error"),
    "http_malformed": gettext_noop("answers with something that is no HTTP"),
    "http_too_large": gettext_noop("answer's head too large"),
    "http_truncated": gettext_noop("answer breaks off"),
    "http_content": gettext_noop("empty page"),
    "site_foreign_redirect": gettext_noop("sends its readers to somebody else's site"),
    "site_default_page": gettext_noop("shows a server's default page or a placeholder"),
    "site_parked": gettext_noop("domain parked, for sale or expired"),
    "site_database_error": gettext_noop("its database does not answer"),
    "site_hosting_error": gettext_noop("shows its host's page: suspended or not set up"),
    "site_application_error": gettext_noop("its program fails"),
    "probe_failed": gettext_noop("the look itself failed"),
    "deadline": gettext_noop("the look itself failed"),
    "credentials": gettext_noop("the look itself failed"),
    "local_error": gettext_noop("the look itself failed"),
}
_NO_ANSWER, _ERROR, _TLS, _FALSE = (
    gettext_noop("silent"),
    gettext_noop("error"),
    gettext_noop("TLS"),
    gettext_noop("false page"),
)
SITE_SHORT = (
    {code: _TLS if code.startswith("tls_") else _FALSE if code.startswith("site_") else _ERROR for code in SITE_REASONS}
    | dict.fromkeys(("timeout", "reset", "host_unreachable", "net_unreachable", "prohibited", "no_route"), _NO_ANSWER)
    | {
        "refused": gettext_noop("refused"),
        "resolve_failed": gettext_noop("DNS"),
    }
)
"""The same in a word, for a cell."""
ROLES = {
    "viewer": gettext_noop("viewer"),
    "operator": gettext_noop("operator"),
    "technician": gettext_noop("technician"),
    "admin": gettext_noop("administrator"),
    "agency": gettext_noop("agency"),
    "lurah": gettext_noop("lurah"),
    "leadership": gettext_noop("leadership"),
}
STRETCHES = {
    "today": gettext_noop("today"),
    "month": gettext_noop("this month"),
    "last_month": gettext_noop("last month"),
}
WORDS = {
    "stretch": STRETCHES,
    "rung": RUNG_STATES,
    "why": WHY_TRACED,
    "site_kind": SITE_KINDS,
    "site_source": SITE_SOURCES,
    "site_intrusion": SITE_INTRUSIONS,
    "site_reason": SITE_REASONS,
    "site_short": SITE_SHORT,
    "integrity": INTEGRITY,
    "missing": MISSING,
    "gap": GAPS,
    "stream": STREAMS,
    "status": STATUS_WORDS,
    "reason": REASONS,
    "category": CATEGORIES | {"ppid": gettext_noop("request for information")},
    "class": CLASSES,
    "quality": QUALITIES,
    "probe": PROBE_STATES,
    "role": ROLES,
    **complaint_words.WORDS,
    **incident_words.WORDS,
    **picture_words.WORDS,
    **config_words.WORDS,
    **operation_words.WORDS,
    **audit_words.WORDS,
}


def words(table: dict[str, str]) -> dict[str, str]:
    """The table in the active language."""
    return {code: gettext(text) for code, text in table.items()}


def word(table: str, code: str) -> str:
    """One code of one of the tables of WORDS in the active language; unknown codes as they are."""
    known = WORDS[table]
    return gettext(known[code]) if code in known else code

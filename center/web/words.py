"""What the codes of complaints, probes, times and self-warnings mean, for people."""

from django.utils.translation import gettext, gettext_noop

STATUS_WORDS = {
    "received": gettext_noop("received"),
    "verified": gettext_noop("verified"),
    "in_progress": gettext_noop("in progress"),
    "answered": gettext_noop("answered"),
    "closed": gettext_noop("closed"),
}
REASONS = {
    "resolved": gettext_noop("resolved"),
    "information": gettext_noop("information given"),
    "duplicate": gettext_noop("duplicate"),
    "prank": gettext_noop("prank"),
    "ghost": gettext_noop("empty or by accident"),
    "other_agency": gettext_noop("belongs to another body"),
    "withdrawn": gettext_noop("withdrawn"),
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
EVENTS = {
    "received": gettext_noop("received"),
    "opened": gettext_noop("text opened"),
    "status": gettext_noop("moved on"),
    "note": gettext_noop("note"),
    "delivered": gettext_noop("the kiosk has the answer"),
    "closed": gettext_noop("closed"),
    "reopened": gettext_noop("reopened"),
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
WARNINGS = {
    "outbox_readonly": gettext_noop("Its storage can no longer be written: nothing new is kept. Change the SD card."),
    "disk_reserve": gettext_noop("Its storage is full up to the reserve: new complaints are refused."),
    "not_authorised": gettext_noop("The broker refuses its certificate. Enrol it again."),
    "uplink_down": gettext_noop("It cannot reach the broker."),
    "ack_stalled": gettext_noop("It sends, but the centre does not confirm."),
    "plugin_failing": gettext_noop("One of its parts keeps failing. On the box: sandi status"),
    "clock_unsynced": gettext_noop("Its clock is not synchronised."),
    "icmp_not_permitted": gettext_noop("It may not send pings. Check net.ipv4.ping_group_range on the box."),
    "undervoltage": gettext_noop("Its supply voltage is too low. Change power supply or cable."),
    "overheated": gettext_noop("It is too hot and slows itself down. Give it air."),
    "storage_worn": gettext_noop("Its SD card is nearly worn out. Change it soon."),
}
WORDS = {
    "status": STATUS_WORDS,
    "reason": REASONS,
    "category": CATEGORIES,
    "class": CLASSES,
    "event": EVENTS,
    "quality": QUALITIES,
    "probe": PROBE_STATES,
    "warning": WARNINGS,
}


def words(table: dict[str, str]) -> dict[str, str]:
    """The table in the active language."""
    return {code: gettext(text) for code, text in table.items()}


def word(table: str, code: str) -> str:
    """One code of one of the tables of WORDS in the active language; unknown codes as they are."""
    known = WORDS[table]
    return gettext(known[code]) if code in known else code

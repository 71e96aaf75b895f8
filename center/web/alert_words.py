"""Alerts in words: what channels, states and routes are called on the pages."""

from collections.abc import Sequence

from django.utils.translation import gettext, gettext_noop

from center.core.routing_facts import rank
from center.web.advice import party_word

CHANNEL_KINDS = {
    "telegram": gettext_noop("Telegram"),
    "email": gettext_noop("E-mail"),
    "webhook": gettext_noop("Webhook (signed JSON)"),
    "whatsapp": gettext_noop("WhatsApp gateway"),
    "ntfy": gettext_noop("ntfy"),
    "siren": gettext_noop("Siren in the hall (MQTT)"),
    "file": gettext_noop("File at the centre"),
    "apprise": gettext_noop("Another service (Apprise)"),
}
CHANNEL_LANGUAGES = {"id": "Indonesia", "en": "English"}
"""Each in its own words."""
SECRETS = {
    "telegram": gettext_noop("the bot's token, from @BotFather"),
    "email": gettext_noop("the password at the mail server"),
    "webhook": gettext_noop("the key of the signature (HMAC-SHA256)"),
    "whatsapp": gettext_noop("the gateway's token"),
    "ntfy": gettext_noop("the access token"),
    "apprise": gettext_noop("the service's address as Apprise writes it, such as slack://..."),
}
STATES = {
    "waiting": gettext_noop("waiting"),
    "claimed": gettext_noop("being sent"),
    "sending": gettext_noop("being sent"),
    "sent": gettext_noop("sent"),
    "joined": gettext_noop("sent in a digest"),
    "failed": gettext_noop("failed, will be tried again"),
    "given_up": gettext_noop("never delivered"),
    "muted": gettext_noop("withdrawn: no longer needed"),
}
WHAT = {
    "opened": gettext_noop("opened"),
    "grew": gettext_noop("grew"),
    "escalated": gettext_noop("escalated"),
    "reminder": gettext_noop("reminder"),
    "resolved": gettext_noop("recovered"),
    "silenced": gettext_noop("silenced"),
    "digest": gettext_noop("digest"),
    "test": gettext_noop("test"),
    "alive": gettext_noop("sign of life"),
    "complaint": gettext_noop("complaint for an agency"),
}
SEVERITY = {
    "info": gettext_noop("Everything, also mere information"),
    "warning": gettext_noop("Warnings and critical"),
    "critical": gettext_noop("Critical"),
}
INCIDENT_KINDS = {
    "node": gettext_noop("single nodes"),
    "parent": gettext_noop("lines, feeders and areas"),
    "blind": gettext_noop("the centre being blind"),
    "clone": gettext_noop("cloned boxes"),
    "integrity": gettext_noop("missing records"),
    "certificate": gettext_noop("certificates that are not renewed"),
    "channel": gettext_noop("alert channels that fail"),
    "overdue": gettext_noop("overdue complaints"),
    "urgent": gettext_noop("urgent complaints"),
    "complaint": gettext_noop("complaints given to an agency"),
}
PARTIES = ("isp", "pln", "site", "city", "center", "agency", "none")
LABELS = {
    "chat": gettext_noop("Number of the chat or group"),
    "base_url": gettext_noop("Address of the server"),
    "silent_info": gettext_noop("Mere information without a sound"),
    "url": gettext_noop("Address (URL)"),
    "topic": gettext_noop("Topic"),
    "host": gettext_noop("Mail server"),
    "port": gettext_noop("Port"),
    "security": gettext_noop("Encryption: starttls, tls or none"),
    "user": gettext_noop("User name at the server"),
    "sender": gettext_noop("Sender"),
    "to": gettext_noop("Recipient"),
    "to_field": gettext_noop("Field for the number"),
    "text_field": gettext_noop("Field for the text"),
    "fixed": gettext_noop("Further fields (JSON)"),
    "header": gettext_noop("Header for the secret"),
    "as_form": gettext_noop("Send as a form instead of JSON"),
    "siren": gettext_noop("Name of the siren, such as center-siren-1"),
    "name": gettext_noop("Name of the file"),
}


def party_name(party: str) -> str:
    """Whose it is, also when nobody knows."""
    return gettext("nobody known") if party == "none" else party_word(party)


def route_sentence(
    *,
    severity: str,
    kinds: Sequence[str],
    parties: Sequence[str],
    places: Sequence[str],
    hours: str,
    quiet_hours: str,
    quiet_severity: str,
    level: int,
    after_min: int,
    to_site: bool,
) -> str:
    """A route as one sentence: what it is about, when it speaks. Unknown words are shown as they are."""
    parts = [gettext(SEVERITY.get(severity, severity))]
    if kinds:
        parts.append(gettext("about %(kinds)s") % {"kinds": _listed([_word(INCIDENT_KINDS, one) for one in kinds])})
    if parties:
        parts.append(gettext("caused by %(parties)s") % {"parties": _listed([party_name(one) for one in parties])})
    if places:
        parts.append(gettext("at %(places)s") % {"places": _listed(places)})
    parts.append(gettext("during %(hours)s") % {"hours": hours} if hours else gettext("at any time"))
    if quiet_hours and rank(severity) < rank(quiet_severity):
        parts.append(gettext("quiet during %(hours)s") % {"hours": quiet_hours})
    if level:
        parts.append(gettext("after %(count)d escalations") % {"count": level})
    if after_min:
        parts.append(gettext("when nobody acknowledged for %(count)d minutes") % {"count": after_min})
    if to_site:
        parts.append(gettext("to the site's own people"))
    return ", ".join(parts)


def _word(table: dict[str, str], code: str) -> str:
    return gettext(table[code]) if code in table else code


def _listed(words: Sequence[str]) -> str:
    shown = list(words[:5])
    return ", ".join([*shown, gettext("%(count)d more") % {"count": len(words) - 5}] if len(words) > 5 else shown)

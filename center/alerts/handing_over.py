"""A delivery made ready to leave: settings and secret of its channel, the address it stands for, its final text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from center.alerts.addresses import resolve
from center.alerts.channel import Centre, DeliveryError, Message, full_text, load_settings
from center.alerts.channels.table import CHANNELS, secret_of, sender, settings_class
from center.alerts.outbox import Job
from center.alerts.secret_files import read_secret
from center.alerts.sirens import sounding
from center.core.alert_words import line
from center.core.routing_facts import OPEN_WORDS
from center.errors import ConfigError
from center.ingest.database import select

WAITED_MS = 60_000
"""What went out sooner says nothing of who is on it: nobody could be."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Ready to be handed over by a thread that needs no database. `hidden`: what must never show in an error."""

    channel: str
    send: Callable[[], None]
    hidden: tuple[str, ...] = ()


def prepare(job: Job, centre: Centre, now_ms: int) -> Prepared:
    """Everything but the sending.

    Raises:
        DeliveryError: the channel is not what it should be, or nobody is there to be told.
    """
    rows = select("SELECT kind, settings, secret, language FROM alerts_channel WHERE name = %s", (job.channel,))
    if not rows:
        raise DeliveryError("the channel does not exist any more", permanent=True, one_address=True)
    kind, settings_text, secret_file, language = rows[0]
    to = resolve(kind, job.address)
    if to is None:
        raise DeliveryError("the site's person cannot be reached this way", permanent=True, one_address=True)
    wished_ms = job.due_ms if job.tried_ms is None else min(job.due_ms, job.tried_ms)  # each retry moves `due_ms`
    said = [job.text, *_standing(job, language, now_ms)]
    text = full_text("\n".join(said), made_ms=job.made_ms, due_ms=wished_ms, now_ms=now_ms, repeat=job.uncertain,
                     language=language, link=_page(job, centre))  # fmt: skip
    message = Message(
        key=job.key, what=job.what, severity=job.severity, text=text, made_ms=job.made_ms, incident=job.incident, to=to,
        repeat=job.uncertain, sounding=sounding(job.channel, now_ms) if kind == "siren" else 0, centre=centre,
    )  # fmt: skip
    return prepare_message(job.channel, kind, settings_text, secret_file, message)


def _standing(job: Job, language: str, now_ms: int) -> list[str]:
    """Of what waited before it went out (quiet hours, a higher level, retries): whether somebody is on it by now."""
    if job.incident is None or job.address or job.what not in OPEN_WORDS or now_ms - job.made_ms < WAITED_MS:
        return []
    rows = select("SELECT acknowledged_ms FROM operations_incident WHERE id = %s", (job.incident,))
    return [line("nobody_yet" if rows[0][0] is None else "somebody", language)] if rows else []


def _page(job: Job, centre: Centre) -> str:
    """The incident's page, of a digest the list of incidents, for people of the city; a site's own have no account."""
    if job.address or not centre.public_url or (job.incident is None and job.what != "digest"):
        return ""
    one = "" if job.incident is None else f"{job.incident}/"
    return f"{centre.public_url.rstrip('/')}/incidents/{one}"


def prepare_message(channel: str, kind: str, settings_text: str, secret_file: str, message: Message) -> Prepared:
    """Settings and secret checked, and the message bound to its channel."""
    if kind not in CHANNELS:
        raise DeliveryError(f"there is no channel of the kind: {kind[:16]}", permanent=True)
    try:
        settings: Any = load_settings(settings_class(kind), settings_text)
    except ConfigError as error:
        raise DeliveryError(f"the settings are wrong: {error}", permanent=True) from error
    secret = read_secret(message.centre.data, secret_file or channel) or ""
    if not secret and secret_of(kind) == "needed":
        raise DeliveryError("the channel's secret is missing; put it there with sandi-center alert secret",
                            permanent=True)  # fmt: skip
    send = sender(kind)
    return Prepared(channel, lambda: send(settings, secret, message), tuple(one for one in (secret, message.to) if one))

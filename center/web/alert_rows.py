"""Rows of the alerts' page, with the codes of the tables as words."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext

from center.alerts.channels.table import CHANNELS, secret_of
from center.alerts.error_words import said
from center.alerts.models import Channel, Delivery
from center.alerts.secret_files import read_secret
from center.web.advice import language
from center.web.alert_words import CHANNEL_KINDS, CHANNEL_LANGUAGES, STATES, WHAT

SHOWN = 200


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """One channel as it is shown. `lacks_secret`: it needs one and has none."""

    channel: Channel
    kind_word: str
    language_word: str
    lacks_secret: bool
    waiting: int
    error: str


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery as it is shown: no addresses, only whether it went to a site's people."""

    delivery: Delivery
    head: str
    what_word: str
    state_word: str
    to_people: bool
    troubled: bool
    error: str


def channel_rows() -> list[ChannelRow]:
    """All channels, those that fail first."""
    waiting = ("waiting", "claimed", "sending", "failed")
    rows = []
    for one in Channel.objects.order_by("name"):
        needs = one.kind in CHANNELS and secret_of(one.kind) == "needed"
        lacks = needs and read_secret(settings.DATA_DIR, one.secret or one.name) is None
        count = Delivery.objects.filter(channel=one.name, state__in=waiting).count()
        rows.append(
            ChannelRow(
                one,
                gettext(CHANNEL_KINDS.get(one.kind, one.kind)),
                CHANNEL_LANGUAGES.get(one.language, CHANNEL_LANGUAGES["id"]),
                lacks,
                count,
                said(one.last_error, language()),
            )
        )
    return sorted(rows, key=lambda row: row.channel.failing_since_ms is None)


def delivery_rows(deliveries: QuerySet[Delivery]) -> list[DeliveryRow]:
    """The newest SHOWN, newest first."""
    return [
        DeliveryRow(
            one,
            one.text.partition("\n")[0],
            gettext(WHAT.get(one.what, one.what)),
            gettext(STATES.get(one.state, one.state)),
            one.address.startswith("person:"),
            one.state in {"failed", "given_up"},
            said(one.error, language()),
        )
        for one in deliveries.order_by("-id")[:SHOWN]
    ]

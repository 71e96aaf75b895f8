"""Tables of alerts: channels, who is told what through which, and the outbox of what is to be delivered.

A change of an incident is turned into deliveries in the transaction that made it; the alerts process drains them,
each claimed by a conditional update. A secret of a channel lies in a file of the centre, never in the database.
"""

from django.db import models


class Channel(models.Model):
    """One way to reach people: `kind` is a word of `center.alerts.channels`, `settings` its JSON without secrets.

    `secret`: name of the file under DATA/alerts-secrets that holds the address with its password (0600).
    """

    name = models.SlugField(max_length=40, primary_key=True)
    kind = models.CharField(max_length=16)
    settings = models.TextField(default="{}")
    secret = models.CharField(max_length=64, default="", blank=True)
    per_minute = models.PositiveSmallIntegerField(default=10)
    enabled = models.BooleanField(default=True)
    # In which language it is spoken to: "id" or "en" (`center.core.alert_words`).
    language = models.CharField(max_length=2, default="id", db_default="id")
    # Every so many minutes a sign of life goes out through it: whoever misses one knows that alerts are dead. 0: none.
    alive_every_min = models.PositiveSmallIntegerField(default=0)
    # Since when nothing has got through, while that lasts.
    failing_since_ms = models.BigIntegerField(null=True, blank=True)
    # What it last did, for the page: never the reason for anything.
    last_ok_ms = models.BigIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=200, default="", blank=True)
    last_error_ms = models.BigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Route(models.Model):
    """Which incidents go to a channel. Empty lists (JSON) match everything.

    `level`: 0 at once, n when the incident was escalated n times or nobody acknowledged for `after_min`. In
    `quiet_hours` (weekly hours, `center.core.hours`) only what is at least `quiet_severity` goes out, the rest waits.
    """

    name = models.CharField(max_length=80)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="routes")
    kinds = models.TextField(default="[]")
    parties = models.TextField(default="[]")
    sites = models.TextField(default="[]")
    kecamatan = models.TextField(default="[]")
    least_severity = models.CharField(max_length=10, default="warning")
    hours = models.CharField(max_length=200, default="", blank=True)
    quiet_hours = models.CharField(max_length=200, default="", blank=True)
    quiet_severity = models.CharField(max_length=10, default="critical")
    level = models.SmallIntegerField(default=0)
    after_min = models.PositiveSmallIntegerField(default=0)
    to_site = models.BooleanField(default=False)  # to the site's own people (`sites.Person`) through this channel
    enabled = models.BooleanField(default=True)


class Delivery(models.Model):
    """One message to one address. `key` is its identity for ever (incident, what, route, address): made twice = once.

    States: "waiting" -> "claimed" -> "sending" -> "sent" | "failed" | "given_up"; "muted" was never to go out. Between
    "sending" and "sent" a crash leaves it open whether it went out: such a one is sent again, marked as a repeat.
    "failed" is tried again at `due_ms`; "joined" went out with others as the digest `into`.

    `uncertain`: a try may have arrived. `tried_ms`: the first try. `address`: "" the channel's own, or "person:ID" of
    `sites.Person`, looked up when sent: neither numbers nor names of people are kept here.
    """

    key = models.CharField(max_length=200, unique=True)
    incident = models.BigIntegerField(null=True, blank=True)
    channel = models.CharField(max_length=40)
    address = models.CharField(max_length=200, default="", blank=True)
    # opened | grew | escalated | reminder | resolved | silenced | digest | test | alive
    what = models.CharField(max_length=16)
    severity = models.CharField(max_length=10)
    text = models.TextField()
    made_ms = models.BigIntegerField()
    due_ms = models.BigIntegerField()
    state = models.CharField(max_length=10, default="waiting")
    claimed_by = models.CharField(max_length=64, default="", blank=True)
    claimed_ms = models.BigIntegerField(null=True, blank=True)
    attempts = models.SmallIntegerField(default=0)
    sent_ms = models.BigIntegerField(null=True, blank=True)
    route = models.BigIntegerField(default=0)
    into = models.BigIntegerField(null=True, blank=True)
    uncertain = models.BooleanField(default=False)
    tried_ms = models.BigIntegerField(null=True, blank=True)
    error = models.CharField(max_length=200, default="", blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("state", "due_ms"), name="delivery_due"),
            models.Index(fields=("incident", "made_ms"), name="delivery_incident"),
            models.Index(fields=("channel", "sent_ms"), name="delivery_channel_sent"),
        )


class Beat(models.Model):
    """One alerts process and when it last said that it works; `owner` is what its claims carry."""

    owner = models.CharField(max_length=64, primary_key=True)
    since_ms = models.BigIntegerField()
    alive_ms = models.BigIntegerField()

"""What ingest stores: raw records, the sets that outlive them, presence, quarantine and the tail of changes.

Rows here are written with raw SQL by `center.ingest.store`; the models exist for migrations and for reading.
Node ids are plain text, not foreign keys: what arrives under a valid certificate is kept even when the site list
is edited, and a join is never needed to store.
"""

from django.db import models
from django.db.models import Q


class RawRecord(models.Model):
    """One record exactly as the node filed it. Identity (node, epoch, stream, seq); never updated."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    stream = models.CharField(max_length=16)
    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64)
    boot = models.CharField(max_length=64)
    run = models.CharField(max_length=64)
    mono_ms = models.BigIntegerField()
    wall_ms = models.BigIntegerField()
    synced = models.BooleanField()
    kind = models.CharField(max_length=64)
    body = models.TextField()
    received_ms = models.BigIntegerField()
    # A code when the body does not fit its kind: kept, never projected.
    rejected = models.CharField(max_length=32, default="", blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("node", "epoch", "stream", "seq"), name="raw_identity"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="raw_seq_positive"),
        )
        indexes = (models.Index(fields=("received_ms",), name="raw_received"),)


class Span(models.Model):
    """Sequence numbers `first..last` of a lane that were stored: outlives the rows, so old re-sends stay duplicates."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    stream = models.CharField(max_length=16)
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("node", "epoch", "stream", "first"), name="span_identity"),
            models.CheckConstraint(condition=Q(last__gte=models.F("first")), name="span_ordered"),
        )


class Head(models.Model):
    """What the node said it holds of a lane, from its newest batch: the base of the gap audit."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    stream = models.CharField(max_length=16)
    oldest_held = models.BigIntegerField()
    head = models.BigIntegerField()
    received_ms = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "stream"), name="head_identity"),)


class Epoch(models.Model):
    """One life of one outbox file. `conflict` = the same identity came with other content (a cloned card)."""

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    predecessor = models.CharField(max_length=64, default="", blank=True)
    board = models.CharField(max_length=500, default="", blank=True)
    reason = models.CharField(max_length=500, default="", blank=True)
    # What the predecessor had given out per stream, as JSON {stream: head}: from the same notice as the three above.
    predecessor_heads = models.TextField(default="{}", blank=True)
    first_seen_ms = models.BigIntegerField()
    conflict = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch"), name="epoch_identity"),)


class Presence(models.Model):
    """Evidence about one node and epoch by the centre's clock: births, wills, and the last live message.

    `session` only grows within an epoch. `hint` is what the retained state topic says ("online" | "offline"), a hint;
    `live_ms` is when something was last received that was not retained: evidence. `warnings` are the codes (JSON) that
    the birth carries while the node's disk takes no report that could tell them.
    """

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    session = models.BigIntegerField(default=0)
    nonce = models.CharField(max_length=64, default="", blank=True)
    boot = models.CharField(max_length=64, default="", blank=True)
    run = models.CharField(max_length=64, default="", blank=True)
    version = models.CharField(max_length=64, default="", blank=True)
    hint = models.CharField(max_length=8, default="", blank=True)
    hint_reason = models.CharField(max_length=16, default="", blank=True)
    hint_ms = models.BigIntegerField(null=True, blank=True)
    live_ms = models.BigIntegerField(null=True, blank=True)
    born_ms = models.BigIntegerField(default=0)
    warnings = models.TextField(default="[]", blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch"), name="presence_identity"),)


class Quarantined(models.Model):
    """A payload or record that could not be used, with its reason. Bounded per node and in all: the oldest give way.

    `size_bytes` is the size of the whole; of it `payload` keeps the beginning.
    """

    node = models.CharField(max_length=64, default="", blank=True)
    topic = models.CharField(max_length=256)
    code = models.CharField(max_length=32)
    detail = models.CharField(max_length=500, default="", blank=True)
    digest = models.CharField(max_length=64, default="", blank=True)
    size_bytes = models.BigIntegerField(default=0)
    payload = models.BinaryField(max_length=4096)
    received_ms = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=("node", "received_ms"), name="quarantined_node"),)


class Generation(models.Model):
    """Single row: names this database's life. Renewed at restore; nodes re-offer what they keep when it changes."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    value = models.CharField(max_length=64)
    created_ms = models.BigIntegerField()
    reason = models.CharField(max_length=32, default="created")

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="generation_single_row"),)


class Restore(models.Model):
    """One restore of an older database: when it was put back, and when the newest record it knows had arrived."""

    generation = models.CharField(max_length=64, primary_key=True)
    at_ms = models.BigIntegerField()
    known_until_ms = models.BigIntegerField(null=True, blank=True)


class RestoredLane(models.Model):
    """What a restored database knew of a lane, and how far the restore can explain missing numbers.

    `floor`: what the node held as far as that database knew; `known_last`: the highest number stored, 0 for a lane it
    had never heard of. `bound` = the highest number the node has named since, within the first minutes after its first
    statement at `said_ms` (NULL = it has not spoken yet).
    """

    generation = models.CharField(max_length=64)
    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    stream = models.CharField(max_length=16)
    floor = models.BigIntegerField()
    known_last = models.BigIntegerField()
    bound = models.BigIntegerField(default=0)
    said_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("generation", "node", "epoch", "stream"), name="restored_lane_identity"),
        )
        indexes = (models.Index(fields=("node", "epoch"), name="restored_lane_node"),)


class Change(models.Model):
    """Tail of changes that live pages follow by id. Bounded: a follower that fell behind reloads instead."""

    kind = models.CharField(max_length=32)
    node = models.CharField(max_length=64, default="", blank=True)
    at_ms = models.BigIntegerField()


class Listener(models.Model):
    """One ingest worker's own statement of whether it is connected and making progress."""

    worker = models.PositiveSmallIntegerField(primary_key=True)
    pid = models.IntegerField()
    connected = models.BooleanField(default=False)
    since_ms = models.BigIntegerField()
    alive_ms = models.BigIntegerField()
    detail = models.CharField(max_length=200, default="", blank=True)


class Cursor(models.Model):
    """How far a follower of `RawRecord.id` has come; moved in the transaction that did the work."""

    name = models.CharField(max_length=32, primary_key=True)
    position = models.BigIntegerField(default=0)


class Contact(models.Model):
    """One session of a node as the centre heard it, by the centre's clock; a few rows a day, kept like outages.

    `heard_ms`: the last that arrived live in it. `ended_ms` and `end_reason` ("will", "stop", "replaced") while known;
    a session that ended unnoticed is closed by the next one, `replaced`.
    """

    node = models.CharField(max_length=64)
    epoch = models.CharField(max_length=64)
    session = models.BigIntegerField()
    boot = models.CharField(max_length=64)
    run = models.CharField(max_length=64)
    born_ms = models.BigIntegerField()
    heard_ms = models.BigIntegerField()
    ended_ms = models.BigIntegerField(null=True, blank=True)
    end_reason = models.CharField(max_length=16, default="", blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("node", "epoch", "session"), name="contact_identity"),)
        indexes = (models.Index(fields=("node", "born_ms"), name="contact_node_born"),)


class Hearing(models.Model):
    """A stretch of time in which at least one ingest worker heard the fleet. Outside of all of them nobody listened."""

    since_ms = models.BigIntegerField()
    until_ms = models.BigIntegerField()

    class Meta:
        indexes = (models.Index(fields=("until_ms",), name="hearing_until"),)

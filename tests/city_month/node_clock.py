"""A node's clock: when it was set in each boot, and the anchors that tell the centre of it."""

from random import Random

from tests.city_month.delivery import Delivery
from tests.city_month.drawing import HOUR, S
from tests.city_month.evidence import Anchor, Row
from tests.city_month.stretches import Stretch, minus, next_within
from tests.city_month.truth import Boot, NodeTruth

LIES_MS = (-7 * HOUR, -HOUR, -600 * S, 45 * S)
"""A time server that is wrong, and says that it is not."""


def set_clocks(random: Random, truth: NodeTruth) -> None:
    """When each boot's clock was set: soon after the line is good; late, or never, where time servers are blocked."""
    for boot in truth.boots:
        luck = random.random()
        if luck < 0.03:
            continue
        delay = random.randint(5 * S, 60 * S) if luck > 0.06 else random.randint(600 * S, 5 * HOUR)
        good = minus([(run.start_ms, run.end_ms) for run in boot.runs], [spell[:2] for spell in truth.trouble])
        boot.synced_ms = next_within(good, boot.runs[0].start_ms + delay)


def anchors(random: Random, boot: Boot, delivery: Delivery, lies: float) -> list[Row]:
    """Each run files one as soon as the clock is set; a clock first set badly is stepped later."""
    rows: list[Row] = []
    stepped = random.random() < 0.1
    for run in boot.runs:
        if boot.synced_ms is None or boot.synced_ms >= run.end_ms:
            continue
        at = max(boot.synced_ms, run.start_ms + S)
        lie = random.choice(LIES_MS) if lies and random.random() < lies else 0
        filed = [(at, 2000 if stepped else random.randint(1, 60), lie)]
        if (stepped or lie) and at + HOUR < run.end_ms:
            filed.append((at + HOUR, 20, 0))
        for made, error, wrong in filed:
            arrived = delivery.arrival(made)
            offset = boot.start_ms + random.randint(-error, error) + wrong
            if arrived is not None and made < run.end_ms:
                rows.append(Anchor(arrived, boot.name, run.name, made - boot.start_ms, offset, error))
    return rows


def badly_clocked(rows: list[Row], truth: NodeTruth) -> list[Stretch]:
    """Boots whose records nobody can date to the second."""
    coarse = {row.boot for row in rows if isinstance(row, Anchor) and row.error_ms > S}
    good = {row.boot for row in rows if isinstance(row, Anchor)} - coarse
    return [(boot.start_ms, boot.runs[-1].end_ms) for boot in truth.boots if boot.name not in good]

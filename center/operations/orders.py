"""What was asked of boxes, for pages, the API and the terminal: lists, one operation, its nodes, what they printed.

Reads alone. Everything comes as frozen rows with their figures worked out; JSON columns are decoded.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Count, QuerySet

from center.core.rollout import BAD, wave_numbers
from center.operations.command_models import (
    OVER,
    TARGET_FINAL,
    Operation,
    OperationOutput,
    OperationTarget,
    TargetState,
)
from wire.commands import COMMANDS

Scalar = str | int | float | bool | None
OPEN = ("waiting", "running", "paused")
MOST = 500


@dataclass(frozen=True, slots=True)
class Counts:
    """How many nodes of an operation stand where."""

    queued: int = 0
    due: int = 0
    sent: int = 0
    accepted: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    rejected: int = 0
    expired: int = 0
    skipped: int = 0

    @property
    def total(self) -> int:
        """All nodes."""
        return self.open + self.ended

    @property
    def bad(self) -> int:
        """Failed, rejected and expired: what the threshold counts."""
        return self.failed + self.rejected + self.expired

    @property
    def ended(self) -> int:
        """Nodes with an end, those that were skipped included."""
        return self.done + self.bad + self.skipped

    @property
    def open(self) -> int:
        """Nodes without an end."""
        return self.queued + self.due + self.sent + self.accepted + self.running

    @property
    def ended_pct(self) -> int:
        """Of all nodes, rounded down: 100 only when all have an end."""
        return self.ended * 100 // self.total if self.total else 0


@dataclass(frozen=True, slots=True)
class OperationRow:
    """One operation. `sole_node`: its node when it has just one, else "". `wave` of `waves`, from 1; 0: none begun."""

    id: str
    command: str
    gravity: str
    arguments: Mapping[str, Scalar]
    note: str
    state: str
    why: str
    why_facts: Mapping[str, Scalar]
    made_by: str
    made_ms: int
    second_by: str
    second_ms: int | None
    lapses_ms: int | None
    ended_by: str
    ended_ms: int | None
    canary: int
    batch_size: int
    abort_pct: int
    pause_s: int
    wave: int
    waves: int
    next_wave_ms: int | None
    counts: Counts
    sole_node: str = ""

    @property
    def over(self) -> bool:
        """Nothing more is begun; nodes that had begun may still end."""
        return self.state in OVER

    @property
    def settled(self) -> bool:
        """It is over and every node has its end."""
        return self.over and not self.counts.open


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One node of an operation. `arguments` are what this node gets; `by_node`: the node itself said how it ended."""

    id: str
    operation: str
    command: str
    made_by: str
    made_ms: int
    node: str
    position: int
    wave: int
    arguments: Mapping[str, Scalar]
    state: str
    code: str
    detail: str
    progress_pct: int
    result: Mapping[str, Scalar]
    due_ms: int | None
    sent_ms: int | None
    accepted_ms: int | None
    ended_ms: int | None
    by_node: bool
    parts: int = 0

    @property
    def final(self) -> bool:
        """Whether it has an end."""
        return self.state in TARGET_FINAL

    @property
    def bad(self) -> bool:
        """Whether it counts against the threshold."""
        return self.state in BAD

    @property
    def took_ms(self) -> int | None:
        """From when it was to be sent to its end, by the centre's clock."""
        return None if self.due_ms is None or self.ended_ms is None else max(0, self.ended_ms - self.due_ms)


@dataclass(frozen=True, slots=True)
class OutputText:
    """What a command printed as far as it arrived: `missing` parts are shown as a line of dots; `cut`: the node's bound
    was reached."""

    target: str
    text: str
    parts: int
    missing: int
    cut: bool


def operations(
    limit: int = 50, node: str = "", state: str = "", *, within: Collection[str] | None = None
) -> list[OperationRow]:
    """The newest first. `state`: one of `OperationState`, or "open" for what is not over. `within`: only those all of
    whose nodes are in it."""
    rows = Operation.objects.order_by("-made_ms", "-id")
    if state:
        rows = rows.filter(state__in=OPEN) if state == "open" else rows.filter(state=state)
    if node:
        rows = rows.filter(targets__node=node)
    if within is not None:
        rows = rows.exclude(pk__in=OperationTarget.objects.exclude(node__in=within).values("operation_id"))
    return operation_rows(rows[: min(limit, MOST)])


def operation(operation_id: str) -> OperationRow | None:
    """One operation; None when there is none."""
    return next(iter(operation_rows(Operation.objects.filter(pk=operation_id))), None)


def targets(operation_id: str) -> list[TargetRow]:
    """The nodes of one operation in their order."""
    found = _target_rows(OperationTarget.objects.filter(operation=operation_id).order_by("position", "pk"))
    order = Operation.objects.filter(pk=operation_id).first()
    if order is None:
        return []
    waves = wave_numbers(len(found), order.canary, order.batch_size)
    return [replace(one, wave=wave) for one, wave in zip(found, waves, strict=True)]


def target(target_id: str) -> TargetRow | None:
    """One node of an operation, by the id that its messages carry; None when there is none."""
    return next(iter(_target_rows(OperationTarget.objects.filter(pk=target_id))), None)


def of_node(node: str, limit: int = 20) -> list[TargetRow]:
    """What was asked of one node, the newest first."""
    rows = OperationTarget.objects.filter(node=node).order_by("-operation__made_ms", "-pk")
    return _target_rows(rows[: min(limit, MOST)])


def output(target_id: str) -> OutputText:
    """What one node printed; empty when nothing has arrived."""
    rows = list(OperationOutput.objects.filter(target=target_id).order_by("part"))
    text, missing, expected = [], 0, 1
    for row in rows:
        if row.part > expected:
            missing += row.part - expected
            text.append("\n[...]\n")
        text.append(row.text)
        expected = row.part + 1
    return OutputText(target_id, "".join(text), len(rows), missing, any(row.cut for row in rows))


def operation_rows(rows: "Iterable[Operation]") -> list[OperationRow]:
    """Rows of the table with their counts."""
    found = list(rows)
    counts, soles = _counts([one.pk for one in found])
    return [_row(one, counts.get(one.pk, Counts()), soles.get(one.pk, "")) for one in found]


def _row(one: Operation, counts: Counts, sole: str) -> OperationRow:
    kind = COMMANDS.get(one.command)
    waves = max(wave_numbers(counts.total, one.canary, one.batch_size), default=0)
    return OperationRow(
        id=one.pk, command=one.command, gravity=kind.gravity if kind else "grave", arguments=_decoded(one.arguments),
        note=one.note, state=one.state, why=one.why, why_facts=_decoded(one.why_facts), made_by=one.made_by,
        made_ms=one.made_ms, second_by=one.second_by, second_ms=one.second_ms, lapses_ms=one.lapses_ms,
        ended_by=one.ended_by, ended_ms=one.ended_ms, canary=one.canary, batch_size=one.batch_size,
        abort_pct=one.abort_pct, pause_s=one.pause_s, wave=one.wave,
        waves=waves, next_wave_ms=one.next_wave_ms, counts=counts, sole_node=sole,
    )  # fmt: skip


def _counts(ids: list[str]) -> tuple[dict[str, Counts], dict[str, str]]:
    """Per operation its counts, and the node where it is only one."""
    found: dict[str, dict[str, int]] = {}
    of_these = OperationTarget.objects.filter(operation__in=ids)
    for one in of_these.values("operation_id", "state").annotate(many=Count("pk")).order_by():
        if one["state"] in TargetState.values:
            found.setdefault(one["operation_id"], {})[one["state"]] = one["many"]
    counts = {operation: Counts(**many) for operation, many in found.items()}
    alone = [operation for operation, many in counts.items() if many.total == 1]
    soles = OperationTarget.objects.filter(operation__in=alone).values_list("operation_id", "node")
    return counts, dict(soles)


def _target_rows(rows: "QuerySet[OperationTarget]") -> list[TargetRow]:
    found = list(rows.select_related("operation"))
    printed = OperationOutput.objects.filter(target__in=[one.pk for one in found])
    parts = dict(printed.values("target_id").annotate(many=Count("pk")).order_by().values_list("target_id", "many"))
    return [_target_row(one, parts.get(one.pk, 0)) for one in found]


def _target_row(one: OperationTarget, parts: int) -> TargetRow:
    arguments = {**_decoded(one.operation.arguments), **_decoded(one.arguments)}
    return TargetRow(
        id=one.pk, operation=one.operation_id, command=one.operation.command, made_by=one.operation.made_by,
        made_ms=one.operation.made_ms, node=one.node, position=one.position, wave=one.wave, arguments=arguments,
        state=one.state, code=one.code, detail=one.detail, progress_pct=one.progress_pct, result=_decoded(one.result),
        due_ms=one.due_ms, sent_ms=one.sent_ms, accepted_ms=one.accepted_ms, ended_ms=one.ended_ms,
        by_node=one.by_node, parts=parts,
    )  # fmt: skip


def _decoded(text: str) -> dict[str, Scalar]:
    """A JSON column; anything but an object is an empty one."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

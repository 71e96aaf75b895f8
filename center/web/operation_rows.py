"""What the pages of operations show beside the rows of `center.operations.orders`: bars, names, pictures, filters."""

from dataclasses import dataclass
from typing import Any, Final

from center.cctv.models import Snapshot
from center.core.witnesses import sentence
from center.operations import orders, witnessing
from center.operations.command_models import TargetState
from center.operations.orders import Counts, OperationRow, OutputText, TargetRow
from center.web.advice import language
from center.web.operation_nodes import names_of
from center.web.operation_sentences import arguments_said, figures, found_said, why_stopped

SHOWS: Final = ("", "bad", "open", "done")
WHOLE: Final = 3
"""An operation on at most so many boxes shows everything of each; of a larger one the page of a box is a link."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One stretch of the bar of progress, in per mille of its width. `kind`: done, bad, skipped, busy."""

    kind: str
    left: int
    width: int


@dataclass(frozen=True, slots=True)
class ListRow:
    """One operation in the list. `where`: its box by name when it has just one, else "". `sole`: the state of that one
    box, which says more than the operation's own once it is begun."""

    one: OperationRow
    where: str
    sole: str
    details: str
    why: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class BoxRow:
    """One box of an operation. `whole`: with output and pictures, else a link to them."""

    one: TargetRow
    name: str
    whole: bool
    found: str
    figures: tuple[tuple[str, str], ...]
    output: OutputText | None
    pictures: tuple[Snapshot, ...]


def list_rows(found: list[OperationRow]) -> list[ListRow]:
    """What runs or waits first, then the newest."""
    names = names_of([row.sole_node for row in found if row.sole_node])
    ordered = sorted(found, key=lambda row: (row.over, -row.made_ms))
    return [list_row(row, names) for row in ordered]


def list_row(row: OperationRow, names: dict[str, str] | None = None) -> ListRow:
    """One operation with its words."""
    known = names_of([row.sole_node]) if names is None and row.sole_node else names or {}
    where = known.get(row.sole_node) or row.sole_node
    return ListRow(row, where, _sole(row), arguments_said(row.arguments), why_stopped(row), bars(row.counts))


def _sole(row: OperationRow) -> str:
    if row.counts.total != 1 or row.state not in {"running", "done"}:
        return ""
    return next(name for name in TargetState.values if getattr(row.counts, name))


def bars(counts: Counts) -> tuple[Bar, ...]:
    """The bar's stretches from the left: what went well, what did not, what was left out, what is on its way."""
    total = counts.total or 1
    busy = counts.sent + counts.accepted + counts.running
    found, left = [], 0
    for kind, many in (("done", counts.done), ("bad", counts.bad), ("skipped", counts.skipped), ("busy", busy)):
        width = many * 1000 // total
        if many:
            found.append(Bar(kind, left, max(width, 6)))
            left += width
    return tuple(found)


def box_rows(row: OperationRow, show: str, node: str) -> list[BoxRow]:
    """The boxes of an operation: those a filter shows, or `node` alone with everything of it."""
    found = orders.targets(row.id)
    whole = len(found) <= WHOLE or bool(node)
    chosen = [one for one in found if one.node == node] if node else [one for one in found if _shown(one, show)]
    names = names_of([one.node for one in chosen])
    return [_box_row(one, names[one.node] or one.node, whole=whole) for one in chosen]


def _shown(one: TargetRow, show: str) -> bool:
    if show == "bad":
        return one.bad
    if show == "open":
        return not one.final
    return one.state == "done" if show == "done" else True


def _box_row(one: TargetRow, name: str, *, whole: bool) -> BoxRow:
    printed = orders.output(one.id) if whole and one.parts else None
    pictures = _pictures(one) if whole else ()
    return BoxRow(one, name, whole, found_said(one.result), figures(one.result), printed, pictures)


def _pictures(one: TargetRow) -> tuple[Snapshot, ...]:
    """What a snapshot command brought: a picture carries the number of the request it answers, which may be that of
    somebody who asked a moment earlier."""
    if one.command != "snapshot":
        return ()
    asked = {one.id, *(str(value) for name, value in one.result.items() if name.startswith("request_"))}
    rows = Snapshot.objects.filter(node=one.node, request_id__in=asked).order_by("camera", "-pk")
    return tuple({each.camera: each for each in rows}.values())


def verdict_said(row: OperationRow) -> str:
    """What the neighbours of a cut box say together; "" for any other command."""
    found = witnessing.verdict_of(row.id) if row.command == "witness" else None
    return "" if found is None else sentence(found)[language() == "en"]


def filters(row: OperationRow) -> list[tuple[str, int]]:
    """The filters of the page with how many boxes each shows."""
    counts = row.counts
    return [("", counts.total), ("bad", counts.bad), ("open", counts.open), ("done", counts.done)]


def as_json(row: OperationRow) -> dict[str, Any]:
    """An operation with all its boxes and what they printed, for programs."""
    boxes = []
    for one in orders.targets(row.id):
        printed = orders.output(one.id) if one.parts else None
        boxes.append({
            "node": one.node, "state": one.state, "code": one.code, "detail": one.detail, "wave": one.wave,
            "progress_pct": one.progress_pct, "result": dict(one.result), "sent_ms": one.sent_ms,
            "accepted_ms": one.accepted_ms, "ended_ms": one.ended_ms, "by_node": one.by_node,
            "output": printed.text if printed else "", "output_cut": bool(printed and (printed.cut or printed.missing)),
        })  # fmt: skip
    return {
        "id": row.id, "command": row.command, "arguments": dict(row.arguments), "state": row.state, "why": row.why,
        "why_facts": dict(row.why_facts), "made_by": row.made_by, "made_ms": row.made_ms, "second_by": row.second_by,
        "ended_ms": row.ended_ms, "note": row.note, "nodes": boxes,
    }  # fmt: skip

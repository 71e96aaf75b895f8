"""Operations: what was asked of boxes from afar and how it went; commands that only look can be ordered here.

Whatever changes a box needs a person's one-time code, and that is asked for on the pages and on the terminal alone.
"""

import uuid
from dataclasses import asdict
from typing import Annotated, Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import Field

from center.api.paging import Cursor, Limit, newest_first
from center.api.permission import SignedIn, Token, own_nodes, require
from center.commander.client import CommanderError, ask_now
from center.commander.frames import MOST_NODES, Order, Roll
from center.operations import orders
from center.operations.command_models import Operation, OperationTarget
from wire.commands import COMMANDS
from wire.topics import is_node_id

router = Router(tags=["operations"])
SEE: Final = "operations.view_operation"
LOOK: Final = "operations.run_look"
STATUSES: Final = {"rate": 429, "busy": 503, "unavailable": 503, "state": 409, "person": 403, "otp": 403}
"""Refusal of the commander -> HTTP status; whatever else did not fit."""
Value = str | int | float | bool | None


class Orderer(SignedIn):
    """An account that may order commands that look: who may not is told so before anything is read."""

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = super().authenticate(request, key)
        if user and not user.has_perm(LOOK):
            raise HttpError(403, f"this account lacks the permission {LOOK}")
        return user


class NoProgram(Token):
    """Programs with a token only read."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        program = super().authenticate(request, token)
        raise HttpError(403, f"tokens of the level {program.level} only read; boxes are asked by people")


class CountsOut(Schema):
    """How many nodes stand where."""

    queued: int
    due: int
    sent: int
    accepted: int
    running: int
    done: int
    failed: int
    rejected: int
    expired: int
    skipped: int


class OperationOut(Schema):
    """One command on one node or many. `state`: waiting (for a second person), running, paused, done, aborted,
    cancelled, lapsed; `why` it stopped: canary, threshold, restored, with its figures. `wave` of `waves`, from 1."""

    id: str
    command: str
    gravity: str
    arguments: dict[str, Value]
    note: str
    state: str
    why: str
    why_facts: dict[str, Value]
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
    counts: CountsOut


class TargetOut(Schema):
    """One node of an operation. `state`: queued, due, sent, accepted, running, done, failed, rejected, expired or
    skipped; `by_node`: the node itself said how it ended. `parts`: of its output, as many as have arrived."""

    id: str
    node: str
    wave: int
    arguments: dict[str, Value]
    state: str
    code: str
    detail: str
    progress_pct: int
    result: dict[str, Value]
    due_ms: int | None
    sent_ms: int | None
    accepted_ms: int | None
    ended_ms: int | None
    by_node: bool
    parts: int


class OperationDetail(OperationOut):
    """The same with its nodes."""

    targets: list[TargetOut]


class OperationPage(Schema):
    """Newest first."""

    items: list[OperationOut]
    next: str | None


class OutputOut(Schema):
    """What a command printed at one node. `missing` parts have not arrived; `cut`: the node's bound was reached."""

    target: str
    text: str
    parts: int
    missing: int
    cut: bool


class OperationChoice(Schema):
    """Which operations; an empty value asks for all."""

    node: Annotated[str, Field(max_length=64)] = ""
    command: Annotated[str, Field(max_length=32)] = ""
    state: Annotated[str, Field(max_length=10, description="or `open`: all that are not over")] = ""


class OrderIn(Schema):
    """A command that only measures or shows. `key`: the same key gives the same operation again."""

    command: Annotated[str, Field(max_length=32)]
    nodes: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=MOST_NODES)]
    arguments: Annotated[dict[str, Value], Field(max_length=20, default_factory=dict)]
    key: Annotated[str, Field(max_length=64, pattern=r"^[\x21-\x7e]*$")] = ""
    note: Annotated[str, Field(max_length=200)] = ""


class OrderOut(Schema):
    """The operation's id."""

    operation: str


@router.get("", response=OperationPage, summary="Operations, newest first")
def operations(
    request: HttpRequest, choice: Query[OperationChoice], limit: Limit = 100, cursor: Cursor = ""
) -> OperationPage:
    require(request, SEE)
    rows = Operation.objects.all()
    if choice.node:
        rows = rows.filter(pk__in=OperationTarget.objects.filter(node=choice.node).values("operation_id"))
    if choice.command:
        rows = rows.filter(command=choice.command)
    if choice.state:
        rows = rows.filter(state__in=orders.OPEN if choice.state == "open" else [choice.state])
    if (own := own_nodes(request)) is not None:
        rows = rows.exclude(pk__in=OperationTarget.objects.exclude(node__in=own).values("operation_id"))
    page, following = newest_first(rows, "made_ms", limit, cursor)
    return OperationPage(items=[_out(row) for row in orders.operation_rows(page)], next=following)


@router.get("/{operation_id}", response=OperationDetail, summary="One operation with its nodes")
def operation(request: HttpRequest, operation_id: str) -> OperationDetail:
    require(request, SEE)
    row = orders.operation(operation_id)
    found = orders.targets(operation_id)
    own = own_nodes(request)
    if row is None or (own is not None and not all(one.node in own for one in found)):
        raise Http404
    targets = [TargetOut.model_validate(asdict(one)) for one in found]
    return OperationDetail.model_validate({**asdict(row), "targets": targets})


@router.get("/{operation_id}/{node}/output", response=OutputOut, summary="What a command printed at one node")
def output(request: HttpRequest, operation_id: str, node: str) -> OutputOut:
    require(request, SEE)
    own = own_nodes(request)
    target = OperationTarget.objects.filter(operation=operation_id, node=node).first()
    if target is None or (own is not None and node not in own):
        raise Http404
    return OutputOut.model_validate(asdict(orders.output(target.pk)))


@router.post("", response={201: OrderOut}, auth=[NoProgram(), Orderer()], summary="Order a command that only looks")
def order(request: HttpRequest, asked: OrderIn) -> Any:
    kind = COMMANDS.get(asked.command)
    if kind is None or kind.gravity != "look":
        raise HttpError(403, "only commands that look are ordered here; the others need a one-time code on the pages")
    own = own_nodes(request)
    if not all(is_node_id(node) and (own is None or node in own) for node in asked.nodes):
        raise HttpError(422, "a node is unknown, or not one of yours")
    question = Order(
        asked.key or str(uuid.uuid4()), asked.command, tuple(asked.nodes), request.user.get_username(),
        asked.arguments, roll=Roll(abort_pct=100), note=asked.note,
    )  # fmt: skip
    try:
        answer = ask_now(settings.DATA_DIR, question)
    except CommanderError as error:
        raise HttpError(503, str(error)) from error
    if answer.code:
        raise HttpError(STATUSES.get(answer.code, 422), answer.detail or answer.code)
    return Status(201, OrderOut(operation=answer.operation))


def _out(row: orders.OperationRow) -> OperationOut:
    return OperationOut.model_validate(asdict(row))

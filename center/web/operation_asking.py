"""What people ask of the commander from a page: the question, its answer in words, and what the audit log keeps."""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from center.accounts.audit import note
from center.commander.client import CommanderError, ask_now
from center.commander.frames import Answer, Approve, Order, Question, Stop
from center.operations import orders, witnessing
from center.web.operation_words import REFUSALS
from wire.commands import COMMANDS

PERMISSION_OF: Final = {
    "look": "operations.run_look", "touch": "operations.run_touch", "grave": "operations.run_grave",
}  # fmt: skip
SEE: Final = "operations.view_operation"


def permission_for(command: str) -> str:
    """What an account needs to order this command."""
    return PERMISSION_OF[COMMANDS[command].gravity]


def may_order(user: Any, command: str) -> bool:
    """Whether the account may order it; nobody orders what this version does not know."""
    return command in COMMANDS and bool(user.has_perm(SEE) and user.has_perm(permission_for(command)))


def ask(question: Question) -> Answer:
    """The commander's answer; code `unavailable` when it gives none, with what to do as the detail."""
    try:
        return ask_now(Path(settings.DATA_DIR), question)
    except CommanderError as error:
        return Answer("unavailable", error.text(get_language() or "id"))


def order(request: HttpRequest, wanted: Order) -> Answer:
    """Order it in the name of who is signed in; what was ordered, refused or not, is noted with its boxes."""
    answer = ask(wanted)
    _note_order(request, wanted.command, wanted.nodes, answer)
    return answer


def _note_order(request: HttpRequest, command: str, nodes: tuple[str, ...], answer: Answer) -> None:
    whom = nodes[0] if len(nodes) == 1 else ""
    if answer.code:
        note(request, "operation-refused", whom, f"{command} {answer.code}")
    else:
        subject = f"operation:{answer.operation} {whom}".rstrip()
        note(request, "operation-order", subject, f"{command} {len(nodes)} {' '.join(nodes)}")


def approve(request: HttpRequest, operation: str, otp: str) -> Answer:
    """Approve a grave order as its second person."""
    answer = ask(Approve(operation, request.user.get_username(), otp))
    _note_act(request, operation, "approve", answer)
    return answer


def stop(request: HttpRequest, operation: str, what: str) -> Answer:
    """Cancel, pause or resume an operation."""
    answer = ask(Stop(operation, what, request.user.get_username()))
    _note_act(request, operation, what, answer)
    return answer


def _note_act(request: HttpRequest, operation: str, what: str, answer: Answer) -> None:
    subject = f"operation:{operation}"
    if answer.code:
        note(request, "operation-refused", subject, f"{what} {answer.code}")
    elif what == "approve":
        note(request, "operation-approve", subject, request.user.get_username())
    else:
        note(request, "operation-stop", subject, what)


def ask_neighbours(request: HttpRequest, node: str) -> Answer:
    """Have boxes beside a cut one look for it. Code `neighbours`, with why as the detail, where nobody can be asked."""
    by = request.user.get_username()
    try:
        wanted = witnessing.order_for(node, by)
    except witnessing.WitnessError as error:
        answer = Answer("neighbours", error.text(get_language() or "id"))
        _note_order(request, "witness", (node,), answer)
        return answer
    return order(request, wanted)


def page_of(answer: Answer) -> HttpResponse:
    """To the page of what was ordered; to the list while the database does not know it yet."""
    known = orders.operation(answer.operation) is not None
    return redirect("operation", answer.operation) if known else redirect("operations")


def refusal(answer: Answer) -> str:
    """Why it was refused, in words, with what to do; "" for what was done."""
    if not answer.code:
        return ""
    if answer.code in {"unavailable", "neighbours"} and answer.detail:
        return answer.detail
    known = REFUSALS.get(answer.code)
    said = _(known) if known else answer.code
    return said if answer.code in {"otp", "person", "same_person"} or not answer.detail else f"{said} ({answer.detail})"

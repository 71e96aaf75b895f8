"""What people ask of the commander from a page: the question, its answer in words, and what the audit log keeps."""

import importlib
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from center.accounts.audit import note
from center.commander.frames import Answer, Approve, Order, Question, Stop
from center.errors import CenterError
from center.web.operation_words import REFUSALS
from wire.commands import COMMANDS

PERMISSION_OF: Final = {
    "look": "operations.run_look", "touch": "operations.run_touch", "grave": "operations.run_grave",
}  # fmt: skip
SEE: Final = "operations.view_operation"


def permission_for(command: str) -> str:
    """What an account needs to order this command; the gravest for one this version does not know."""
    kind = COMMANDS.get(command)
    return PERMISSION_OF[kind.gravity if kind else "grave"]


def may_order(user: Any, command: str) -> bool:
    """Whether the account may order it."""
    return bool(user.has_perm(SEE) and user.has_perm(permission_for(command)))


def ask(question: Question) -> Answer:
    """The commander's answer; code `unavailable` when it gives none, with what to do as the detail."""
    client = importlib.import_module("center.commander.client")
    try:
        answer: Answer = client.ask_now(Path(settings.DATA_DIR), question)
    except CenterError as error:
        return Answer("unavailable", error.text(get_language() or "id"))
    return answer


def order(request: HttpRequest, wanted: Order) -> Answer:
    """Order it in the name of who is signed in; what was ordered, refused or not, is noted with its boxes."""
    answer = ask(wanted)
    whom = wanted.nodes[0] if len(wanted.nodes) == 1 else str(len(wanted.nodes))
    outcome = answer.code or "ok"
    subject = f"{answer.operation or '-'} {whom}"
    note(request, "operation-order", subject, f"{wanted.command} {outcome} {' '.join(wanted.nodes)}")
    return answer


def approve(request: HttpRequest, operation: str, otp: str) -> Answer:
    """Approve a grave order as its second person."""
    answer = ask(Approve(operation, request.user.get_username(), otp))
    note(request, "operation-approve", f"{operation} approve", answer.code or "ok")
    return answer


def stop(request: HttpRequest, operation: str, what: str) -> Answer:
    """Cancel, pause or resume an operation."""
    answer = ask(Stop(operation, what, request.user.get_username()))
    note(request, "operation-stop", f"{operation} {what}", answer.code or "ok")
    return answer


def ask_neighbours(request: HttpRequest, node: str) -> Answer:
    """Have boxes beside a cut one probe its address; which ones is chosen by `center.operations.witnessing`."""
    witnessing = importlib.import_module("center.operations.witnessing")
    answer: Answer = witnessing.ask_neighbours(node, request.user.get_username())
    note(request, "operation-order", f"{answer.operation or '-'} {node}", f"witness {answer.code or 'ok'} {node}")
    return answer


def refusal(answer: Answer) -> str:
    """Why it was refused, in words, with what to do; "" for what was done."""
    if not answer.code:
        return ""
    if answer.code == "unavailable" and answer.detail:
        return answer.detail
    known = REFUSALS.get(answer.code)
    said = _(known) if known else answer.code
    return said if answer.code in {"otp", "person", "same_person"} or not answer.detail else f"{said} ({answer.detail})"

"""What can be done with a complaint at its page: one table of acts, who may, when, by which form, and what happens."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_noop

from center.accounts.reach import sites_of
from center.complaints import classes, notes, steps
from center.complaints.models import Complaint
from center.core.complaint_cycle import BY_NAME, TRANSITIONS
from center.web.complaint_forms import (
    AnswerForm,
    ArchiveForm,
    AskForm,
    ClassForm,
    DuplicateForm,
    ExtendForm,
    HoldForm,
    NoteForm,
    NotOursForm,
    ReasonForm,
    RouteForm,
    StepForm,
)
from center.web.live import now_ms

Values = dict[str, Any]
DESK = "complaints.desk_complaint"


@dataclass(frozen=True, slots=True)
class Act:
    """`title` names it, `button` does it, `says` what it will do. `desk`: not for agencies and lurah. `when`: whether
    the complaint can take it."""

    title: str
    button: str
    says: str
    form: type[forms.Form]
    run: Callable[[Complaint, Values, str], object]
    when: Callable[[Complaint], bool]
    desk: bool = False
    ends: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """An act as the page shows it; `failed`: this form was sent and did not fit."""

    name: str
    act: Act
    form: forms.Form
    failed: bool


def possible(complaint: Complaint, user: Any) -> tuple[str, ...]:
    """The acts an account that works on this complaint can do now, in the order of the table."""
    desk = user.has_perm(DESK)
    own = sites_of(user)
    given = bool(complaint.agency) and own is not None and complaint.agency in own
    found = [name for name, act in ACTS.items() if (desk or not act.desk) and act.when(complaint)]
    return tuple(name for name in found if name != "giveback" or (given and not desk))


def shown(complaint: Complaint, names: Collection[str], failed: Mapping[str, forms.Form]) -> dict[str, Shown]:
    """The acts with their forms."""
    return {name: Shown(name, ACTS[name], failed.get(name) or fresh(name, complaint), name in failed) for name in names}


def fresh(name: str, complaint: Complaint) -> forms.Form:
    """An empty form of an act."""
    initial = {"seen": complaint.status, "kind": complaint.corrected_class or complaint.classification}
    return ACTS[name].form(initial=initial, auto_id=f"{name}_%s")


def _to(*statuses: str) -> Callable[[Complaint], bool]:
    return lambda one: any(status in TRANSITIONS[one.status] for status in statuses)


def _open(one: Complaint) -> bool:
    return not BY_NAME[one.status].ended


def _answer(one: Complaint, values: Values, by: str) -> object:
    status, _colon, reason = values["status"].partition(":")
    text, seen = values["text"], values["seen"]
    if status == "closed":
        return steps.close(one.pk, reason, actor=by, text=text, seen=seen)
    if status == "in_progress":
        return steps.take_up(one.pk, actor=by, text=text, seen=seen)
    return steps.answer(one.pk, text, actor=by, seen=seen)


ACTS: dict[str, Act] = {
    "reply": Act(
        gettext_noop("Answer"), gettext_noop("Send the answer"),
        gettext_noop("The citizen is told with code and PIN: at the kiosk, or on the public status page."),
        AnswerForm, _answer, _open,
    ),
    "verify": Act(
        gettext_noop("Verify"), gettext_noop("It has been read, and is the city's matter"), "",
        StepForm, lambda one, values, by: steps.verify(one.pk, actor=by, seen=values["seen"]),
        lambda one: one.status in {"received", "reopened"}, desk=True,
    ),
    "take": Act(
        gettext_noop("Take up"), gettext_noop("We are working on it"), "",
        StepForm, lambda one, values, by: steps.take_up(one.pk, actor=by, seen=values["seen"]),
        lambda one: one.status in {"verified", "routed", "on_hold", "reopened"},
    ),
    "route": Act(
        gettext_noop("Pass on"), gettext_noop("Pass it on"),
        gettext_noop("That agency sees it in its list, is told, and answers it."),
        RouteForm,
        lambda one, values, by: steps.route(
            one.pk, values["agency"], actor=by, note=values["note"], seen=values["seen"]
        ),
        lambda one: one.status == "routed" or _to("routed")(one), desk=True,
    ),
    "giveback": Act(
        gettext_noop("Give back"), gettext_noop("Give it back to the command centre"),
        gettext_noop("For what is not your matter: it leaves your list, and the command centre passes it on."),
        ReasonForm, lambda one, values, by: steps.give_back(one.pk, values["reason"], actor=by, seen=values["seen"]),
        _to("verified"),
    ),
    "ask": Act(
        gettext_noop("Ask the citizen"), gettext_noop("Ask"),
        gettext_noop("It waits until the citizen adds something, or until the time for that is over."),
        AskForm, lambda one, values, by: steps.ask(one.pk, values["text"], actor=by, seen=values["seen"]),
        lambda one: one.status == "on_hold" or _to("on_hold")(one),
    ),
    "hold": Act(
        gettext_noop("Put on hold"), gettext_noop("Put it on hold"), "",
        HoldForm,
        lambda one, values, by: steps.hold(
            one.pk, actor=by, reason=values["reason"], until_ms=values["until"], seen=values["seen"]
        ),
        _to("on_hold"),
    ),
    "note": Act(
        gettext_noop("Note"), gettext_noop("Add the note"), "",
        NoteForm, lambda one, values, by: notes.add_note(one.pk, values["text"], actor=by), lambda one: True,
    ),
    "class": Act(
        gettext_noop("Correct the class"), gettext_noop("Note the class"),
        gettext_noop("The kiosk only suggests. What you say counts, and teaches us how good the suggestion is."),
        ClassForm, lambda one, values, by: classes.correct_class(one.pk, values["kind"], actor=by),
        lambda one: one.category != "ppid", desk=True,
    ),
    "extend": Act(
        gettext_noop("Extend by 7 working days"), gettext_noop("Extend it"),
        gettext_noop("Once only; the applicant reads the reason."),
        ExtendForm, lambda one, values, by: steps.extend(one.pk, values["text"], actor=by),
        lambda one: steps.extendable(one, now_ms()),
    ),
    "notours": Act(
        gettext_noop("Not the city's matter"), gettext_noop("End it: not the city's matter"),
        gettext_noop("This ends the complaint; the citizen reads where to turn. It can be reopened."),
        NotOursForm, lambda one, values, by: steps.not_ours(
            one.pk, actor=by, text=values["text"], seen=values["seen"]
        ),
        _to("not_ours"), desk=True, ends=True,
    ),
    "duplicate": Act(
        gettext_noop("Duplicate"), gettext_noop("End it: duplicate"),
        gettext_noop("This ends the complaint; the other one goes on. It can be reopened."),
        DuplicateForm, lambda one, values, by: steps.duplicate(
            one.pk, values["code"], actor=by, text=values["text"], seen=values["seen"]
        ),
        _to("duplicate"), desk=True, ends=True,
    ),
    "archive": Act(
        gettext_noop("Archive"), gettext_noop("Archive it"),
        gettext_noop("This ends the complaint without an answer. It can be reopened."),
        ArchiveForm, lambda one, values, by: steps.archive(
            one.pk, values["reason"], actor=by, text=values["text"], seen=values["seen"]
        ),
        _to("archived"), desk=True, ends=True,
    ),
    "reopen": Act(
        gettext_noop("Reopen"), gettext_noop("Reopen it"),
        gettext_noop("It waits again, and whoever it was passed on to is told."),
        ReasonForm, lambda one, values, by: steps.reopen(
            one.pk, actor=by, reason=values["reason"], seen=values["seen"]
        ),
        _to("reopened"),
    ),
}  # fmt: skip
"""In the order of the page: what is done most comes first, what ends a complaint last."""
REFUSED = {
    "moved": gettext_noop("Somebody else has just moved this complaint on. This is how it stands now."),
    "agency": gettext_noop("There is no such agency."),
    "same": gettext_noop("It stands there already."),
    "self": gettext_noop("A complaint is no duplicate of itself."),
    "other": gettext_noop("There is no complaint with this number or code."),
    "text": gettext_noop("This needs a few words."),
    "kind": gettext_noop("This kind of complaint cannot take this step."),
    "extended": gettext_noop("It has been extended once already; the law allows no second time."),
    "erased": gettext_noop("What was typed has been erased; only its numbers are left."),
}
"""Why a step was refused, by the code of the error."""
NOT_NOW = gettext_noop("It cannot take this step any more. This is how it stands now.")

"""One entry of the audit log as people read it: who, what, to which object, how it ended. The codes stay beside it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from center.accounts.audit import NOBODY
from center.accounts.models import Act, User
from center.alerts.models import Channel
from center.complaints.models import Complaint
from center.operations.models import Incident, Operation
from center.sites.models import Node, Site, Upstream
from center.web import audit_words
from center.web.words import WORDS, word

_SENT = re.compile(r"(?:POST|PUT|PATCH|DELETE) (\d{3})")


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in words; `href`: the page of what it was done to, "" where there is none (any more)."""

    act: Act
    who: str
    said: str
    subject: str
    href: str
    more: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of object: where its rows are, what one is called, its page."""

    model: Any
    name: Callable[[Any], str]
    page: Callable[[Any], str]


_TARGETS = {
    "node": Target(Node, lambda one: str(one.site.display_name), lambda one: reverse("node", args=[one.pk])),
    "site": Target(Site, lambda one: str(one.display_name), lambda one: reverse("site", args=[one.pk])),
    "upstream": Target(Upstream, lambda one: str(one.name), lambda one: reverse("upstream", args=[one.pk])),
    "incident": Target(Incident, lambda one: f"#{one.pk}", lambda one: reverse("incident", args=[one.pk])),
    "complaint": Target(Complaint, lambda one: str(one.code), lambda one: reverse("complaint", args=[one.pk])),
    "account": Target(
        User, lambda one: one.get_username(), lambda one: reverse("admin:accounts_user_change", args=[one.pk])
    ),
    "operation": Target(
        Operation, lambda one: word("command", one.command), lambda one: reverse("operation", args=[one.pk])
    ),
    "channel": Target(Channel, lambda one: str(one.pk), lambda one: reverse("alert-channel", args=[one.pk])),
}
_KINDS = {
    "node": (
        *("node", "node-now", "stay-end", "stays", "picture", "picture-export", "admin:sites_node_change"),
        *(
            "node-ask",
            "node-witness",
            "enrolment-confirm",
            "enrolment-decline",
            "enrolment-revoke-token",
            "node-replace",
            "site-facts-forget",
        ),
    ),
    "site": ("site", "site-people", "view_person", "admin:sites_site_change"),
    "account": ("admin:accounts_user_change", "admin:auth_user_password_change"),
    "upstream": ("upstream",),
    "incident": ("incident", "incident-act"),
    "complaint": (
        "complaint",
        "complaint-open",
        "complaint-text",
        "complaint-photos",
        "complaint-photo",
        "complaint-reply",
        "complaint-act",
        "complaint-copy",
        "complaint-erase",
        "complaint-entered",
    ),
    "operation": ("operation-order", "operation-approve", "operation-stop", "operation-act", "operation-refused"),
    "channel": ("alert-channel", "alert-channel-delete", "alert-channel-test", "alert-secret"),
}
KIND_OF = {code: kind for kind, codes in _KINDS.items() for code in codes}
"""Code -> what its subject begins with the key of."""
_OF_THE_REGISTRY = {"sites": "site", "upstreams": "upstream", "people": "site", "boundaries": "site"}
_LISTS = {"display": "displays", "notice": "notices"}
"""Subjects written "kind:name" -> the page that lists them."""


def rows_of(acts: Sequence[Act]) -> list[Row]:
    """The entries in words, in their order; each kind of object is asked for once."""
    keys = [_object_of(act) for act in acts]
    known = {kind: _known(target, {key for one, key in keys if one == kind}) for kind, target in _TARGETS.items()}
    return [_row(act, kind, known.get(kind, {}).get(key)) for act, (kind, key) in zip(acts, keys, strict=True)]


def what_words(code: str) -> str:
    """What was done, in the active language; a code nobody has put into words, as it is."""
    if code in WORDS["act"]:
        return word("act", code)
    if code in audit_words.READ_ONLY:
        return gettext(audit_words.ATTEMPT)
    prefix = next((one for one in audit_words.PREFIXES if code.startswith(one)), "")
    endings = sorted((one for one in audit_words.ENDINGS if code.endswith(one)), key=len)
    if prefix == "admin:" and endings:
        return word("act_end", endings[-1])
    return word("act_of", prefix) if prefix else code


def codes_said(typed: str) -> tuple[set[str], set[str]]:
    """The codes whose words contain what was typed, and the beginnings of codes that do."""
    wanted = typed.casefold()
    known = {code for code in (*audit_words.ACTS, *audit_words.READ_ONLY) if wanted in what_words(code).casefold()}
    return known, {prefix for prefix in audit_words.PREFIXES if wanted in word("act_of", prefix).casefold()}


def who_words(who: str) -> str:
    """Who it was, in the active language: an account by its name, others with what they are."""
    if who == NOBODY:
        return gettext(audit_words.NOBODY)
    kind, _colon, name = who.partition(":")
    return word("act_who", kind) % {"name": name} if name and kind in audit_words.WHO else who


def outcome_words(act: Act) -> str:
    """How it ended, in the active language; what the entry itself says, where that is no answer to a browser."""
    sent = _SENT.fullmatch(act.detail)
    if sent is None:
        return _DETAIL_OF[act.what](act.detail) if act.what in _DETAIL_OF else act.detail
    if act.what == "login" and sent[1] == "200":  # the form again
        return gettext(audit_words.REFUSED_SIGN_IN)
    if sent[1] in audit_words.OUTCOMES:
        return word("outcome", sent[1])
    return gettext(audit_words.FAULT) if sent[1] >= "500" else act.detail


def _row(act: Act, kind: str, found: Any) -> Row:
    subject, href, more = act.subject, "", ""
    if found is not None:
        subject, href = _TARGETS[kind].name(found), _TARGETS[kind].page(found)
        more = _rest(act)
    elif (listed := act.subject.partition(":"))[0] in _LISTS and listed[2]:
        subject = f"#{listed[2]}" if listed[2].isdigit() else listed[2]
        href = reverse(_LISTS[listed[0]])
    return Row(act, who_words(act.who), what_words(act.what), subject, href, more, outcome_words(act))


def _rest(act: Act) -> str:
    """What the subject says beyond its object: which camera, which act on an incident."""
    if act.what in {"picture", "picture-export"}:
        return act.subject.partition("/")[2]
    if act.what in {"operation-order", "node-ask"}:
        return act.subject.partition(" ")[2]
    table = {
        "operation-act": "operation_act",
        "incident-act": "incident_act",
        "complaint-act": "complaint_act",
    }.get(act.what, "")
    return word(table, act.subject.partition(" ")[2]) if table else ""


def _entries(detail: str) -> str:
    if not detail.isdigit():
        return detail
    return ngettext("%(count)s entry", "%(count)s entries", int(detail)) % {"count": detail}


def _from(detail: str) -> str:
    return gettext("from %(address)s") % {"address": detail.removeprefix("from ")}


def _order(detail: str) -> str:
    """What was ordered: the command, for how many boxes, and which."""
    command, _space, rest = detail.partition(" ")
    count, _space, nodes = rest.partition(" ")
    if not count.isdigit():
        return detail
    boxes = ngettext("%(count)s box", "%(count)s boxes", int(count)) % {"count": count}
    return f"{word('command', command)}: {boxes}{' · ' if nodes else ''}{nodes}"


def _refused(detail: str) -> str:
    """What was asked of the commander, and why it did not do it."""
    what, _space, code = detail.partition(" ")
    asked = word("operation_act", what) if what in WORDS["operation_act"] else word("command", what)
    return f"{asked}: {word('commander_refusal', code)}"


_DETAIL_OF: dict[str, Callable[[str], str]] = {
    "complaint-text": lambda detail: word("act_detail", detail),
    "complaint-photo": lambda detail: word("act_detail", detail),
    "complaint-entered": lambda detail: word("act_detail", detail),
    "user-add": lambda detail: word("role", detail),
    "token-add": lambda detail: word("token_level", detail),
    "view_person": _entries,
    "export_person": _entries,
    "display-entered": _from,
    "operation-order": _order,
    "operation-stop": lambda detail: word("operation_act", detail),
    "operation-refused": _refused,
}
"""What the callers of the log add, in words."""


def _object_of(act: Act) -> tuple[str, str]:
    """Kind and key of what an entry is about; ("", "") for what has no page of its own."""
    words = re.split("[ /]", act.subject)
    if act.what.startswith("registry-") and len(words) > 1 and words[0] in _OF_THE_REGISTRY:
        return _OF_THE_REGISTRY[words[0]], words[1]
    return KIND_OF.get(act.what, ""), words[0].removeprefix("operation:")


def _known(target: Target, keys: Iterable[str]) -> dict[str, Any]:
    """Those of the keys that are rows, by their key as text."""
    whole = target.model in {Incident, User}
    wanted = [key for key in keys if key and (not whole or (key.isascii() and key.isdigit() and len(key) < 16))]
    found = target.model.objects.select_related("site") if target.model is Node else target.model.objects
    return {str(one.pk): one for one in found.filter(pk__in=wanted)} if wanted else {}

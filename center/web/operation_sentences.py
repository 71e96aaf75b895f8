"""What an order will do, and why one stopped, each in a sentence with its figures."""

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from center.commander.frames import Order
from center.operations.orders import OperationRow
from center.web.operation_nodes import listed
from center.web.operation_words import FIGURES, WHYS
from center.web.templatetags.sandi import duration
from center.web.words import word

Scalar = str | int | float | bool | None


def will_happen(order: Order) -> str:
    """One sentence: what happens to how many boxes, and in which order."""
    count = len(order.nodes)
    said = ngettext(
        "%(command)s (%(arguments)s) at %(count)d box: %(names)s.",
        "%(command)s (%(arguments)s) at %(count)d boxes: %(names)s.",
        count,
    ) if order.arguments else ngettext(
        "%(command)s at %(count)d box: %(names)s.", "%(command)s at %(count)d boxes: %(names)s.", count
    )  # fmt: skip
    values = {
        "command": word("command", order.command), "count": count, "names": listed(order.nodes),
        "arguments": arguments_said(order.arguments),
    }  # fmt: skip
    return " ".join(part for part in (said % values, _in_groups(order)) if part)


def _in_groups(order: Order) -> str:
    """How it goes over many boxes; "" for one."""
    roll, count = order.roll, len(order.nodes)
    if count == 1:
        return ""
    if not roll.canary and not roll.batch_size:
        return _("All of them at once.")
    batch = roll.batch_size or count
    values = {
        "canary": roll.canary, "batch": batch, "pause": duration(roll.pause_s * 1000), "pct": roll.abort_pct,
        "most": count * roll.abort_pct // 100,
    }  # fmt: skip
    first = _("First %(canary)d alone, then %(batch)d at a time") if roll.canary else _("%(batch)d at a time")
    pause = _("with %(pause)s in between") if roll.pause_s else _("without a pause")
    stop = _("it stops by itself when one of the first fails, or more than %(most)d (%(pct)d%%) of all.")
    if not roll.canary:
        stop = _("it stops by itself when more than %(most)d (%(pct)d%%) of all fail.")
    return f"{first % values}, {pause % values}; {stop % values}"


def arguments_said(arguments: Mapping[str, Scalar]) -> str:
    """The details of a command as people read them; what only programs need is left out."""
    shown = {name: value for name, value in arguments.items() if name not in {"digest", "size_bytes", "keys"}}
    return ", ".join(f"{word('argument', name)}: {_value(name, value)}" for name, value in shown.items() if value != "")


def _value(name: str, value: Scalar) -> str:
    if name == "lasts_s" and isinstance(value, int):
        return duration(value * 1000) if value else _("end it now")
    if name == "unit":
        return word("unit", str(value))
    return figure(value)


def figure(value: Scalar) -> str:
    """One figure of a result as the language writes it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return str(number_format(round(value, 2)))
    return str(value)


def figures(result: Mapping[str, Scalar]) -> tuple[tuple[str, str], ...]:
    """The figures of a result that say something to people, with their names."""
    shown = {name: value for name, value in result.items() if name in FIGURES and value != ""}
    return tuple((word("figure", name), figure(value)) for name, value in shown.items())


def found_said(result: Mapping[str, Scalar]) -> str:
    """Whether it found something wrong, for commands that say so; "" for others."""
    return word("found", "yes" if result["ok"] else "no") if isinstance(result.get("ok"), bool) else ""


def why_stopped(row: OperationRow) -> str:
    """Why an operation stands or stopped, with its figures; "" where there is nothing to say."""
    if row.state == "lapsed":
        return _("Nobody approved it within 30 minutes: nothing was sent.")
    facts = row.why_facts
    bad, total = facts.get("bad", row.counts.bad), facts.get("total", row.counts.total)
    if row.state == "aborted":
        values = {
            "bad": bad, "total": total, "pct": row.abort_pct, "canary": row.canary, "left": row.counts.skipped,
            "code": word("command_code", str(facts.get("code", ""))),
        }  # fmt: skip
        said = (
            _("One of the first %(canary)s boxes failed (%(bad)s of %(total)s so far).")
            if row.why == "canary"
            else _("%(bad)s of %(total)s boxes failed; more than %(pct)s%% was not allowed.")
        ) % values
        rest = _("The other %(left)s were left as they were.") % values if row.counts.skipped else ""
        most = _("Most often: %(code)s.") % values if values["code"] else ""
        return " ".join(part for part in (said, most, rest) if part)
    if row.state == "cancelled" and row.why != "restored":
        return _("Cancelled by %(name)s; what was not sent yet was not sent.") % {"name": row.ended_by or "–"}
    return word("operation_why", row.why) if row.why in WHYS else row.why

"""`sandi-center complaints`: what waits and what is overdue, one complaint without its text, erasure and export."""

import json
import os
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from center.commands.common import acted, data_option, language
from center.commands.late import LateGroup
from center.errors import CenterError

_COLUMNS = (
    "service_request_id", "category", "subject", "classification", "corrected_class", "urgent", "status",
    "closed_reason", "place", "area", "agency", "channel", "identity", "photos", "node", "at_ms", "received_ms",
    "changed_ms", "due_ms", "due_for", "extended", "first_answer_ms", "closed_ms", "erased_ms",
)  # fmt: skip
_REASON = click.option("--reason", required=True, help="Why, in words; it stands on record.")
_JSON = click.option("--json", "as_json", is_flag=True, help="JSON, times in UTC milliseconds.")
_MOST = 10_000


@click.group(
    cls=LateGroup,
    late={
        "import": "center.commands.complaint_files:import_complaints",
        "import-undo": "center.commands.complaint_files:undo_import",
    },
)
def complaints() -> None:
    """Complaints: list, look, export, erase. What citizens wrote is shown at the desk alone."""


def _with_database(command: Callable[..., int | None]) -> Callable[..., int | None]:
    @wraps(command)
    def prepared(data: Path, **values: Any) -> int | None:
        from center.database import open_database

        open_database()
        return command(**values)

    return prepared


@complaints.command("list")
@click.option("--status", default="waiting", show_default=True, help="waiting, all, or one status.")
@click.option("--agency", default="", help="Only those of this agency (opd-...).")
@click.option("-n", "count", type=click.IntRange(1, _MOST), default=50, show_default=True, help="How many at most.")
@_JSON
@data_option
@_with_database
def list_complaints(status: str, agency: str, count: int, as_json: bool) -> None:
    """List complaints, what is due first on top; never a word of what was written."""
    from django.db.models import F

    from center.complaints.models import Complaint
    from center.core.complaint_cycle import STATUSES, WAITING

    rows = Complaint.objects.order_by(F("due_ms").asc(nulls_last=True), "received_ms")
    if status == "waiting":
        rows = rows.filter(status__in=WAITING)
    elif status != "all":
        if status not in STATUSES:
            raise CenterError(f"no such status; one of waiting, all, {', '.join(STATUSES)}",
                              f"status tidak dikenal; salah satu: waiting, all, {', '.join(STATUSES)}")  # fmt: skip
        rows = rows.filter(status=status)
    if agency:
        rows = rows.filter(agency=agency)
    _print(list(rows[:count]), as_json)


@complaints.command("overdue")
@_JSON
@data_option
@_with_database
def overdue(as_json: bool) -> int:
    """List what is past its term, the oldest first. Exit code 1 when there is any."""
    from center.complaints.models import Complaint
    from center.core.complaint_cycle import WAITING
    from center.core.complaint_deadlines import CITYS

    late = Complaint.objects.filter(status__in=WAITING, due_for__in=CITYS, due_ms__lte=int(time.time() * 1000))
    found = list(late.order_by("due_ms", "pk")[:_MOST])
    _print(found, as_json)
    return 1 if found else 0


@complaints.command("show")
@click.argument("code")
@_JSON
@data_option
@_with_database
def show(code: str, as_json: bool) -> None:
    """Show one complaint (the citizen's CODE, its number or id), its log without what anybody wrote, and who saw it."""
    from center.complaints.disclosure import who_saw

    complaint = _find(code)
    log = list(complaint.events.values("at_ms", "kind", "actor", "status", "about"))
    seen = list(who_saw(complaint.pk).values("at_ms", "actor", "what", "reason"))
    if as_json:
        click.echo(json.dumps({**_row(complaint), "log": log, "seen": seen}, indent=2))
        return
    for name, value in _row(complaint).items():
        if value not in {None, ""}:
            click.echo(f"{name:<20} {_said(name, value)}")
    for one in log:
        click.echo(f"{_moment(one['at_ms'])}  {one['kind']}  {one['status']}  {one['about']}  {one['actor']}")
    for one in seen:
        click.echo(f"{_moment(one['at_ms'])}  {one['what']}  {one['actor']}: {one['reason']}")


@complaints.command("seen")
@click.argument("account")
@_JSON
@data_option
@_with_database
def seen(account: str, as_json: bool) -> None:
    """List everything ACCOUNT has looked at: which complaint, what of it, why."""
    from center.complaints.disclosure import seen_by

    rows = list(seen_by(account).values("at_ms", "service_request_id", "what", "reason"))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for one in rows:
        click.echo(f"{_moment(one['at_ms'])}  {one['service_request_id']}  {one['what']}: {one['reason']}")


@complaints.command("erase")
@click.argument("code")
@_REASON
@data_option
@_with_database
def erase(code: str, reason: str) -> None:
    """Erase what was typed and photographed in one complaint (the citizen's CODE, its number or id). Numbers stay."""
    from center.complaints.disclosure import checked_reason
    from center.complaints.erasure import erase as erase_one

    complaint, reason = _find(code), checked_reason(reason)
    done = erase_one(complaint.pk, actor=acted("complaint-erase", complaint.code, reason), reason=reason)
    click.echo(_either("Dihapus.", "Erased.") if done else _either("Sudah dihapus.", "Was erased already."))


@complaints.command("export")
@click.argument("code")
@_REASON
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The zip to write.")
@data_option
@_with_database
def export(code: str, reason: str, out: Path) -> None:
    """Write everything kept of one complaint (the citizen's CODE, its number or id) to a zip, for that citizen."""
    from center.complaints.disclosure import checked_reason
    from center.complaints.export import export as export_one
    from center.files import PRIVATE, write_atomic

    complaint, reason = _find(code), checked_reason(reason)
    if out.exists() or not os.access(out.absolute().parent, os.W_OK):
        raise CenterError(f"{out} exists or cannot be written", f"{out} sudah ada atau tidak dapat ditulis")
    content = export_one(complaint.pk, actor=acted("complaint-export", complaint.code, reason), reason=reason)
    write_atomic(out.absolute(), content, PRIVATE)
    click.echo(_either(f"Tertulis di {out}", f"Written to {out}"))


@complaints.command("recompute")
@data_option
@_with_database
def recompute() -> None:
    """Count all terms anew, after deadlines or holidays changed (the worker does the same by itself)."""
    from center.complaints.deadlines import recompute_all

    changed = recompute_all()
    click.echo(_either(f"{changed} tenggat berubah.", f"{changed} terms changed."))


def _find(code: str) -> Any:
    from django.db.models import Q

    from center.complaints.codes import find
    from center.complaints.models import Complaint

    found = find(code) or Complaint.objects.filter(Q(code=code) | Q(pk=code)).first()
    if found is None:
        raise CenterError("there is no such complaint", "tidak ada pengaduan seperti itu")
    return found


def _row(complaint: Any) -> dict[str, Any]:
    return {"number": complaint.code, **{name: getattr(complaint, name) for name in _COLUMNS}}


def _print(rows: list[Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_row(one) for one in rows], indent=2))
        return
    for one in rows:
        due = f"{one.due_for} {_moment(one.due_ms - 1)}" if one.due_ms is not None else "-"
        urgent = _either("MENDESAK", "URGENT") if one.urgent else ""
        words = (one.code, one.status, one.category, one.subject, one.place, one.agency or "-", due, urgent)
        click.echo("  ".join(words).rstrip())
    click.echo(_either(f"{len(rows)} pengaduan", f"{len(rows)} complaints"))


def _said(name: str, value: Any) -> str:
    return _moment(value) if name.endswith("_ms") else str(value)


def _moment(at_ms: int) -> str:
    from center.core.alert_times import moment

    return moment(at_ms, language())


def _either(indonesian: str, english: str) -> str:
    return indonesian if language() == "id" else english

"""The pages of the reports: which months there are, one month, one day; and the files of each."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from center.accounts.reach import nodes_of, whole_city
from center.core import days as calendar
from center.core.days import DayError
from center.reports.drawing import change_said, context
from center.reports.formats import FORMATS
from center.reports.formats.csv_files import table_csv
from center.reports.formats.pdf_file import PdfError
from center.reports.frozen import FrozenError, amend, freeze, newest_versions, pending, published
from center.reports.keys import load_key, public_keys
from center.reports.pack.build import NoSheetError, build_pack
from center.reports.periods import Shown, day_shown, day_title, month_name, month_shown, month_title, months_known
from center.reports.tables import tables
from center.web.advice import language
from center.web.live import now_ms

SEE = "reports.view_frozenmonth"
FREEZE = "reports.freeze_month"
View = Callable[..., HttpResponse]


def _reading(view: View) -> View:
    """Signed in, allowed, never cached, and a number that is no day or month is an address that does not exist."""

    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DayError:
            raise Http404 from None

    return require_safe(never_cache(login_required(permission_required(SEE, raise_exception=True)(asked))))


def _month(request: HttpRequest, month: int) -> Shown:
    wanted = request.GET.get("version", "")
    version = int(wanted) if wanted.isdecimal() and len(wanted) < 6 else None
    shown = month_shown(month, now_ms(), nodes_of(request.user), version)
    if shown is None:
        raise Http404
    return shown


@_reading
def report_list(request: HttpRequest) -> HttpResponse:
    """Every month with its figure and whether it is published."""
    newest = newest_versions() if nodes_of(request.user) is None else {}
    rows = [{"month": month, "name": month_name(month), "newest": newest.get(month)} for month in months_known()]
    today = calendar.day_of(now_ms())
    return render(request, "reports/list.html", {"rows": rows, "today": today, "formats": list(FORMATS)})


@_reading
def month_page(request: HttpRequest, month: int) -> HttpResponse:
    """One month: what was published of it, else as it stands; ?version= shows an older one."""
    shown = _month(request, month)
    whole = nodes_of(request.user) is None
    versions = published(month) if whole else []
    changes = pending(month, now_ms()) if versions and shown.version == versions[-1].version else ()
    extra = {
        "month": month,
        "shown": shown,
        "versions": versions,
        "changes": [change_said(change) for change in changes[:200]],
        "change_count": len(changes),
        "may_freeze": whole and request.user.has_perm(FREEZE),
        "providers": [sheet for sheet in shown.document["sla"] if sheet["lines"]] if whole else [],
        "formats": list(FORMATS),
        "csv_of": reverse("report-month", args=(month,)),
        "public_key": public_keys(settings.DATA_DIR)[:1],
    }
    return render(request, "reports/month.html", context(shown.document, month_title(month), longest_only=True) | extra)


@_reading
def day_page(request: HttpRequest, day: int) -> HttpResponse:
    """One day as it stands."""
    shown = day_shown(day, now_ms(), nodes_of(request.user))
    before, after = calendar.day_of(calendar.bounds(day).start_ms - 1), calendar.next_day(day)
    extra = {
        "day": day, "before": before, "after": after if after <= calendar.day_of(now_ms()) else None,
        "formats": list(FORMATS), "shown": shown,
    }  # fmt: skip
    return render(request, "reports/day.html", context(shown.document, day_title(day)) | extra)


@_reading
def month_file(request: HttpRequest, month: int, form: str) -> HttpResponse:
    """The month as a file."""
    return _file(_month(request, month), f"sandi-{month}", month_title(month), form)


@_reading
def day_file(request: HttpRequest, day: int, form: str) -> HttpResponse:
    """The day as a file."""
    return _file(day_shown(day, now_ms(), nodes_of(request.user)), f"sandi-{day}", day_title(day), form)


def _file(shown: Shown, name: str, title: str, form: str) -> HttpResponse:
    if form not in FORMATS:
        raise Http404
    found = FORMATS[form]
    name = f"{name}-v{shown.version}" if shown.version else name
    try:
        content = found.render(shown.document, title)
    except PdfError as error:
        return HttpResponse(error.text(language()), status=503, content_type="text/plain; charset=utf-8")
    return _attached(content, f"{name}-{language()}.{found.suffix}", found.content_type)


@_reading
def month_table(request: HttpRequest, month: int, table: str) -> HttpResponse:
    """One table of the month for a spreadsheet."""
    for one in tables(_month(request, month).document):
        if one.id == table:
            return _attached(table_csv(one), f"sandi-{month}-{table}.csv", "text/csv; charset=utf-8")
    raise Http404


@_reading
@whole_city
def evidence(request: HttpRequest, month: int, provider: str) -> HttpResponse:
    """The signed pack a provider can check offline."""
    shown = _month(request, month)
    try:
        pack = build_pack(shown.document, provider, load_key(settings.DATA_DIR), shown.version, shown.digest)
    except NoSheetError:
        raise Http404 from None
    return _attached(pack, f"sandi-evidence-{month}-{provider}.zip", "application/zip")


@require_POST
@login_required
@permission_required(FREEZE, raise_exception=True)
@whole_city
def publish(request: HttpRequest, month: int) -> HttpResponse:
    """Freeze a month, or amend it with a reason."""
    by, reason = request.user.get_username(), request.POST.get("reason", "")[:2000]
    try:
        version = amend(month, by, reason) if published(month) else freeze(month, by)
    except DayError:
        raise Http404 from None
    except FrozenError as error:
        messages.error(request, error.text(language()))
    else:
        messages.success(request, _("Published as version %(version)s.") % {"version": version.version})
    return redirect("report-month", month=month)


def _attached(content: bytes, name: str, content_type: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer

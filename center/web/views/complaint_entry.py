"""Entering what citizens say elsewhere; code and PIN are shown once, to be told or printed."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from center.accounts import audit
from center.accounts.reach import whole_city
from center.complaints.errors import EntryError
from center.complaints.manual import enter
from center.errors import CenterError
from center.web.complaint_entry import EntryForm
from center.web.problems import said
from center.web.views.complaint_page import SEE

ADD = "complaints.add_complaint"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@permission_required((SEE, ADD), raise_exception=True)
@whole_city
def complaint_new(request: HttpRequest) -> HttpResponse:
    """The form; after it the receipt, which is in no address and in no cache: what it shows is shown this once."""
    form = EntryForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return render(request, "web/complaint_new.html", {"form": form})
    if form.is_valid():
        try:
            entered = enter(form.entry(), actor=request.user.get_username())
        except EntryError as error:
            field = error.field if error.field in form.fields else None
            form.add_error(field, said(error))
        except CenterError as error:
            form.add_error(None, said(error))
        else:
            audit.note(
                request,
                "complaint-entered",
                entered.service_request_id,
                "again" if entered.duplicate or entered.again else "new",
            )
            return render(request, "web/complaint_entered.html", {"entered": entered})
    return render(request, "web/complaint_new.html", {"form": form}, status=422)

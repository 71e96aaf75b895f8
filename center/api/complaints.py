"""Counts of complaints; never their content."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from ninja import Router, Schema

from center.api.permission import own_sites, require
from center.complaints.models import Complaint
from center.core.complaint_cycle import WAITING
from center.web.live import now_ms

router = Router(tags=["complaints"])


class Summary(Schema):
    """How many complaints (of your own places): received since midnight (local time), waiting for an answer, urgent
    among these, in all."""

    today: int
    open: int
    urgent: int
    total: int
    by_status: dict[str, int]
    by_category: dict[str, int]


@router.get("/summary", response=Summary, summary="How many complaints there are")
def summary(request: HttpRequest) -> Summary:
    require(request, "connectivity.view_nodestate", sums=True)
    own = own_sites(request)
    mine = Complaint.objects.all() if own is None else Complaint.objects.filter(place__in=own)
    now = datetime.fromtimestamp(now_ms() / 1000, ZoneInfo(settings.TIME_ZONE))
    midnight_ms = int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000)
    waiting = Q(status__in=WAITING)
    counts = mine.aggregate(
        today=Count("pk", filter=Q(received_ms__gte=midnight_ms)),
        open=Count("pk", filter=waiting),
        urgent=Count("pk", filter=waiting & Q(urgent=True)),
        total=Count("pk"),
    )
    return Summary(**counts, by_status=_grouped(mine, "status"), by_category=_grouped(mine, "category"))


def _grouped(rows: "QuerySet[Complaint]", column: str) -> dict[str, int]:
    return dict(rows.values_list(column).annotate(count=Count("pk")).order_by(column))

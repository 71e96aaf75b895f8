"""What a log line says of a request: its method and path, and nothing a visitor has put behind the question mark."""

import logging
from pathlib import Path

from center.logs import FieldsFormatter


def line(**extra: object) -> str:
    record = logging.makeLogRecord({"name": "django.request", "levelname": "WARNING", "msg": "Not Found", **extra})
    return FieldsFormatter().format(record)


def test_a_request_is_named_without_its_query(center_data: Path) -> None:
    from django.http import HttpRequest

    request = HttpRequest()
    request.method, request.path = "GET", "/open311/v2/requests.json"
    request.META["QUERY_STRING"] = "api_key=sandi_rahasia"
    assert line(request=request, status_code=400).endswith(
        'WARNING django.request Not Found request="GET /open311/v2/requests.json" status_code=400'
    )


def test_other_fields_stay_as_they_are() -> None:
    assert line(path=Path("/a b"), node="kel-1", text="a\nb").endswith('path="/a b" node=kel-1 text=a\\nb')

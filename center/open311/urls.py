"""The addresses below /open311/. Each has one form with an ending and one without, which answers in JSON."""

from django.urls import URLPattern, path, register_converter

from center.open311 import views
from center.open311.formats import FormatConverter

register_converter(FormatConverter, "form")
app_name = "open311"


def _both(route: str, view: views.View, name: str) -> list[URLPattern]:
    return [path(f"{route}.<form:form>", view, name=name), path(route, view, name=name)]


urlpatterns = [
    *_both("discovery", views.discovery, "discovery"),
    *_both("v2/services", views.services, "services"),
    *_both("v2/services/<slug:service_code>", views.service, "service"),
    *_both("v2/requests", views.requests, "requests"),
    *_both("v2/requests/<slug:request_id>", views.request_of, "request"),
    *_both("v2/tokens/<slug:token>", views.token, "token"),
]

"""The six methods of GeoReport v2 and the discovery document."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from center.complaints.errors import EntryError
from center.complaints.manual import Entered, enter, says_the_same
from center.open311 import asking, markup, posting, rows
from center.open311 import services as offered
from center.open311.config import Open311Config
from center.open311.errors import Open311Error, answer, refusal
from center.open311.form import MAX_BODY_BYTES, Form, FormError, read_form
from center.open311.keys import key_holder
from center.open311.terms import FORM_TYPE
from center.sealing import SealingError
from wire.subjects import BY_CODE

View = Callable[..., HttpResponse]
SPECIFICATION: Final = "http://wiki.open311.org/GeoReport_v2"
CHANGED: Final = "2026-11-27 12:00"
"""When what is offered last changed: callers keep services until this moves."""


def served(*methods: str) -> Callable[[View], View]:
    """A view that answers these methods alone, and every refusal in the standard's own form."""

    def decorate(view: View) -> View:
        @csrf_exempt  # no cookie opens anything here
        @wraps(view)
        def asked(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
            try:
                if request.method not in methods:
                    raise Open311Error(405)
                return view(request, *args, **kwargs)
            except Open311Error as error:
                response = refusal(request, error)
                if error.status == 405:
                    response.headers["Allow"] = ", ".join(methods)
                return response

        return asked

    return decorate


@served("GET", "HEAD")
def discovery(request: HttpRequest, form: str = markup.JSON) -> HttpResponse:
    """Where this interface is, in which formats, and whom to ask. For everybody."""
    base = settings.CENTER.web.public_url.rstrip("/") or request.build_absolute_uri("/").rstrip("/")
    endpoint: markup.Node = {
        "specification": SPECIFICATION,
        "url": f"{base}/open311/v2",
        "changeset": CHANGED,
        "type": "production",
        "formats": ["text/xml", "application/json"],
    }
    told = {"changeset": CHANGED, "contact": _city().contact, "key_service": _city().key_service}
    return answer("discovery", {**told, "endpoints": [endpoint]}, form)


@served("GET", "HEAD")
def services(request: HttpRequest, form: str = markup.JSON) -> HttpResponse:
    """What can be reported. For everybody."""
    _ours(_query(request))
    return answer("services", offered.service_list(request.LANGUAGE_CODE), form)


@served("GET", "HEAD")
def service(request: HttpRequest, service_code: str, form: str = markup.JSON) -> HttpResponse:
    """The questions that go with one service. For everybody."""
    _ours(_query(request))
    if service_code not in BY_CODE:
        raise Open311Error(404, "service_code: there is no such service; GET services lists them.")
    return answer("service_definition", offered.definition(service_code), form)


@served("GET", "HEAD", "POST")
def requests(request: HttpRequest, form: str = markup.JSON) -> HttpResponse:
    """POST: one more request. GET: what became of requests. Both with a key."""
    return _post(request, form) if request.method == "POST" else _list(request, form)


@served("GET", "HEAD")
def request_of(request: HttpRequest, request_id: str, form: str = markup.JSON) -> HttpResponse:
    """What became of one request, with a key."""
    query, program = _query(request), key_holder(request)
    _ours(query)
    complaint = asking.one(request_id)
    if complaint is None:
        raise Open311Error(404, "service_request_id: there is no such request.")
    return answer("service_requests", rows.rows([complaint], program, request.LANGUAGE_CODE), form)


@served("GET", "HEAD")
def token(request: HttpRequest, token: str, form: str = markup.JSON) -> HttpResponse:
    """All services here answer at once with an id, so no token was ever given out."""
    _ours(_query(request))
    raise Open311Error(404, "token: none was given out; every request gets its service_request_id at once.")


def _list(request: HttpRequest, form: str) -> HttpResponse:
    query, program = _query(request), key_holder(request)
    _ours(query)
    filters = asking.read_filters(query, time.time_ns() // 1_000_000)
    if query.problems:
        raise Open311Error(400, *query.problems)
    if filters.unknown:
        raise Open311Error(404, "service_code: there is no such service; GET services lists them.")
    return answer("service_requests", rows.rows(asking.found(filters), program, request.LANGUAGE_CODE), form)


def _post(request: HttpRequest, form: str) -> HttpResponse:
    sent = _body(request)
    program = key_holder(request, sent)
    _ours(sent)
    key = request.headers.get("Idempotency-Key", "").strip()
    posted = posting.read_request(sent, program.name, key, request.LANGUAGE_CODE)
    if posted.unknown:
        raise Open311Error(404, "service_code: there is no such service; GET services lists them.")
    if posted.entry is None:
        raise Open311Error(400, *posted.problems)
    try:
        entered = enter(posted.entry, actor=f"token:{program.name}")
        changed = entered.duplicate and not says_the_same(posted.entry, entered.service_request_id)
    except EntryError as error:
        raise Open311Error(400, f"{error.field}: {error}") from None
    except SealingError:
        raise Open311Error(503, "Nothing can be sealed here just now; ask the city, and send this again.") from None
    if changed:
        raise Open311Error(422)
    told: markup.Node = {
        "service_request_id": entered.service_request_id,
        "service_notice": _notice(entered),
        "account_id": None,
    }
    return answer("service_requests", [told], form)


def _notice(entered: Entered) -> str:
    if entered.duplicate:
        return gettext("This request is here already, as ticket %(code)s; its PIN was told with the first answer.") % {
            "code": entered.code
        }
    return gettext(
        "Kept as ticket %(code)s, PIN %(pin)s. Give both to the citizen: they open the answer. "
        "The PIN is told this once."
    ) % {"code": entered.code, "pin": entered.pin}


def _body(request: HttpRequest) -> Form:
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != FORM_TYPE:
        key_holder(request, Form({}, {}, []))  # who has no key hears of that first
        raise Open311Error(400, f"Send the request as {FORM_TYPE}; charset=utf-8.")
    body = request.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise Open311Error(413)
    return _read(body)


def _query(request: HttpRequest) -> Form:
    return _read(request.META.get("QUERY_STRING", ""))


def _read(sent: bytes | str) -> Form:
    try:
        return read_form(sent)
    except FormError as error:
        raise Open311Error(400, str(error)) from None


def _ours(form: Form) -> None:
    """One city is served here: callers may name it, and another one is not found."""
    named = form.fields.get("jurisdiction_id", [])
    if any(one not in {"", _city().jurisdiction_id} for one in named):
        raise Open311Error(404, "jurisdiction_id: this is another city's; leave it out or see the discovery document.")


def _city() -> Open311Config:
    return settings.CENTER.open311

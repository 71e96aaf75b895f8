"""Who asks: another system with its key, which is a token of the level `exchange` (`sandi-center token add`).

The standard sends `api_key` as a field of the form; a header does as well. In an address it is refused: addresses are
written into the logs of every proxy on the way.
"""

from typing import Final

from django.http import HttpRequest

from center.accounts.tokens import EXCHANGE_REQUESTS, Program, TokenError, program_with
from center.api.rate import Limiter
from center.open311.errors import Open311Error
from center.open311.form import Form

FIELD: Final = "api_key"
reading = Limiter()
handing_over = Limiter(burst=60, per_s=0.5)
"""Requests of one system: a city's busiest hour in one go, then 30 a minute. A key that was stolen floods no desk
before somebody has seen it."""


def key_holder(request: HttpRequest, form: Form | None = None) -> Program:
    """The system that asks; its name goes into the audit log. `form`: the body in which the key may be.

    Raises:
        Open311Error: 400 the key is in the address, 403 it opens nothing here, 429 it asks too often.
    """
    if FIELD in request.GET:
        raise Open311Error(
            400, "A key in an address ends up in logs: send it as the header Authorization: Bearer, and renew this one."
        )
    try:
        program = program_with(_brought(request, form), request.META.get("REMOTE_ADDR", ""))
    except TokenError as error:
        if error.status == 401:
            raise Open311Error(403) from None
        raise Open311Error(403, "This key is not for this address; ask the city to add your address range.") from None
    if not program.sees(EXCHANGE_REQUESTS):
        raise Open311Error(403, "This key may not exchange requests; the city makes those with --level exchange.")
    request.audit_name = f"token:{program.name}"  # type: ignore[attr-defined]
    limiter = reading if form is None else handing_over
    if wait_s := limiter.take(program.name):
        raise Open311Error(429, f"Too many requests; wait {wait_s} s.", wait_s=wait_s)
    return program


def _brought(request: HttpRequest, form: Form | None) -> str:
    scheme, _, brought = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return brought.strip()
    sent = form.fields.get(FIELD, []) if form else []
    return sent[0].strip() if len(sent) == 1 else ""

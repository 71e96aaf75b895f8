"""Refusals as the standard has them: a list of {code, description}, in the format that was asked for.

404 for what does not exist, 403 for a missing or wrong key, 422 for a number or Idempotency-Key that stands for another
request already (as the IETF's draft of that header has it), 400 for nearly everything else. No value somebody sent is
repeated in a description.
"""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse

from center.open311 import markup

BELOW: Final = "/open311/"
DEFAULTS: Final = {
    400: "The request was not understood.",
    403: "This needs a key that may exchange requests; send it as: Authorization: Bearer sandi_...",
    404: "There is nothing at this address; see /open311/discovery.json.",
    405: "This method is not served at this address.",
    413: "The request is too large.",
    422: "This external_id or Idempotency-Key came before with other content, which is kept as it was; send a new one "
    "under a number of its own.",
    500: "The fault is ours and has been written to the log. Try again in a minute.",
    503: "The database cannot be reached just now. Try again in a minute.",
}


class Open311Error(Exception):
    """What to answer instead: one HTTP status, and what is wrong, each in a sentence."""

    def __init__(self, status: int, *descriptions: str, wait_s: int = 0) -> None:
        self.descriptions = descriptions or (DEFAULTS[status],)
        super().__init__(" ".join(self.descriptions))
        self.status = status
        self.wait_s = wait_s


def format_of(path: str) -> str:
    """The format an address asks for by its ending; JSON where it does not."""
    return markup.XML if path.endswith(".xml") else markup.JSON


def answer(root: str, content: markup.Node, form: str, status: int = 200) -> HttpResponse:
    """A response in one of the two formats, kept by no cache."""
    response = HttpResponse(markup.write(root, content, form), content_type=markup.CONTENT_TYPES[form], status=status)
    response.headers["Cache-Control"] = "no-store"
    return response


def refusal(request: HttpRequest, error: Open311Error) -> HttpResponse:
    """The response for an error."""
    errors: list[markup.Node] = [{"code": error.status, "description": text} for text in error.descriptions]
    response = answer("errors", errors, format_of(request.path), error.status)
    if error.wait_s:
        response.headers["Retry-After"] = str(error.wait_s)
    return response


def of_the_exchange(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: whatever else answers below /open311/ (an address nobody knows, a fault of ours) is an error of the
    standard on its way out."""
    ours = set(markup.CONTENT_TYPES.values())

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.path.startswith(BELOW) or response.status_code < 400 or response.headers["Content-Type"] in ours:
            return response
        status = response.status_code if response.status_code in DEFAULTS else 400
        told = refusal(request, Open311Error(status))
        if "Allow" in response.headers:
            told.headers["Allow"] = response.headers["Allow"]
        return told

    return middleware

"""The status of one's own complaint, on any telephone: code and PIN in, the way of the complaint out.

Without an account and without a cookie. The PIN comes in the body of the form alone: no address, no log and no page
holds it. The form needs no token against forgery: whoever could forge it would have to know code and PIN.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from center.public.adding import AddingError, add, token_for
from center.public.headers import public_page
from center.public.lookup import Found, look_up
from center.public.story import story_of
from center.public.words import end_word, next_word, problem_words, step_word, subject_word
from center.sealing import SealingError
from center.web.advice import language
from center.web.live import now_ms

MAX_TYPED = 60
MAX_TEXT = 4000


@csrf_exempt
@never_cache
@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def status(request: HttpRequest) -> HttpResponse:
    """The form; after it what it opened, or why it opened nothing."""
    request.audit_quietly = True  # type: ignore[attr-defined]
    if request.method != "POST":
        return render(request, "public/status.html", {"code": ""})
    code, pin = (request.POST.get(name, "")[:MAX_TYPED] for name in ("code", "pin"))
    now = now_ms()
    found = look_up(code, pin, request.META.get("REMOTE_ADDR", ""), now)
    if found.complaint is None:
        return _refused(request, found, code)
    return render(request, "public/story.html", _shown(found, now))


@csrf_exempt
@never_cache
@public_page
@require_POST
def add_words(request: HttpRequest) -> HttpResponse:
    """What the city asked for, from whoever code and PIN let in half an hour ago at most."""
    request.audit_quietly = True  # type: ignore[attr-defined]
    token, text = request.POST.get("token", ""), request.POST.get("text", "")
    try:
        add(token, text)
    except AddingError as error:
        context = {"problem": problem_words(error.problem, 0), "token": token, "text": text[: MAX_TEXT * 2]}
        template = "public/add.html" if error.problem == "words" else "public/status.html"
        return render(request, template, context | {"max_text": MAX_TEXT}, status=422)
    except SealingError:
        return render(request, "public/status.html", {"problem": problem_words("unavailable", 0)}, status=503)
    return render(request, "public/added.html")


def _refused(request: HttpRequest, found: Found, typed: str) -> HttpResponse:
    context = {"code": found.code or typed, "problem": problem_words(found.problem, found.wait_ms), "at": found.problem}
    if found.problem != "locked":
        return render(request, "public/status.html", context, status=503 if found.problem == "unavailable" else 422)
    response = render(request, "public/status.html", context, status=429)
    response.headers["Retry-After"] = str(-(-found.wait_ms // 1000))
    return response


def _shown(found: Found, now: int) -> dict[str, object]:
    complaint = found.complaint
    assert complaint is not None
    story = story_of(complaint, now)
    return {
        "code": found.code,
        "token": token_for(complaint) if story.asks else "",
        "asked_text": next((one.text for one in reversed(story.steps) if one.step == "asked"), ""),
        "max_text": MAX_TEXT,
        "story": story,
        "complaint": complaint,
        "status_word": step_word("asked" if story.asks else complaint.status),
        "next_word": next_word(complaint.status, asks=story.asks),
        "end_word": end_word(complaint.closed_reason),
        "subject": subject_word(complaint.subject, language()),
        "steps": [
            {
                "named": step_word(one.step), "at_ms": one.at_ms, "text": one.text, "agency": one.agency,
                "reason": end_word(one.reason), "step": one.step,
            }
            for one in reversed(story.steps)
        ],
    }  # fmt: skip

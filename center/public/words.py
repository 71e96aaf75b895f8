"""A complaint's steps in words for citizens: what happened, what it means, what comes next."""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from wire.subjects import BY_CODE

STEPS: Final = {
    "sent": gettext_noop("You handed it in"),
    "received": gettext_noop("The command centre has it"),
    "verified": gettext_noop("It has been checked"),
    "routed": gettext_noop("It was passed to the office in charge"),
    "in_progress": gettext_noop("Somebody is working on it"),
    "on_hold": gettext_noop("It waits"),
    "reopened": gettext_noop("It was taken up again"),
    "answered": gettext_noop("It has been answered"),
    "closed": gettext_noop("It is finished"),
    "not_ours": gettext_noop("It is not the city's matter"),
    "duplicate": gettext_noop("The same has been reported already"),
    "archived": gettext_noop("It was put away"),
    "asked": gettext_noop("We need to know more from you"),
    "told": gettext_noop("A word from the city"),
    "extended": gettext_noop("We need more time"),
    "added": gettext_noop("You added something"),
}
NEXT: Final = {
    "received": gettext_noop("Somebody reads it and decides who takes care of it."),
    "verified": gettext_noop("It goes to the office in charge."),
    "routed": gettext_noop("The office in charge takes it up and answers you."),
    "in_progress": gettext_noop("You read the answer here as soon as there is one."),
    "on_hold": gettext_noop("It goes on as soon as what is missing is there."),
    "reopened": gettext_noop("Somebody reads it anew and answers you."),
    "answered": gettext_noop("If that does not settle it, hand in a new one at a kiosk and give this code with it."),
    "closed": gettext_noop("Is it not settled? Hand in a new one at a kiosk and give this code with it."),
    "not_ours": gettext_noop("Please turn to the office named in the answer."),
    "duplicate": gettext_noop("The first report goes on; what is done there counts for yours too."),
    "archived": gettext_noop("Was that a mistake? Hand it in again at a kiosk and give this code with it."),
}
ENDS: Final = {
    "resolved": gettext_noop("settled"),
    "information": gettext_noop("information given"),
    "refused": gettext_noop("refused, with reasons"),
    "duplicate": gettext_noop("already reported"),
    "prank": gettext_noop("nothing in it could be acted on"),
    "ghost": gettext_noop("nothing in it could be acted on"),
    "other_agency": gettext_noop("belongs to another body"),
    "withdrawn": gettext_noop("withdrawn by you"),
    "no_reply": gettext_noop("no word came back from you"),
}
CHANNELS: Final = {
    "kiosk": gettext_noop("kiosk"),
    "rabeg": gettext_noop("RABEG"),
    "phone112": gettext_noop("telephone 112"),
    "social": gettext_noop("social media"),
    "counter": gettext_noop("counter"),
    "ppid_site": gettext_noop("PPID site"),
    "open311": gettext_noop("other applications (Open311)"),
    "status_page": gettext_noop("this page"),
}
PROBLEMS: Final = {
    "code": gettext_noop("That is no ticket code. It has 10 letters and digits; look at your receipt again."),
    "pin": gettext_noop("The PIN has 4 digits. It stands on your receipt, or you wrote it down."),
    "unavailable": gettext_noop("The centre cannot check it just now. Nothing is lost; try again in an hour."),
    "words": gettext_noop("Write what is missing, in at most 4,000 characters."),
    "over": gettext_noop(
        "This was not added: the city no longer waits for it. Show the complaint again; for more, hand in a new one at "
        "a kiosk and give this code with it."
    ),
    "late": gettext_noop("The form was open for too long. Show the complaint again, and write anew."),
    "wrong": gettext_noop("Code and PIN do not belong together. Look at your receipt again."),
}


def step_word(step: str) -> str:
    """What happened, in the active language; an unknown step as it is."""
    return _(STEPS[step]) if step in STEPS else step


def next_word(status: str, *, asks: bool) -> str:
    """What comes next."""
    if asks:
        return _("We wait for you: read below what is missing, and answer here or at a kiosk.")
    return _(NEXT[status]) if status in NEXT else ""


def end_word(reason: str) -> str:
    """Why it ended; "" where it did not."""
    return _(ENDS[reason]) if reason in ENDS else ""


def channel_word(code: str) -> str:
    """The way a complaint came."""
    return _(CHANNELS[code]) if code in CHANNELS else code


def problem_words(problem: str, wait_ms: int) -> str:
    """What to do about a try that opened nothing."""
    if problem == "locked":
        minutes = -(-wait_ms // 60_000)
        return _("Too many wrong tries. Try again in %(minutes)s minutes, or ask at a kiosk.") % {"minutes": minutes}
    return _(PROBLEMS[problem]) if problem in PROBLEMS else ""


def subject_word(code: str, language: str) -> str:
    """What it is about, as the kiosk's button said it."""
    known = BY_CODE.get(code)
    if known is None:
        return code
    return known.label_en if language == "en" else known.label_id

"""What the codes of complaints mean, for people at the desk: channels, identities, log entries, disclosures, rules."""

from django.utils.translation import gettext_noop

CHANNELS = {
    "web": gettext_noop("kiosk"),
    "serial": gettext_noop("kiosk, button panel"),
    "cli": gettext_noop("kiosk, keyed in by staff"),
    "rabeg": gettext_noop("RABEG"),
    "phone112": gettext_noop("telephone 112"),
    "social": gettext_noop("social media"),
    "counter": gettext_noop("counter"),
    "ppid_site": gettext_noop("PPID site"),
    "open311": gettext_noop("Open311"),
    "status_page": gettext_noop("public status page"),
}
IDENTITIES = {
    "anonymous": gettext_noop("anonymous"),
    "confidential": gettext_noop("confidential"),
    "contact": gettext_noop("with a contact"),
}
EVENTS = {
    "received": gettext_noop("received"),
    "entered": gettext_noop("entered at the desk"),
    "opened": gettext_noop("opened"),
    "status": gettext_noop("moved on"),
    "told": gettext_noop("told the citizen"),
    "routed": gettext_noop("passed on"),
    "held": gettext_noop("put on hold"),
    "asked": gettext_noop("asked the citizen"),
    "added": gettext_noop("the citizen added something"),
    "class": gettext_noop("class corrected"),
    "note": gettext_noop("note"),
    "extended": gettext_noop("extended"),
    "objected": gettext_noop("objection"),
    "delivered": gettext_noop("the kiosk has the answer"),
    "closed": gettext_noop("closed"),
    "reopened": gettext_noop("reopened"),
    "exported": gettext_noop("copy handed out"),
    "erased": gettext_noop("personal data erased"),
    "undone": gettext_noop("taken back"),
}
SHOWN = {
    "text": gettext_noop("text"),
    "identity": gettext_noop("name and contact"),
    "photo": gettext_noop("photo"),
    "export": gettext_noop("copy of everything"),
    "erase": gettext_noop("erasure"),
}
"""What a `Disclosure` says was shown."""
RULES = {
    "urgent_word": gettext_noop("a word of danger"),
    "urgent_phrase": gettext_noop("words of danger"),
    "no_words": gettext_noop("no words in it"),
    "one_character_repeated": gettext_noop("one letter over and over"),
    "one_word_repeated": gettext_noop("one word over and over"),
    "keyboard_run": gettext_noop("a run along the keyboard"),
    "laughter_only": gettext_noop("nothing but laughter"),
    "trying_out_only": gettext_noop("nothing but words of trying out"),
    "service_question": gettext_noop("a short question about a service"),
}
"""The rules of the kiosk's triage (`Complaint.reasons`)."""
WHY_OPEN = {
    "verify": gettext_noop("to verify it"),
    "handle": gettext_noop("to handle it"),
    "answer": gettext_noop("to answer it"),
    "check": gettext_noop("to check an answer"),
    "other": gettext_noop("another reason"),
}
"""Why somebody opens a sealed text: the short choices."""
NEXT = {
    "received": gettext_noop("Open the text, then verify it, or pass it on to the agency it belongs to."),
    "verified": gettext_noop("Pass it on to the agency it belongs to, or answer."),
    "routed": gettext_noop("The agency takes it up and answers."),
    "ours": gettext_noop("Open the text, take it up, and answer."),
    "in_progress": gettext_noop("Answer as soon as it is done; tell the citizen when it takes longer."),
    "on_hold": gettext_noop("Take it up again once what it waits for has come."),
    "asked": gettext_noop("The citizen reads the question at the kiosk; what they add comes back here."),
    "reopened": gettext_noop("Read what is missing, then pass it on or answer again."),
    "answered": gettext_noop("Nothing, unless the citizen objects: it closes by itself."),
    "ended": gettext_noop("Nothing. It can be reopened at any time."),
}
WAYS = {
    "look": gettext_noop("to look at it"),
    "copy": gettext_noop("a copy"),
    "email": gettext_noop("by e-mail"),
}
SHOWS = {
    "waits": gettext_noop("waiting"),
    "mine": gettext_noop("mine"),
    "overdue": gettext_noop("overdue"),
    "urgent": gettext_noop("urgent"),
    "asked": gettext_noop("asked back"),
    "all": gettext_noop("all"),
}
"""The tabs of the queue."""
SORTS = {
    "first": gettext_noop("most pressing first"),
    "due": gettext_noop("by due date"),
    "old": gettext_noop("oldest first"),
    "new": gettext_noop("newest first"),
}
ANSWERS = {
    "answered": gettext_noop("This is the answer"),
    "in_progress": gettext_noop("A word in between: it is still being worked on"),
    "closed:resolved": gettext_noop("This is the answer, and it is closed: resolved"),
    "closed:information": gettext_noop("This is the answer, and it is closed: information given"),
}
"""What an answer does to its complaint."""
WORDS = {
    "channel": CHANNELS,
    "identity": IDENTITIES,
    "event": EVENTS,
    "shown": SHOWN,
    "rule": RULES,
    "why_open": WHY_OPEN,
    "complaint_next": NEXT,
    "way": WAYS,
    "show": SHOWS,
    "complaint_sort": SORTS,
    "answer_as": ANSWERS,
}

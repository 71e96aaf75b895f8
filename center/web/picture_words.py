"""What the codes of pictures mean, for people."""

from django.utils.translation import gettext_noop

VERDICTS = {
    "ok": gettext_noop("clear"),
    "covered": gettext_noop("covered"),
    "dark": gettext_noop("dark"),
    "blurred": gettext_noop("blurred"),
    "moved": gettext_noop("moved"),
    "frozen": gettext_noop("frozen"),
    "learning": gettext_noop("still learning"),
}
"""What the box's own judge said of the picture."""
BAD_VERDICTS = ("covered", "frozen", "blurred", "dark", "moved")
"""Those a person should look at, the worst first."""
REASONS = {
    "schedule": gettext_noop("by schedule"),
    "event": gettext_noop("because of an event"),
    "request": gettext_noop("on request"),
}
PURPOSES = {
    "security": gettext_noop("security"),
    "disaster": gettext_noop("disasters"),
    "traffic": gettext_noop("traffic"),
}
FINDINGS = {
    "genuine": gettext_noop("good: taken by this box, unchanged"),
    "unreadable": gettext_noop("cannot be read"),
    "altered": gettext_noop("the picture was changed"),
    "other_key": gettext_noop("signed with a key that is not this box's"),
    "bad_signature": gettext_noop("does not fit the record"),
    "no_key": gettext_noop("no key of this box is known"),
}
CHAIN = {
    "follows": gettext_noop("follows the picture before it"),
    "given_up": gettext_noop("follows; the box gave up the pictures in between"),
    "told": gettext_noop("the box gave up more pictures in between than it can name"),
    "gap": gettext_noop("the picture before it is not here"),
    "first": gettext_noop("the first one"),
    "restarted": gettext_noop("the box began the chain anew"),
    "broken": gettext_noop("contradicts another picture"),
}
WHY_DELETED = {
    "age": gettext_noop("their time was over"),
    "limit": gettext_noop("the limit of all pictures was reached"),
    "disk": gettext_noop("the disk was short"),
}
WORDS = {
    "picture_verdict": VERDICTS,
    "picture_reason": REASONS,
    "picture_purpose": PURPOSES,
    "picture_finding": FINDINGS,
    "picture_chain": CHAIN,
    "why_deleted": WHY_DELETED,
}

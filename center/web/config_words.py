"""Words of the pages about pushed configurations."""

from django.utils.translation import gettext_noop

DRIFTS = {
    "same": gettext_noop("runs what it should"),
    "waiting": gettext_noop("on its way"),
    "trying": gettext_noop("being tried"),
    "reverted": gettext_noop("taken back by the box"),
    "refused": gettext_noop("refused by the box"),
    "skipped": gettext_noop("was not sent any more"),
    "other": gettext_noop("runs something else"),
    "changed": gettext_noop("changed by hand on the box"),
    "unheard": gettext_noop("has never told what it runs"),
}
DRIFT_NEXT = {
    "reverted": gettext_noop("Find out why before pushing it again; the box runs what it ran before."),
    "refused": gettext_noop("Mend what the box says, and push it anew."),
    "skipped": gettext_noop("Push it to the remaining boxes once the first ones are well."),
    "other": gettext_noop("Push the right one again."),
    "changed": gettext_noop("At the box: sandi config overrides. Ask who wrote it, and why."),
    "unheard": gettext_noop("Its version may be older than this centre; it tells by itself once it is updated."),
}
CODES = {
    "unconfirmed": gettext_noop("no answer of the centre in time"),
    "disk": gettext_noop("the disk ran full with it"),
    "part": gettext_noop("a part of the box failed with it"),
    "starts": gettext_noop("the box did not come up with it"),
    "boots": gettext_noop("the box restarted again and again with it"),
    "damaged": gettext_noop("its file could not be read any more"),
    "older": gettext_noop("the box runs a newer one"),
}
WORDS = {"drift": DRIFTS, "drift_next": DRIFT_NEXT}

"""Why an update was not made, or was taken back: codes of fetching and of the guard of slots, and the next step."""

from django.utils.translation import gettext_noop

_FILE = gettext_noop("the release's file is not whole")
_FOREIGN = gettext_noop("its signature is not right")
_SILENT = gettext_noop("the new version did not come up")
CODES = {
    # fetching
    "not_found": gettext_noop("the centre does not hand out this release any more"),
    "budget": gettext_noop("the allowance of data is used up"),
    "late": gettext_noop("it was not fetched in time"),
    "no_centre": gettext_noop("the box does not know where to fetch it"),
    "fetch": gettext_noop("fetching it failed"),
    # before anything was changed
    "room": gettext_noop("not enough room on the card"),
    "hash": _FILE,
    "size": _FILE,
    "file": _FILE,
    "bundle": gettext_noop("the archive is not whole, or was not made"),
    "absent": _FILE,
    "manifest": _FILE,
    "signature": _FOREIGN,
    "no_key": gettext_noop("the box knows no release key"),
    "version": gettext_noop("another version than the one asked for"),
    "downgrade": gettext_noop("an older version than the one that runs"),
    "floor": gettext_noop("the box is too old for this version"),
    "python": gettext_noop("not made for this box's system"),
    "arch": gettext_noop("not made for this kind of box"),
    "build": gettext_noop("it could not be put together on the box"),
    "slot": gettext_noop("the box has no whole version to go back to"),
    # tried, and taken back
    "silent": _SILENT,
    "crashes": _SILENT,
    "reboots": gettext_noop("the box restarted again and again with it"),
    "uplink": gettext_noop("with it the box did not reach the centre"),
    "acks": gettext_noop("with it the centre stored nothing of the box"),
    "cameras": gettext_noop("with it cameras gave no pictures"),
    "steady": gettext_noop("it did not run for long"),
    "replaced": gettext_noop("somebody installed another version meanwhile"),
    "technician": gettext_noop("taken back by a technician at the box"),
    "damaged": gettext_noop("its files were not whole on the disk"),
    "interrupted": gettext_noop("the box was switched off meanwhile"),
    "storage": gettext_noop("the box could not write it down"),
    "rolled_back": gettext_noop("the new version was not well; the old one runs again"),
    "refused": gettext_noop("the box did not take this release"),
}
_AGAIN = gettext_noop("Order it again; what was fetched already is kept.")
_ANOTHER = gettext_noop("Nothing was changed. Hand out the file once more: sandi-center release add.")
_BACK = gettext_noop("The box runs its old version. Read its log (update) before trying again.")
NEXT = {
    "not_found": gettext_noop("Choose a release that is still handed out."),
    "budget": _AGAIN,
    "late": _AGAIN,
    "fetch": _AGAIN,
    "no_centre": gettext_noop("Renew its card: sandi-center provision."),
    "room": gettext_noop("Look at the box's storage on the node page."),
    "signature": gettext_noop(
        "Nothing was changed. The file is not one of the maintainers': do not use it, tell them."
    ),
    "no_key": gettext_noop("At the box: the release key belongs into /etc/sandi/release.pub."),
    "downgrade": gettext_noop("Order it again and tick that an older version is meant, if it is."),
    "floor": gettext_noop("Update to a version between the two first."),
    "python": gettext_noop("Nothing was changed. Ask the maintainers for a release for this system."),
    "arch": gettext_noop("Nothing was changed. Ask the maintainers for a release for this system."),
    "build": gettext_noop("Nothing was changed. Read its log (update) and report it to the maintainers."),
    "bundle": gettext_noop("Read what it printed."),
    "slot": gettext_noop("Install it at the box: docs/pemasangan.md."),
    **dict.fromkeys(("hash", "size", "file", "absent", "manifest", "version"), _ANOTHER),
    **dict.fromkeys(
        ("silent", "crashes", "reboots", "uplink", "acks", "cameras", "steady", "replaced", "rolled_back"), _BACK
    ),
}

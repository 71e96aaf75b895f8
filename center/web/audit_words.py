"""The codes of the audit log in words: what was done, how it ended, and what kind of name did it.

A code is the name of an address of ours (whatever is sent there leaves an entry), or a word of the callers of
`center.accounts.audit`. A test finds one that has no words here.
"""

from django.utils.translation import gettext_noop

ACTS = {
    # signing in, and the own account
    "login": gettext_noop("Sign-in"),
    "second-factor": gettext_noop("Sign-in: second factor"),
    "logout": gettext_noop("Sign-out"),
    "password": gettext_noop("Changing one's own password"),
    "sessions-end": gettext_noop("Ending sessions elsewhere"),
    "second-factor-setup": gettext_noop("Setting up the second factor"),
    "second-factor-codes": gettext_noop("Making new recovery codes"),
    "second-factor-remove": gettext_noop("Removing the second factor"),
    "provision": gettext_noop("Making the card of a box"),
    # looks at what is somebody's own, and what was taken along
    "picture": gettext_noop("Looking at a camera picture"),
    "picture-export": gettext_noop("Taking pictures along as evidence"),
    "picture-evidence": gettext_noop("Exporting pictures as evidence"),
    "wall-pictures": gettext_noop("Looking at camera pictures on the wall"),
    "stays": gettext_noop("Looking at who worked at the box"),
    "view_person": gettext_noop("Looking at contacts"),
    "export_person": gettext_noop("Taking contacts along as a file"),
    "audit-export": gettext_noop("Taking the audit log along as a file"),
    # complaints
    "complaint-open": gettext_noop("Opening the text of a complaint"),
    "complaint-text": gettext_noop("Text of a complaint"),
    "complaint-photos": gettext_noop("Opening the photos of a complaint"),
    "complaint-photo": gettext_noop("Photos of a complaint"),
    "complaint-reply": gettext_noop("Answering a complaint"),
    "public-status": gettext_noop("Checking a complaint on the public page"),
    "public-add": gettext_noop("Adding to a complaint on the public page"),
    "complaint-act": gettext_noop("Working on a complaint"),
    "complaint-copy": gettext_noop("Handing out a copy of a complaint"),
    "complaint-export": gettext_noop("Handing out a copy of a complaint, on the server"),
    "seal-rotate": gettext_noop("Changing the sealing key"),
    "seal-import": gettext_noop("Putting back an old sealing key"),
    "complaint-erase": gettext_noop("Erasing what was typed in a complaint"),
    "complaint-new": gettext_noop("Entering a complaint"),
    "complaint-entered": gettext_noop("Complaint entered"),
    "complaint-find": gettext_noop("Looking for a complaint"),
    "complaint-bulk": gettext_noop("Many complaints at once: looking at them"),
    "complaint-bulk-do": gettext_noop("Many complaints at once"),
    "complaints-bulk": gettext_noop("Many complaints at once: done"),
    "complaint-bulk-undo": gettext_noop("Many complaints at once: taking it back"),
    "complaints-bulk-undo": gettext_noop("Many complaints at once: taken back"),
    "complaints-table": gettext_noop("Taking the list of complaints along as a file"),
    "complaints-import": gettext_noop("Taking complaints of another channel in"),
    "complaints-import-undo": gettext_noop("Taking an import of complaints back"),
    # incidents and work
    "incident-act": gettext_noop("Working on an incident"),
    "outage-ticket": gettext_noop("Noting the ISP ticket of an outage"),
    "works": gettext_noop("Announcing planned work"),
    "work-cancel": gettext_noop("Ending planned work"),
    "stay-end": gettext_noop("Ending a technician's work at the box"),
    "handover": gettext_noop("Writing a handover note"),
    # the registry
    "registry-new": gettext_noop("Registry: adding"),
    "registry-edit": gettext_noop("Registry: changing"),
    "registry-remove": gettext_noop("Registry: removing"),
    "registry-undo": gettext_noop("Registry: undoing a change"),
    "registry-import": gettext_noop("Registry: handing in a file"),
    "registry-preview": gettext_noop("Registry: taking over a file"),
    # alerts
    "alert-channel-new": gettext_noop("Adding an alert channel"),
    "alert-channel": gettext_noop("Changing an alert channel"),
    "alert-channel-delete": gettext_noop("Removing an alert channel"),
    "alert-language": gettext_noop("Changing the language of an alert channel"),
    "alert-channel-test": gettext_noop("Testing an alert channel"),
    "alert-secret": gettext_noop("Changing the secret of an alert channel"),
    "alert-route-new": gettext_noop("Adding an alert route"),
    "alert-route": gettext_noop("Changing an alert route"),
    "alert-route-delete": gettext_noop("Removing an alert route"),
    # screens and notices
    "wall-enter": gettext_noop("Typing a token at a screen"),
    "display-entered": gettext_noop("Screen opened"),
    "displays": gettext_noop("Adding a screen"),
    "display-added": gettext_noop("Screen added"),
    "display-revoke": gettext_noop("Revoking a screen"),
    "display-revoked": gettext_noop("Screen revoked"),
    "notices": gettext_noop("Publishing a notice"),
    "notice-published": gettext_noop("Notice published"),
    "notice-withdraw": gettext_noop("Withdrawing a notice"),
    "notice-changed": gettext_noop("Notice changed"),
    "notice-withdrawn": gettext_noop("Notice withdrawn"),
    # reports
    "report-publish": gettext_noop("Publishing a month"),
    # accounts and tokens, on the server
    "user-add": gettext_noop("Adding an account"),
    "user-passwd": gettext_noop("Giving an account a new password"),
    "user-reach": gettext_noop("Changing the reach of an account"),
    "user-totp-reset": gettext_noop("Resetting the second factor of an account"),
    "token-add": gettext_noop("Adding a token for a program"),
    "token-revoke": gettext_noop("Revoking the token of a program"),
    "enrolment-confirm": gettext_noop("Confirming the key of a box"),
    "enrolment-decline": gettext_noop("Declining the key of a box"),
    "enrolment-revoke-token": gettext_noop("Revoking the token on the card of a box"),
    "open311:requests": gettext_noop("Handing over a request by Open311"),
    "enrolment-decide": gettext_noop("Deciding about the key of a new box"),
    "site-facts-forget": gettext_noop("Forgetting the kept facts of a site"),
    "node-replace": gettext_noop("Replacing a box"),
    "ca-step": gettext_noop("Changing the certificate authority"),
    # commands to boxes
    "operation-new": gettext_noop("Form of an order to boxes"),
    "operation-order": gettext_noop("Ordering a command"),
    "operation-refused": gettext_noop("Refused by the commander"),
    "release-trust": gettext_noop("Trusting a release key"),
    "release-add": gettext_noop("Adding a release"),
    "release-withdraw": gettext_noop("Withdrawing a release"),
    "operation-approve": gettext_noop("Approving an order as the second person"),
    "operation-stop": gettext_noop("Stopping or going on with an order"),
    "operation-act": gettext_noop("Working on an order to boxes"),
    "fleet-config-new": gettext_noop("Form of a configuration for boxes"),
    "node-ask": gettext_noop("Asking a box with one press"),
    "node-witness": gettext_noop("Asking a box's neighbours"),
    "nowhere": gettext_noop("Sending to an address that does not exist"),
}
READ_ONLY = frozenset({
    "account", "alerts", "api-live", "audit", "audit-csv", "camera", "cameras", "certificates", "certificates-csv",
    "enrolment", "fleet", "fleet-config", "fleet-configs", "fleet-csv", "fleet-releases",
    "operation", "operation-csv", "operation-json", "operation-now", "operations", "operations-csv",
    "operations-now",
    "city", "complaint", "complaint-classes", "complaint-looks",
    "complaints", "complaints-csv", "events", "healthz", "home", "incident", "incidents", "metrics", "node", "node-now",
    "nodes", "picture-storage",
    "providers", "public-proof", "public-proof-json", "public-sites", "survey", "survey-csv", "survey-json",
    "survey-period",
    "public-sites-csv", "registry-csv", "registry-geojson", "registry-history", "report-day", "report-day-file",
    "report-evidence", "report-file", "report-month", "report-table", "reports", "site", "site-people", "sites",
    "upstream", "upstreams", "videotron", "videotron-now", "wall", "wall-picture", "wall-session",
})  # fmt: skip
"""Addresses that only show something: an entry of theirs is somebody's attempt to write there."""
PREFIXES = {
    "admin:": gettext_noop("Administration"),
    "api:": gettext_noop("Interface for programs"),
    "open311:": gettext_noop("Open311, other systems"),
}
ATTEMPT = gettext_noop("Attempt to write where one only reads")
ENDINGS = {
    "_add": gettext_noop("Administration: adding"),
    "_change": gettext_noop("Administration: changing"),
    "_delete": gettext_noop("Administration: removing"),
    "_password_change": gettext_noop("Administration: giving an account a new password"),
}
"""What the administration did, by the end of its name."""
COMPLAINT_ACTS = {
    "verify": gettext_noop("verified"),
    "take": gettext_noop("taken up"),
    "route": gettext_noop("passed on"),
    "giveback": gettext_noop("given back"),
    "ask": gettext_noop("asked the citizen"),
    "hold": gettext_noop("put on hold"),
    "note": gettext_noop("note"),
    "class": gettext_noop("class corrected"),
    "extend": gettext_noop("extended"),
    "notours": gettext_noop("not the city's matter"),
    "duplicate": gettext_noop("duplicate"),
    "archive": gettext_noop("archived"),
    "reopen": gettext_noop("reopened"),
    "reply": gettext_noop("answered"),
}
INCIDENT_ACTS = {
    "acknowledge": gettext_noop("taken on"),
    "release": gettext_noop("given back"),
    "assign": gettext_noop("assigned to"),
    "comment": gettext_noop("remark"),
    "escalate": gettext_noop("escalated"),
    "ticket": gettext_noop("ISP ticket"),
    "close": gettext_noop("closed by an operator"),
}
DETAILS = {
    "opened": gettext_noop("opened"),
    "sealed": gettext_noop("stayed sealed"),
    "new": gettext_noop("new"),
    "again": gettext_noop("was here already"),
}
LEVELS = {
    "city": gettext_noop("the city"),
    "province": gettext_noop("the province"),
    "nation": gettext_noop("the nation"),
    "exchange": gettext_noop("another system"),
}
OUTCOMES = {
    "200": gettext_noop("done"),
    "201": gettext_noop("done"),
    "204": gettext_noop("done"),
    "302": gettext_noop("done"),
    "303": gettext_noop("done"),
    "304": gettext_noop("done"),
    "400": gettext_noop("refused: it did not fit"),
    "401": gettext_noop("refused: not signed in"),
    "403": gettext_noop("refused: not allowed"),
    "404": gettext_noop("refused: no such thing"),
    "405": gettext_noop("refused: nothing can be written there"),
    "409": gettext_noop("refused: somebody else was faster"),
    "413": gettext_noop("refused: too large"),
    "422": gettext_noop("refused: it did not fit"),
    "429": gettext_noop("refused: too often"),
}
"""HTTP status -> how it ended."""
FAULT = gettext_noop("failed: a fault of the centre")
REFUSED_SIGN_IN = gettext_noop("refused: name or password wrong")
WHO = {
    "cli": gettext_noop("%(name)s, on the server"),
    "display": gettext_noop("screen %(name)s"),
    "token": gettext_noop("program %(name)s"),
}
NOBODY = gettext_noop("not signed in")
WORDS = {
    "act": ACTS, "act_of": PREFIXES, "act_end": ENDINGS, "incident_act": INCIDENT_ACTS,
    "complaint_act": COMPLAINT_ACTS, "act_detail": DETAILS,
    "token_level": LEVELS, "outcome": OUTCOMES, "act_who": WHO,
}  # fmt: skip

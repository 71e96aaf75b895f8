"""What commands from afar are called, what they do to a box, and what their states and codes mean, with the next step.

The codes of a failure are words of the box (`agent.commands`), of the centre (`unheard`, `unreachable`) or of the
commander (`center.commander.frames.Answer`); one nobody has put into words is shown as it is.
"""

from django.utils.translation import gettext_noop

from center.web import release_words
from center.web.config_words import CODES as CONFIG_CODES

COMMANDS = {
    "diagnose": gettext_noop("Diagnose the line"),
    "ping": gettext_noop("Ping"),
    "trace": gettext_noop("Trace the way"),
    "dns": gettext_noop("Look up a name"),
    "site": gettext_noop("Open a web site"),
    "throughput": gettext_noop("Measure the speed"),
    "snapshot": gettext_noop("Take a picture"),
    "logs": gettext_noop("Read the log"),
    "bundle": gettext_noop("Collect everything for the maintainers"),
    "show-config": gettext_noop("Show the configuration"),
    "witness": gettext_noop("Ask a neighbour"),
    "maintenance": gettext_noop("Begin or end work at the box"),
    "restart-agent": gettext_noop("Restart the agent"),
    "restart-kiosk": gettext_noop("Restart the kiosk"),
    "config": gettext_noop("Change the configuration"),
    "reboot": gettext_noop("Restart the whole box"),
    "update": gettext_noop("Update to another version"),
    "keys": gettext_noop("Change the command keys"),
}
COMMAND_DOES = {
    "diagnose": gettext_noop("The box looks at its line from the inside out and says which part is broken."),
    "ping": gettext_noop("The box pings an address: gateway, center, a name or a number."),
    "trace": gettext_noop("The box lists every router on the way to an address."),
    "dns": gettext_noop("The box asks its name servers for a name."),
    "site": gettext_noop("The box opens a web site as a citizen would, and says what comes back."),
    "throughput": gettext_noop("The box measures its line against the centre, within its daily allowance of data."),
    "snapshot": gettext_noop("The box takes a picture now and sends it."),
    "logs": gettext_noop("The box sends the newest lines of one of its logs."),
    "bundle": gettext_noop("The box packs logs and states, without passwords. The archive stays on the box."),
    "show-config": gettext_noop("The box says which settings hold, and where each comes from."),
    "witness": gettext_noop("A box on the same provider pings the address where the cut box was seen last."),
    "maintenance": gettext_noop("Says that somebody works at the box: it raises no alarm meanwhile."),
    "restart-agent": gettext_noop("The program that measures is stopped and started again."),
    "restart-kiosk": gettext_noop("The kiosk's screen is closed and opened again."),
    "config": gettext_noop("Other settings are tried; without the centre's word they undo themselves."),
    "reboot": gettext_noop("The whole box is switched off and on again."),
    "update": gettext_noop("The box fetches another version and tries it; if it is not well, the old one comes back."),
    "keys": gettext_noop("The box trusts other keys for commands from now on."),
}
COMMAND_EFFECT = {
    "diagnose": gettext_noop("Nothing stops. Takes about half a minute."),
    "ping": gettext_noop("Nothing stops. Takes some seconds."),
    "trace": gettext_noop("Nothing stops. Takes up to a minute."),
    "dns": gettext_noop("Nothing stops. Takes some seconds."),
    "site": gettext_noop("Nothing stops. Takes some seconds."),
    "throughput": gettext_noop("Fills the line for some seconds: others at the place notice it, and it costs data."),
    "snapshot": gettext_noop("Nothing stops. The look at the picture is noted."),
    "logs": gettext_noop("Nothing stops."),
    "bundle": gettext_noop("Nothing stops. Takes up to some minutes on a slow line."),
    "show-config": gettext_noop("Nothing stops."),
    "witness": gettext_noop("Nothing stops, neither here nor there."),
    "maintenance": gettext_noop("Measuring goes on. It ends by itself at the time you give."),
    "restart-agent": gettext_noop("About ten seconds without measuring; nothing that was stored is lost."),
    "restart-kiosk": gettext_noop("Whoever types at the kiosk just now loses what is not sent yet."),
    "config": gettext_noop("The agent starts anew. Settings that cut the box off are taken back by the box itself."),
    "reboot": gettext_noop("The box, its cameras and its kiosk are away for one to three minutes."),
    "update": gettext_noop("Fetches some MB, then the agent starts anew; takes up to some hours on a slow line."),
    "keys": gettext_noop("With wrong keys the box takes no more commands until somebody stands before it."),
}
GRAVITIES = {
    "look": gettext_noop("looks only"),
    "touch": gettext_noop("changes something small"),
    "grave": gettext_noop("takes the box away for a while"),
}
GRAVITY_NEEDS = {
    "look": gettext_noop("Your account is enough."),
    "touch": gettext_noop("Needs your one-time code."),
    "grave": gettext_noop("Needs your one-time code, and within 30 minutes that of a second person."),
}
OPERATION_STATES = {
    "waiting": gettext_noop("waits for a second person"),
    "running": gettext_noop("running"),
    "paused": gettext_noop("paused"),
    "done": gettext_noop("finished"),
    "aborted": gettext_noop("stopped by itself"),
    "cancelled": gettext_noop("cancelled"),
    "lapsed": gettext_noop("nobody approved it in time"),
}
TARGET_STATES = {
    "queued": gettext_noop("not begun"),
    "due": gettext_noop("to be sent"),
    "sent": gettext_noop("sent"),
    "accepted": gettext_noop("taken by the box"),
    "running": gettext_noop("at work"),
    "done": gettext_noop("carried out"),
    "failed": gettext_noop("failed"),
    "rejected": gettext_noop("refused by the box"),
    "expired": gettext_noop("not reached in time"),
    "skipped": gettext_noop("not carried out"),
}
TARGET_MEANS = {
    "queued": gettext_noop("Its turn comes with a later wave."),
    "due": gettext_noop("Is being signed, or waits until the box is heard."),
    "sent": gettext_noop("Is on its way; the box has not answered yet."),
    "accepted": gettext_noop("The box has it on its disk and begins soon."),
    "running": gettext_noop("The box is carrying it out."),
}
CODES = {
    **release_words.CODES,
    # judged by the box
    "no_keys": gettext_noop("the box knows no command key"),
    "kind": gettext_noop("the box does not know this command"),
    "arguments": gettext_noop("the box does not take these details"),
    "not_allowed": gettext_noop("forbidden on this box"),
    "busy": gettext_noop("too much is waiting at the box"),
    "expired": gettext_noop("arrived too late"),
    # while it ran
    "interrupted": gettext_noop("the box started anew meanwhile"),
    "timeout": gettext_noop("took too long"),
    "fault": gettext_noop("a fault of the box's program"),
    "crashed": gettext_noop("a fault of the box's program"),
    "start": gettext_noop("the box could not start it"),
    "storage": gettext_noop("the box could not write it down"),
    "reverted": gettext_noop("tried, and taken back by the box"),
    "refused": gettext_noop("the box did not take it"),
    "helper": gettext_noop("the helper on the box does not answer"),
    "usage": gettext_noop("these details do not fit this box"),
    "bad_request": gettext_noop("these details do not fit this box"),
    "bad_duration": gettext_noop("too long for work at a box"),
    "not_here": gettext_noop("this box has no part for it"),
    "not_configured": gettext_noop("no such camera on this box"),
    "no_cameras": gettext_noop("this box has no camera"),
    "no_camera_process": gettext_noop("the cameras' program does not run"),
    "notice": gettext_noop("no picture without the notice at the place"),
    "not_measurable": gettext_noop("it could not be measured"),
    "not_measured": gettext_noop("it could not be measured"),
    "journal": gettext_noop("the log cannot be read"),
    "not_rebooted": gettext_noop("the box did not restart"),
    "not_stopped": gettext_noop("the agent did not stop"),
    "locks_out": gettext_noop("these keys would lock the centre out"),
    **CONFIG_CODES,
    # judged by the centre
    "unheard": gettext_noop("the box took it and was not heard of again"),
    "unreachable": gettext_noop("the box was not reached"),
    "canary": gettext_noop("one of the first boxes failed"),
    "threshold": gettext_noop("too many others had failed"),
    "cancelled": gettext_noop("cancelled before it was sent"),
    "restored": gettext_noop("the centre's database was restored"),
    "lapsed": gettext_noop("nobody approved it in time"),
}
_OF_THE_BOX = gettext_noop("Read its log (agent) and report it to the maintainers.")
_LINE = gettext_noop("Diagnose the line.")
_PRINTED = gettext_noop("Read what it printed.")
CODE_NEXT = {
    **release_words.NEXT,
    "no_keys": gettext_noop("At the box: sandi enroll again, or put command.pub into its credentials."),
    "kind": gettext_noop("Its version is older than the centre: update the box first."),
    "arguments": gettext_noop("Look at the details; with an older box fewer of them may be known."),
    "not_allowed": gettext_noop("Its own list decides, [commands] in /etc/sandi/agent.toml; it is changed only there."),
    "busy": gettext_noop("Wait a few minutes, then order it again."),
    "expired": gettext_noop("Order it again; look at the box's clock if it happens twice."),
    "interrupted": gettext_noop("Look at the node page why it started anew, then order it again."),
    "timeout": gettext_noop("The line may be slow: try once more, or with fewer details."),
    "fault": _OF_THE_BOX,
    "crashed": _OF_THE_BOX,
    "start": _OF_THE_BOX,
    "storage": gettext_noop("Look at the box's storage on the node page."),
    "helper": gettext_noop("At the box: systemctl status sandi-want.path; the installation may be old."),
    "reverted": gettext_noop("It runs its old settings. Find out why before trying again."),
    "refused": gettext_noop("Mend what the box says, and push it anew."),
    "usage": _PRINTED,
    "bad_request": _PRINTED,
    "bad_duration": gettext_noop("Give at most two days."),
    "not_here": gettext_noop("Choose another command, or look at the node page what it has."),
    "not_configured": gettext_noop("Look at the cameras' page which ones it has."),
    "no_cameras": gettext_noop("Choose another box; cameras are set up at the box with sandi camera."),
    "no_camera_process": gettext_noop("Read its log (camera)."),
    "notice": gettext_noop("The notice is confirmed at the box with sandi camera; docs/kamera.md says how."),
    "not_measurable": _LINE,
    "not_measured": _LINE,
    "journal": gettext_noop("At the box: systemctl status sandi-logs.socket; the installation may be old."),
    "not_rebooted": gettext_noop("Somebody has to switch it off and on at the place."),
    "not_stopped": gettext_noop("Restart the whole box."),
    "locks_out": gettext_noop("Nothing was changed. On the server: sandi-center commander keys."),
    "unheard": gettext_noop("Look at the node page. What it says later is taken over here by itself."),
    "unreachable": gettext_noop("Look at the node page why it is silent; order it again when it is back."),
    "canary": gettext_noop("Find out why they failed, then order the rest again."),
    "threshold": gettext_noop("Find out why they failed, then order the rest again."),
    "restored": gettext_noop("Order it again."),
    "lapsed": gettext_noop("Order it again when the second person is there."),
}
WHYS = {
    "canary": gettext_noop("one of the first boxes failed"),
    "threshold": gettext_noop("more boxes failed than was allowed"),
    "cancelled": gettext_noop("cancelled"),
    "restored": gettext_noop("the centre's database was restored"),
    "lapsed": gettext_noop("no second person within 30 minutes"),
}
REFUSALS = {
    "otp": gettext_noop("The one-time code is not right, or was used already. Wait for the next one."),
    "person": gettext_noop(
        "The commander does not know you: have it set up on the server with sandi-center commander person add."
    ),
    "same_person": gettext_noop("Whoever ordered it cannot approve it: another person has to."),
    "rate": gettext_noop("Too many commands at once. Wait a minute."),
    "command": gettext_noop("There is no such command."),
    "arguments": gettext_noop("The details do not fit this command."),
    "nodes": gettext_noop("One of the boxes is not known, or none was chosen."),
    "state": gettext_noop("It is not in a state for this any more. Look at it again."),
    "too_many": gettext_noop("Too many boxes for one order."),
    "unavailable": gettext_noop("The commander does not answer: see sandi-center commander on the server."),
    "neighbours": gettext_noop("No neighbour can be asked."),
    "busy": gettext_noop("The commander is busy. Try again in a moment."),
}
FLEET_RELEASE = {
    "fetching": gettext_noop("being fetched"),
    "built": gettext_noop("ready to change"),
    "trying": gettext_noop("being tried"),
    "confirmed": gettext_noop("confirmed"),
    "rolled_back": gettext_noop("the old version came back"),
    "refused": gettext_noop("refused by the box"),
}
OPERATION_ACTS = {
    "approve": gettext_noop("approved"),
    "cancel": gettext_noop("cancelled"),
    "pause": gettext_noop("paused"),
    "resume": gettext_noop("resumed"),
}
ARGUMENTS = {
    "host": gettext_noop("Address"),
    "count": gettext_noop("How many"),
    "name": gettext_noop("Name"),
    "url": gettext_noop("Web address"),
    "camera": gettext_noop("Camera"),
    "unit": gettext_noop("Which log"),
    "lines": gettext_noop("Lines"),
    "lasts_s": gettext_noop("How long"),
    "ticket": gettext_noop("Ticket"),
    "note": gettext_noop("Note"),
    "node": gettext_noop("Cut box"),
    "version": gettext_noop("Version"),
    "forced": gettext_noop("Also an older one"),
    "digest": gettext_noop("Check sum"),
    "size_bytes": gettext_noop("Size (bytes)"),
    "keys": gettext_noop("Keys"),
}
FIGURES = {
    "pictures": gettext_noop("Pictures"),
    "missed": gettext_noop("without a picture"),
    "lines": gettext_noop("Lines"),
    "left_s": gettext_noop("seconds left"),
    "sent": gettext_noop("Sent"),
    "lost": gettext_noop("Lost"),
    "rtt_ms": gettext_noop("Round trip (ms)"),
    "reached": gettext_noop("Reached"),
    "hops": gettext_noop("Routers on the way"),
    "last": gettext_noop("Last that answered"),
    "file": gettext_noop("File on the box"),
    "size_bytes": gettext_noop("Size (bytes)"),
    "version": gettext_noop("Version"),
    "revision": gettext_noop("Revision"),
}
"""Figures of results that a page shows; `ok` is said as a sentence, and the others are for programs."""
FOUND = {
    "yes": gettext_noop("It found nothing wrong."),
    "no": gettext_noop("It found something wrong: read what it printed."),
}
UNITS = {
    "agent": gettext_noop("agent (measures)"),
    "camera": gettext_noop("cameras"),
    "kiosk": gettext_noop("kiosk"),
    "enrol": gettext_noop("enrolment"),
    "update": gettext_noop("updates"),
}
WORDS = {
    "command": COMMANDS, "command_does": COMMAND_DOES, "command_effect": COMMAND_EFFECT, "gravity": GRAVITIES,
    "gravity_needs": GRAVITY_NEEDS, "operation_state": OPERATION_STATES, "target_state": TARGET_STATES,
    "target_means": TARGET_MEANS, "command_code": CODES, "command_code_next": CODE_NEXT, "operation_why": WHYS,
    "commander_refusal": REFUSALS, "fleet_release": FLEET_RELEASE,
    "release_code": release_words.CODES,
    "operation_act": OPERATION_ACTS, "argument": ARGUMENTS, "unit": UNITS, "figure": FIGURES, "found": FOUND,
}  # fmt: skip

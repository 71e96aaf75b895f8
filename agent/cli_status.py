"""`sandi status`: the state of the box on one screen, in the technician's language."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
import msgspec

from agent import cli_enrol_words as certificates
from agent import cli_words as words
from agent.cli import EXIT_NOT_RUNNING, EXIT_OK, EXIT_PROBLEM
from agent.cli_daemon import CommandError, Reply, question, told
from agent.enrol import statefile
from agent.messages import Messages
from wire.verdicts import VERDICTS
from wire.warnings import WARNINGS

if TYPE_CHECKING:
    from rich.console import Console

Facts = Mapping[str, Any]


def status(config_path: Path, messages: Messages, *, as_json: bool) -> int:
    """Exit 0 all well, 1 a warning or a fault on the network, 2 bad configuration, 3 the agent does not run."""
    try:
        reply = question(config_path, messages, "status")
    except CommandError as error:
        if not as_json:
            for line in certificates.told(messages, statefile.read(statefile.usual())):
                click.echo(line)
        return told(error, as_json=as_json)
    if reply.answer is None:
        return _dead(reply, messages, as_json=as_json)
    if as_json:
        click.echo(msgspec.json.encode({"running": True, **reply.answer, **certificates.facts()}))
    else:
        show(words.console(), messages, reply.answer)
    return EXIT_OK if well(reply.answer) and not certificates.at_fault() else EXIT_PROBLEM


def well(facts: Facts) -> bool:
    """Nothing to act on: no warning, and the ladder names no fault that degrades the site."""
    verdict = VERDICTS.get(str(facts["network"]["verdict"]))
    return not facts["warnings"] and (verdict is None or verdict.severity in ("ok", "note"))


def show(out: "Console", messages: Messages, facts: Facts) -> None:
    """The whole screen."""
    say = messages.text
    running = words.duration(messages, facts["running_for_s"])
    out.print(f"[bold]{facts['node']}[/]   Sandi {facts['version']}   {say('cli.status.running', time=running)}")
    out.print()
    for heading, text in (
        (say("cli.status.center"), _center(messages, facts["uplink"])),
        (say("cli.status.network"), _verdict(messages, str(facts["network"]["verdict"]))),
        (say("cli.status.waiting"), _waiting(messages, facts["outbox"])),
        *_certificate(messages),
        (say("cli.status.clock"), say("cli.status.synced" if facts["clock"]["synced"] else "cli.status.unsynced")),
        (say("cli.status.commands"), _commands(messages, facts["commands"])),
        (say("cli.status.box"), _box(messages, facts)),
        (say("cli.status.before"), say(f"ending.{facts['previous_ending']}")),
        *_configuration(messages, facts.get("configuration") or {}),
    ):
        out.print(f"{heading:<10} {text}")
    _probes(out, messages, facts["network"]["probes"])
    _cameras(out, messages, facts["cameras"])
    _warnings(out, messages, facts["warnings"])


def _certificate(messages: Messages) -> list[tuple[str, str]]:
    """How it stands with the certificate, where enrolment has written that down; all of it when it is not well."""
    standing = statefile.read(statefile.usual())
    if standing is None:
        return []
    found = certificates.lines(messages, standing)
    style = {"ok": "", "note": "yellow", "fault": "bold red"}[certificates.severity_now(standing)]
    first, *rest = [words.clean(line) for line in found]
    heading = messages.text("enrol.status.heading")
    return [(heading, f"[{style}]{first}[/]" if style else first), *(("", line) for line in rest if style)]


def _configuration(messages: Messages, facts: Facts) -> list[tuple[str, str]]:
    """Only where it is news: a box that runs what its card says has no line for it."""
    state, changed = str(facts.get("state", "card")), len(facts.get("overrides", ()))
    if state == "card" and not changed:
        return []
    key = "reverted_card" if state == "reverted" and not facts.get("revision") else state
    known = {name: words.clean(facts.get(name, "")) for name in ("revision", "tried", "code")}
    line = messages.text(f"cli.status.configuration.{key}", **known)
    if state in ("trying", "reverted"):
        line = f"[yellow]{line}[/]"
    rows = [(messages.text("cli.status.configuration"), line)]
    if changed:
        rows.append(("", f"[yellow]{messages.text('cli.status.configuration.overrides', count=changed)}[/]"))
    return rows


def _center(messages: Messages, uplink: Facts) -> str:
    say, server = messages.text, words.clean(uplink["server"])
    if not uplink["connected"]:
        reason = words.clean((uplink["last_error"] or {}).get("words", ""))
        return f"{words.state(messages, 'down')} ({server}) {reason}".rstrip()
    since = say("cli.status.since", time=words.duration(messages, uplink["connected_for_s"] or 0))
    acked = say("cli.status.acked", time=words.ago(messages, uplink["acked_age_s"]))
    return f"{words.state(messages, 'up')} {server}, {since}; {acked}"


def _verdict(messages: Messages, code: str) -> str:
    verdict = VERDICTS.get(code)
    if verdict is None:
        return words.clean(code)
    label = verdict.label_id if messages.lang == "id" else verdict.label_en
    style = {"ok": "green", "note": "green", "degraded": "yellow", "down": "bold red"}[verdict.severity]
    party = "" if verdict.party == "none" else f" ({messages.text(f'party.{verdict.party}')})"
    return f"[{style}]{code}[/] {label}{party}"


def _waiting(messages: Messages, outbox: Facts) -> str:
    if "streams" not in outbox:
        return messages.text("cli.status.outbox_failed", detail=words.clean(outbox.get("detail", "")))
    streams = cast("dict[str, Facts]", outbox["streams"])
    waiting = [f"{s['pending']} {messages.text(f'stream.{name}')}" for name, s in streams.items() if s["pending"]]
    return ", ".join(waiting) or messages.text("cli.status.nothing_waits")


def _commands(messages: Messages, facts: Facts) -> str:
    """Whether commands from afar are taken, and how many are under way."""
    if not facts["keys"]:
        return f"[yellow]{messages.text('cli.status.no_keys')}[/] {words.clean(facts['fault'])}".rstrip()
    said = messages.text("cli.status.keys", count=facts["keys"])
    busy = facts["running"] + facts["waiting"]
    return f"{said}, {messages.text('cli.status.under_way', count=busy)}" if busy else said


def _box(messages: Messages, facts: Facts) -> str:
    system = cast("Facts | None", facts["system"])
    up = words.duration(messages, facts["box_up_for_s"])
    if system is None:
        return messages.text("cli.status.box_up", time=up)
    parts = [
        f"CPU {system['cpu_pct']:.0f}%",
        f"RAM {system['mem_used_pct']:.0f}%",
        f"disk {system['disk_used_pct']:.0f}%",
        *([f"{system['temp_c']:.0f} C"] if system.get("temp_c") is not None else []),
        messages.text("cli.status.box_up", time=up),
    ]
    return ", ".join(parts)


def _probes(out: "Console", messages: Messages, rows: list[Facts]) -> None:
    say = messages.text
    numbers = (say("cli.status.loss"), "RTT")
    made = words.table(
        say("cli.status.target"), say("cli.status.probe"), say("cli.status.state"), *numbers, say("cli.status.detail"),
        numbers=numbers,
    )  # fmt: skip
    for row in rows:
        loss = f"{100 * row['lost'] / row['sent']:.0f}%" if row["sent"] else "-"
        rtt = f"{row['rtt_ms']:.1f} ms" if row["rtt_ms"] is not None else "-"
        detail = row["reason"] or ", ".join(str(value) for value in list(row["detail"].values())[:2])
        made.add_row(
            words.clean(row["target"]), words.clean(row["probe"]), words.state(messages, row["state"]), loss, rtt,
            words.clean(detail),
        )  # fmt: skip
    out.print()
    out.print(made)


def _cameras(out: "Console", messages: Messages, cameras: Mapping[str, Facts]) -> None:
    from rich.padding import Padding

    if not cameras:
        return
    out.print()
    for name, camera in cameras.items():
        for indent, line in camera_lines(messages, name, camera):
            out.print(Padding(line, (0, 0, 0, indent)) if indent else line)


def camera_lines(messages: Messages, name: str, camera: Facts) -> list[tuple[int, str]]:
    """(indent, text): how the camera is and what its last picture was like; what to do about it; why, in its words."""
    style = {"ok": "green", "failing": "bold red", "off": "bold red", "unknown": "yellow"}.get(camera["state"], "")
    word = messages.text(f"camera.{camera['state']}")
    age = words.ago(messages, camera["last_picture_age_s"])
    state = f"[{style}]{word}[/]" if style else word
    line = messages.text("cli.status.camera", name=words.clean(name), state=state, age=age)
    verdict = camera.get("verdict")
    if verdict and verdict != "ok":
        colour = "dim" if verdict == "learning" else "yellow"
        line += f" [{colour}]({messages.text(f'cli.snapshot.verdict.{verdict}')})[/]"
    lines = [(0, line)]
    code, cause = words.clean(camera.get("code") or ""), words.clean(camera["cause"])
    if code:
        lines.append((3, messages.optional(f"camera.do.{code}") or messages.text("camera.do.other")))
    if cause and camera["state"] in ("failing", "off"):
        lines.append((3, f"[dim]{code}: {cause}[/]"))
    return lines


def _warnings(out: "Console", messages: Messages, warnings: list[Facts]) -> None:
    from rich.padding import Padding

    out.print()
    if not warnings:
        out.print(messages.text("cli.status.no_warnings"))
    for warning in warnings:
        rule, severity = WARNINGS.get(warning["code"]), str(warning["severity"])
        sign, style = ("!!", "bold red") if severity == "error" else ("! ", "yellow")
        title = rule.title(messages.lang) if rule else words.clean(warning["code"])
        word, age = messages.text(f"severity.{severity}"), words.duration(messages, warning["for_s"])
        out.print(f"[{style}]{sign} {word}: {title}[/] ({messages.text('cli.status.since', time=age)})")
        if rule:
            out.print(Padding(rule.text(messages.lang), (0, 0, 0, 3)))
        if warning["detail"]:
            out.print(Padding(f"{messages.text('cli.status.detail')}: {words.clean(warning['detail'])}", (0, 0, 0, 3)))


def _dead(reply: Reply, messages: Messages, *, as_json: bool) -> int:
    from agent.cli_dead import remains
    from agent.cli_outbox import show as show_outbox

    left = remains(reply.config.node.data_dir)
    sign, figures = left.sign, left.figures
    if as_json:
        facts = {"running": False, "node": reply.config.node.id, "obstacle": left.obstacle}
        facts |= {"last_sign": sign, "outbox": figures, **certificates.facts()}
        click.echo(msgspec.json.encode(facts))
        return EXIT_NOT_RUNNING
    click.echo(messages.text("cli.not_running"))
    for line in certificates.told(messages, statefile.read(statefile.usual())):
        click.echo(line)
    if left.obstacle:
        click.echo(messages.text(f"cli.dead.{left.obstacle}", path=reply.config.node.data_dir))
    click.echo(_last(messages, sign))
    if figures is not None:
        click.echo("")
        show_outbox(messages, figures)
    return EXIT_NOT_RUNNING


def _last(messages: Messages, sign: Mapping[str, object] | None) -> str:
    if sign is None:
        return messages.text("cli.dead.never")
    if sign["stop"]:
        return messages.text("cli.dead.stopped", reason=sign["stop"])
    if sign["same_boot"]:
        return messages.text("cli.dead.died", time=words.ago(messages, sign["ago_s"]))
    return messages.text("cli.dead.other_boot")

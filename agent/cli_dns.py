"""`sandi dns NAME`: the same question to every resolver of this box, side by side, through the `dns` probe."""

import asyncio
from pathlib import Path
from typing import Final

import click
import msgspec

from agent import cli_line
from agent import cli_words as words
from agent.cli import EXIT_INCONCLUSIVE, EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.core.observation import Observation, Reason
from agent.diagnose.told import sentences
from agent.messages import Messages
from agent.probes import dnswire
from agent.probes.context import Target
from agent.probes.execute import observe
from agent.probes.targets import RESOLVERS
from wire.shape import replace

QUICK_S: Final = 2.0  # somebody waits for it
SLOW_MS: Final = 500.0  # a page asks for several names one after the other: beyond this it feels broken


def dns(config_path: Path, messages: Messages, name: str, *, server: str | None = None, as_json: bool = False) -> int:
    """Exit 0 every resolver answers properly, 1 one does not, 2 wrong use, 3 there is no resolver to ask."""
    try:
        dnswire.encode_name(name)
    except (dnswire.DnsFormatError, UnicodeError):
        click.echo(messages.text("cli.dns.bad_name", name=words.plain(name)), err=True)
        return EXIT_USAGE
    site = cli_line.site(config_path, messages)
    return asyncio.run(_dns(site, messages, name, server, as_json=as_json))


async def _dns(site: cli_line.Site, messages: Messages, name: str, server: str | None, *, as_json: bool) -> int:
    quick = min(site.probes.dns.timeout_s, QUICK_S)
    config = replace(site.probes.dns, timeout_s=quick, interval_s=3600.0)
    hosts = (server,) if server else RESOLVERS
    targets = [Target("dns", host.replace(":", "-"), config, host=host, query=name) for host in hosts]
    async with cli_line.measuring(site) as context:
        seen = await asyncio.gather(*(observe(target, context) for target in targets))
    found = [each for each in seen if each.reason is not Reason.NO_TARGET]
    if as_json:
        click.echo(msgspec.json.encode({"name": name, "resolvers": [_plain(each) for each in found]}))
    elif not found:
        click.echo(messages.text("cli.dns.none"), err=True)
    else:
        _show(messages, name, found)
    return EXIT_INCONCLUSIVE if not found else EXIT_OK if all(each.ok for each in found) else EXIT_PROBLEM


def _plain(seen: Observation) -> dict[str, object]:
    answered = [rtt_ms for rtt_ms in seen.rtts_ms if rtt_ms is not None]
    rtt_ms = round(answered[0], 3) if answered else None
    return {"ok": seen.ok, "reason": str(seen.reason), "rtt_ms": rtt_ms, **seen.detail}


def _show(messages: Messages, name: str, found: list[Observation]) -> None:
    say = messages.text
    out = words.console()
    out.print(say("cli.dns.head", name=words.clean(name)))
    headings = [say(f"cli.dns.{key}") for key in ("server", "state", "answer", "rcode", "honest")]
    made = words.table(*headings, "ms", numbers=("ms",))
    for seen in found:
        row = _plain(seen)
        state = words.state(messages, "ok" if seen.ok else "failed")
        took = "-" if row["rtt_ms"] is None else words.number(messages, float(str(row["rtt_ms"])))
        cells = [row.get("address") or seen.target, state, row.get("answer") or "-", row.get("rcode") or "-"]
        told = say(f"cli.dns.honest.{row['canary']}") if row.get("canary") in ("ok", "wildcard") else "-"
        made.add_row(words.clean(cells[0]), str(cells[1]), words.clean(cells[2]), words.clean(cells[3]), told, took)
    out.print(made)
    for line in _remarks(messages, found):
        out.print(line, soft_wrap=True)


def _remarks(messages: Messages, found: list[Observation]) -> list[str]:
    """What the columns do not say: why one failed, a lying or a slow one, and answers that differ."""
    say, lines = messages.text, []
    for seen in found:
        who, row = words.clean(seen.detail.get("address") or seen.target), _plain(seen)
        if not seen.ok:
            lines += [words.clean(line) for line in sentences((seen,), messages.lang)]
        canary = seen.detail.get("canary")
        if canary == "wildcard":
            lines.append(say("cli.dns.canary", server=who))
        if row["rtt_ms"] is not None and float(str(row["rtt_ms"])) > SLOW_MS:
            lines.append(say("cli.dns.slow", server=who))
    if len({seen.detail.get("answer") for seen in found if seen.ok and seen.detail.get("answer")}) > 1:
        lines.append(say("cli.dns.differ"))
    return lines

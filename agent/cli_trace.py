"""`sandi trace [HOST]`: the routers on the way, each on a line, and where the way ends. Needs no root."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from agent import cli_line
from agent import cli_words as words
from agent.cli import EXIT_INCONCLUSIVE, EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.core.observation import Reason
from agent.messages import Messages
from agent.probes.errors import ProbeError
from wire.shape import asdict

if TYPE_CHECKING:
    from agent.core.path import Path as Way
    from agent.core.path import PathHop

RESOLVE_S = 4.0
ROUND_S = 1.2  # a little more patient than the probe: here somebody looks at the single router


def trace(
    config_path: Path, messages: Messages, host: str, *, center: str | None, most: int, as_json: bool = False
) -> int:
    """Exit 0 the target was reached, 1 it was not, 2 wrong use, 3 it cannot be measured here."""
    try:
        site = cli_line.site(config_path, messages, center)
    except ValueError:
        click.echo(messages.text("cli.bad_center"), err=True)
        return EXIT_USAGE
    wanted = cli_line.host_of(host)
    if wanted == "center" and site.center is None:
        for line in (*site.problems, messages.text("cli.no_center")):
            click.echo(line, err=True)
        return EXIT_USAGE
    return asyncio.run(_trace(site, messages, wanted, most, as_json=as_json))


async def _trace(site: cli_line.Site, messages: Messages, host: str, most: int, *, as_json: bool) -> int:
    from agent.probes.trace import judge
    from agent.probes.trace import trace as find

    async with cli_line.measuring(site) as context:
        try:
            address = await context.resolver.address(host, RESOLVE_S)
            lines = _Lines(messages, quiet=as_json)
            lines.head(host, address)
            found = await find(address, context.pinger, max_hops=most, timeout_s=ROUND_S, on_hop=lines.heard)
        except ProbeError as error:
            hint = words.plain(error.detail.get("hint") or error.detail.get("error") or "")
            click.echo(f"{words.reason(messages, error.reason)}. {hint}".rstrip(), err=True)
            return EXIT_PROBLEM if error.reason is Reason.RESOLVE_FAILED else EXIT_INCONCLUSIVE
    reason = judge(found, most)
    if as_json:
        facts = {"host": host, "address": address, "reached": found.reached, "reason": str(reason)}
        hops = [asdict(hop) for hop in found.hops]
        click.echo(msgspec.json.encode({**facts, "offender": found.offender, "path": found.text, "hops": hops}))
    else:
        lines.end(found, reason)
    return EXIT_OK if found.reached else EXIT_PROBLEM


class _Lines:
    """Hops in order of their distance, as far as they are known; those that never answer are told at the end."""

    def __init__(self, messages: Messages, *, quiet: bool) -> None:
        self._messages = messages
        self._quiet = quiet
        self._heard: dict[int, PathHop] = {}
        self._told = 0

    def head(self, host: str, address: str) -> None:
        if not self._quiet:
            click.echo(self._messages.text("cli.trace.head", host=words.plain(host), address=address))

    def heard(self, hop: "PathHop") -> None:
        self._heard[hop.ttl] = hop
        while not self._quiet and self._told + 1 in self._heard:
            self._tell(self._heard[self._told + 1])

    def end(self, found: "Way", reason: Reason) -> None:
        """The rest, and the way's end in words."""
        for hop in found.hops:
            if hop.ttl > self._told:
                self._tell(hop)
        say, last = self._messages.text, next((hop.address for hop in reversed(found.hops) if hop.address), "")
        click.echo("")
        if found.reached:
            click.echo(say("cli.trace.reached", count=len(found.hops)))
            return
        why = words.reason(self._messages, reason)
        if found.offender:
            click.echo(say("cli.trace.refused", who=found.offender, reason=why))
        elif last:
            click.echo(say("cli.trace.silent", last=last, reason=why))
        else:
            click.echo(say("cli.trace.nobody", reason=why))

    def _tell(self, hop: "PathHop") -> None:
        self._told = hop.ttl
        took = "" if hop.rtt_ms is None else f"{words.number(self._messages, hop.rtt_ms):>9} ms"
        click.echo(f"{hop.ttl:>3}  {hop.address or '*':<40}{took}".rstrip())

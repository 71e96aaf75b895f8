"""`sandi throughput`: how fast the line to the centre is and what it does to a ping, by the probe of that name."""

import asyncio
from pathlib import Path

import click
import msgspec

from agent import cli_line
from agent import cli_words as words
from agent.cli import EXIT_INCONCLUSIVE, EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.core.evidence import NO_EVIDENCE
from agent.core.observation import Observation
from agent.diagnose.told import sentences
from agent.messages import Messages
from agent.probes.context import Target, Timing
from agent.probes.execute import observe


def throughput(config_path: Path, messages: Messages, *, center: str | None, as_json: bool) -> int:
    """Exit 0 measured and fine, 1 a problem, 2 wrong use, 3 it cannot or may not be measured now."""
    try:
        site = cli_line.site(config_path, messages, center)
    except ValueError:
        click.echo(messages.text("cli.bad_center"), err=True)
        return EXIT_USAGE
    if site.center is None:
        for line in (*site.problems, messages.text("cli.no_center")):
            click.echo(line, err=True)
        return EXIT_USAGE
    config: Timing | None = getattr(site.probes, "throughput", None)
    if config is None:
        click.echo(messages.text("cli.throughput.none"), err=True)
        return EXIT_INCONCLUSIVE
    if not as_json:
        click.echo(messages.text("cli.throughput.running", host=words.plain(site.center.host)))
    seen = asyncio.run(_measure(site, Target("throughput", "center", config, host="center")))
    if as_json:
        facts = {"ok": seen.ok, "reason": str(seen.reason), **seen.detail}
        click.echo(msgspec.json.encode(facts))
    else:
        for line in lines(messages, seen):
            click.echo(line)
    return EXIT_OK if seen.ok else EXIT_INCONCLUSIVE if seen.reason in NO_EVIDENCE else EXIT_PROBLEM


async def _measure(site: cli_line.Site, target: Target) -> Observation:
    async with cli_line.measuring(site) as context:
        return await observe(target, context)


def lines(messages: Messages, seen: Observation) -> list[str]:
    """What was found, what it cost, and what is left of the budget where the probe says so."""
    say, detail = messages.text, seen.detail
    found = []
    for key, digits in (("down_mbps", 1), ("up_mbps", 1), ("idle_ms", 1), ("loaded_ms", 1)):
        value = detail.get(key)
        if isinstance(value, int | float):
            found.append(say(f"cli.throughput.{key}", value=words.number(messages, float(value), digits)))
    sizes = [key for key in ("bytes", "left_bytes") if isinstance(detail.get(key), int | float)]
    found += [say(f"cli.throughput.{key}", size=words.size(detail[key])) for key in sizes]
    wait_s = detail.get("free_in_s")
    if isinstance(wait_s, int | float):
        found.append(say("cli.throughput.free_in", time=words.duration(messages, wait_s)))
    if not seen.ok:
        found += [words.plain(line) for line in sentences((seen,), messages.lang)]
        if detail.get("hint"):
            found.append(words.plain(detail["hint"]))
    return found

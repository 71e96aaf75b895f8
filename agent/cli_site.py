"""`sandi site URL|NAME`: one look at one public site, now, in words. Needs neither the service nor a configuration."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from agent import cli_words as words
from agent.cli import EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.config import ConfigError, load
from agent.core.observation import Observation
from agent.core.site_verdict import site_codes
from agent.messages import Messages
from agent.probes.config import ProbesConfig
from agent.probes.site import SiteConfig, SiteItem, SitesConfig, read_list
from agent.probes.url import parse_url
from wire.verdicts import VERDICTS

if TYPE_CHECKING:
    from rich.console import Console

CITY_LIST = "kota-serang"
_PHASES = ("resolve", "connect", "tls", "first_byte", "body")


def site(config_path: Path, messages: Messages, wanted: str, *, as_json: bool) -> int:
    """Exit 0 the site is well (stale content is a note), 1 it has a fault, 2 it is not known or the file is bad."""
    try:
        probes = load(config_path).probes if config_path.exists() else ProbesConfig()
    except ConfigError as error:
        for line in error.lines(messages.lang):
            click.echo(line, err=True)
        return EXIT_USAGE
    try:
        item = _item(wanted, probes)
    except ValueError as error:
        click.echo(messages.text("cli.site.bad_url", name=wanted, detail=error), err=True)
        return EXIT_USAGE
    if item is None:
        known = ", ".join(one.name for one in _known(probes))
        click.echo(messages.text("cli.site.unknown", name=wanted, known=known), err=True)
        return EXIT_USAGE
    seen = asyncio.run(_look(item, probes.sites))
    if as_json:
        click.echo(msgspec.json.encode(as_plain(item, seen)))
    else:
        show(words.console(), messages, item, seen)
    return EXIT_OK if seen.ok else EXIT_PROBLEM


def as_plain(item: SiteItem, seen: Observation) -> dict[str, object]:
    """The look as JSON values."""
    return {
        "name": item.name,
        "url": item.url,
        "verified": item.verified,
        "ok": seen.ok,
        "reason": str(seen.reason),
        "verdicts": list(site_codes(seen, line_is_well=False)),
        "total_ms": next(iter(seen.rtts_ms), None),
        "phases_ms": {name: round(value, 3) for name, value in seen.phases_ms.items()},
        "detail": dict(seen.detail),
    }


def _known(probes: ProbesConfig) -> tuple[SiteItem, ...]:
    """What the configuration watches, then what the city's list knows beyond that."""
    names = {item.name for item in probes.watched}
    return (*probes.watched, *(item for item in read_list(CITY_LIST) if item.name not in names))


def _item(wanted: str, probes: ProbesConfig) -> SiteItem | None:
    """The site that is meant. Raises ValueError when it looks like a URL and is none."""
    known = _known(probes)
    for item in known:
        if wanted.lower() == item.name.lower() or wanted.rstrip("/") == item.url.rstrip("/"):
            return item
    if "://" not in wanted and ("." not in wanted or " " in wanted):
        return None
    url = wanted if "://" in wanted else f"https://{wanted}/"
    return SiteItem(parse_url(url).host[:60], url, "other")


async def _look(item: SiteItem, shared: SitesConfig) -> Observation:
    from agent.clock import Clock
    from agent.probes.context import Context, Target
    from agent.probes.execute import observe
    from agent.probes.pinger import Pinger
    from agent.probes.resolve import Resolver

    context = Context(Clock(), Pinger(), Resolver())
    try:
        return await observe(Target("site", item.name, SiteConfig(item, shared, thorough=True), url=item.url), context)
    finally:
        context.pinger.close()


def show(out: "Console", messages: Messages, item: SiteItem, seen: Observation) -> None:
    """The look in words; verdict and next step are the last lines."""
    say, detail = messages.text, seen.detail
    lines = [("site", f"{item.name}  {words.clean(detail.get('title', ''))}".rstrip())]
    lines.append(("address", item.url + ("" if item.verified else f"  ({say('cli.site.unverified')})")))
    if "final" in detail:
        lines.append(("", say("cli.site.moved", count=detail["redirects"], final=words.clean(detail["final"]))))
    lines.append(("answer", _answer(messages, seen)))
    if seen.phases_ms:
        lines.append(("phases", _phases(messages, seen)))
    if "certificate_days" in detail:
        lines.append(("certificate", say("cli.site.days_left", days=round(float(detail["certificate_days"] or 0)))))
    if not detail.get("robots") and (seen.ok or "fresh_days" in detail):
        lines.append(("content", _content(messages, seen)))
    if detail.get("robots"):
        lines.append(("note", say("cli.site.robots")))
    if "suspicious" in detail:
        lines.append(("note", say("cli.site.suspicious", what=_intrusion(messages, str(detail["suspicious"])))))
    for heading, text in (*lines, *_verdict(messages, seen)):
        label = say(f"cli.site.{heading}") if heading else ""
        out.print(f"{label:<11} {text}", soft_wrap=True)


def _answer(messages: Messages, seen: Observation) -> str:
    say = messages.text
    parts = [say("cli.site.well") if seen.ok else say("cli.site.faulty")]
    if not seen.ok:
        parts.append(reason_words(messages, seen))
    if seen.detail.get("status"):
        parts.append(say("cli.site.status", status=seen.detail["status"]))
    return ", ".join(parts)


def reason_words(messages: Messages, seen: Observation) -> str:
    """Why the site is not well, with the evidence in brackets."""
    evidence = [
        words.clean(seen.detail[name]) for name in ("sign", "redirect_host", "offender") if seen.detail.get(name)
    ]
    return messages.text(f"site.reason.{seen.reason}") + (f" ({', '.join(evidence)})" if evidence else "")


def _intrusion(messages: Messages, suspicious: str) -> str:
    """`gambling: slot gacor` with its first word in the reader's language."""
    kind, _, found = suspicious.partition(": ")
    return f"{messages.text(f'site.intrusion.{kind}')}: {words.clean(found)}"


def _phases(messages: Messages, seen: Observation) -> str:
    say = messages.text
    named = [(name, seen.phases_ms[name]) for name in _PHASES if name in seen.phases_ms]
    total_ms = next((rtt_ms for rtt_ms in seen.rtts_ms if rtt_ms is not None), None)
    if total_ms is not None:
        named.append(("total", total_ms))
    return ", ".join(f"{say(f'cli.site.phase.{name}')} {value:.0f} ms" for name, value in named)


def _content(messages: Messages, seen: Observation) -> str:
    detail, say = seen.detail, messages.text
    if "fresh_days" not in detail:
        return say("cli.site.no_date")
    return say(
        "cli.site.stale" if detail.get("stale") else "cli.site.fresh",
        days=detail["fresh_days"],
        date=detail["fresh_date"],
        source=say(f"site.source.{detail['fresh_source']}"),
        limit=detail["stale_after_days"],
    )


def _verdict(messages: Messages, seen: Observation) -> list[tuple[str, str]]:
    """The codes with their labels, and what to do about the first."""
    say = messages.text
    codes = site_codes(seen, line_is_well=False) or ("OK" if seen.ok else "U0",)
    rows = []
    for code in codes:
        verdict = VERDICTS[code]
        rows.append(("verdict", f"{code}  {verdict.label_id if messages.lang == 'id' else verdict.label_en}"))
    what = reason_words(messages, seen) if not seen.ok else ""
    step = {"OK": "none", "U0": "line"}.get(codes[0], codes[0])
    return [*rows, ("next", say(f"cli.site.next.{step}", what=what))]

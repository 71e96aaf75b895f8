"""`sandi ping HOST`: pings at a fixed rhythm, each answer on a line of its own, and at the end what they say together.

1. A first ping primes ARP and is not counted. The counted ones leave at their times whether or not earlier ones were
   answered; lines come in the order of sending, so that a hole in the numbers is a hole on the line.
2. An answer after `PATIENCE_S` is late: lost to those who waited, and said as such at the end.
3. Ctrl-C ends the sending; what was sent is summed up all the same.
"""

import asyncio
import contextlib
import signal
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import click
import msgspec

from agent import cli_line
from agent import cli_words as words
from agent.cli import EXIT_INCONCLUSIVE, EXIT_OK, EXIT_PROBLEM, EXIT_USAGE
from agent.core.observation import Reason
from agent.core.pingtally import Tally, tally
from agent.messages import Messages
from agent.probes.context import Context
from agent.probes.errors import ProbeError
from agent.probes.pinger import Echo, reason_of_errno

PATIENCE_S: Final = 2.0  # as the icmp probe's own timeout: beyond it nobody waits for a page either
RESOLVE_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed: `count` pings, `interval_s` apart, of `size` bytes."""

    host: str
    count: int
    interval_s: float
    size: int
    center: str | None = None


def ping(config_path: Path, messages: Messages, wish: Wish, *, as_json: bool) -> int:
    """Exit 0 all answered, 1 something was lost, 2 wrong use, 3 it cannot be measured here."""
    try:
        site = cli_line.site(config_path, messages, wish.center)
    except ValueError:
        click.echo(messages.text("cli.bad_center"), err=True)
        return EXIT_USAGE
    host = cli_line.host_of(wish.host)
    if host == "center" and site.center is None:
        for line in (*site.problems, messages.text("cli.no_center")):
            click.echo(line, err=True)
        return EXIT_USAGE
    return asyncio.run(_ping(site, host, messages, wish, as_json=as_json))


async def _ping(site: cli_line.Site, host: str, messages: Messages, wish: Wish, *, as_json: bool) -> int:
    async with cli_line.measuring(site) as context:
        try:
            address = await context.resolver.address(host, RESOLVE_S)
            row = _Row(address, context, messages, wish, quiet=as_json)
            await row.run()
        except ProbeError as error:
            return _cannot(messages, error, as_json=as_json)
    found = tally(row.rtts_ms())
    if as_json:
        facts = {"host": wish.host, "address": address, "rtts_ms": row.rtts_ms(), "late": row.late}
        click.echo(msgspec.json.encode({**facts, **asdict(found), "errors": row.errors_told()}))
    else:
        for line in summary(messages, found, row.late, row.errors()):
            click.echo(line)
    return EXIT_INCONCLUSIVE if not found.sent else EXIT_OK if not found.lost else EXIT_PROBLEM


def _cannot(messages: Messages, error: ProbeError, *, as_json: bool) -> int:
    hint = str(error.detail.get("hint") or error.detail.get("error") or "")
    if as_json:
        click.echo(msgspec.json.encode({"ok": False, "error": {"code": str(error.reason), "message": hint}}))
    else:
        click.echo(f"{words.reason(messages, error.reason)}. {words.plain(hint)}".rstrip(), err=True)
    return EXIT_PROBLEM if error.reason is Reason.RESOLVE_FAILED else EXIT_INCONCLUSIVE


class _Row:
    """The pings of one command."""

    def __init__(self, address: str, context: Context, messages: Messages, wish: Wish, *, quiet: bool) -> None:
        self._address, self._context, self._messages, self._wish, self._quiet = address, context, messages, wish, quiet
        self._echoes: list[Echo] = []
        self._told = 0
        self._moved = asyncio.Event()
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Send all, wait for the last, tell each. Raises ProbeError when this process may not ping."""
        loop = asyncio.get_running_loop()
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal.SIGINT, self._stopped.set)
        if not self._quiet:
            facts = {"host": self._wish.host, "address": self._address, "size": self._wish.size}
            click.echo(self._messages.text("cli.ping.head", **facts, count=self._wish.count))
        prime = self._context.pinger.send(self._address, self._wish.size, lambda _: None)
        try:
            await self._send_all(loop.time() + min(self._wish.interval_s, 0.2))
            await self._wait_for_rest(loop.time() + PATIENCE_S)
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            self._context.pinger.forget((*self._echoes, prime))

    async def _send_all(self, start_s: float) -> None:
        loop = asyncio.get_running_loop()
        for number in range(self._wish.count):
            if not await self._until(start_s + number * self._wish.interval_s):
                return
            echo = self._context.pinger.send(self._address, self._wish.size, lambda _: self._moved.set())
            self._echoes.append(echo)
            loop.call_later(PATIENCE_S, self._moved.set)
            self._tell()

    async def _until(self, when_s: float) -> bool:
        """Tell answers until this moment; False when Ctrl-C came first."""
        loop = asyncio.get_running_loop()
        while (left_s := when_s - loop.time()) > 0 and not self._stopped.is_set():
            self._moved.clear()
            waits = [asyncio.ensure_future(each.wait()) for each in (self._moved, self._stopped)]
            await asyncio.wait(waits, timeout=left_s, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            self._tell()
        return not self._stopped.is_set()

    async def _wait_for_rest(self, until_s: float) -> None:
        loop = asyncio.get_running_loop()
        while self._told < len(self._echoes) and (left_s := until_s - loop.time()) > 0:
            self._moved.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._moved.wait()
            self._tell()
        self._tell(all_of_them=True)

    def _tell(self, *, all_of_them: bool = False) -> None:
        """A line for each ping whose fate is known, in the order of sending."""
        while self._told < len(self._echoes):
            echo = self._echoes[self._told]
            if not (all_of_them or _settled(echo)):
                return
            self._told += 1
            if not self._quiet:
                click.echo(f"{self._told:>5}  {self._words(echo)}")

    def _words(self, echo: Echo) -> str:
        if _in_time(echo) and echo.rtt_ms is not None:
            return f"{words.number(self._messages, echo.rtt_ms, 3 if echo.rtt_ms < 10 else 1)} ms"
        if echo.error is not None:
            said = words.reason(self._messages, echo.error.reason)
            return f"{echo.error.offender}: {said}" if echo.error.offender else said
        if echo.send_errno:
            return words.reason(self._messages, reason_of_errno(echo.send_errno))
        return words.reason(self._messages, Reason.NO_REPLY)

    def rtts_ms(self) -> list[float | None]:
        return [echo.rtt_ms if _in_time(echo) else None for echo in self._echoes]

    @property
    def late(self) -> int:
        return sum(echo.rtt_ms is not None and not _in_time(echo) for echo in self._echoes)

    def errors(self) -> Counter[tuple[str, Reason]]:
        """Who complained, and of what; "" for this box itself."""
        found = Counter((echo.error.offender, echo.error.reason) for echo in self._echoes if echo.error is not None)
        return found + Counter(("", reason_of_errno(echo.send_errno)) for echo in self._echoes if echo.send_errno)

    def errors_told(self) -> list[dict[str, object]]:
        return [{"from": who, "reason": str(why), "count": n} for (who, why), n in self.errors().most_common()]


def _in_time(echo: Echo) -> bool:
    return echo.rtt_ms is not None and echo.rtt_ms <= PATIENCE_S * 1000


def _settled(echo: Echo) -> bool:
    import time

    waited_s = (time.monotonic_ns() - echo.sent_ns) / 1e9
    return echo.rtt_ms is not None or echo.error is not None or bool(echo.send_errno) or waited_s >= PATIENCE_S


def summary(messages: Messages, found: Tally, late: int, errors: Counter[tuple[str, Reason]]) -> list[str]:
    """What the pings say together, as lines for people."""
    say = messages.text
    if not found.sent:
        return [say("cli.ping.nothing")]

    def ms(value: float | None) -> str:
        return "-" if value is None else words.number(messages, value, 3 if value < 10 else 1)

    loss = words.number(messages, 100 * found.lost / found.sent)
    lines = ["", say("cli.ping.loss", sent=found.sent, lost=found.lost, percent=loss, burst=found.burst)]
    if late:
        lines.append(say("cli.ping.late", count=late, limit=words.number(messages, PATIENCE_S, 0)))
    if found.min_ms is not None:
        middle = {"median": ms(found.median_ms), "p95": ms(found.p95_ms)}
        lines.append(say("cli.ping.rtt", min=ms(found.min_ms), max=ms(found.max_ms), **middle))
        lines.append(say("cli.ping.jitter", jitter=ms(found.jitter_ms)))
    low, high = words.number(messages, 100 * found.loss_low), words.number(messages, 100 * found.loss_high)
    lines.append(say("cli.ping.interval", low=low, high=high))
    if not found.enough:
        lines.append(say("cli.ping.few"))
    for (offender, reason), count in errors.most_common(5):
        who = offender or say("cli.ping.this_box")
        lines.append(say("cli.ping.error", who=who, reason=words.reason(messages, reason), count=count))
    return lines

"""The ladder on a terminal: one line per rung while it is judged, then the evidence, the verdict and what to do.

80 columns, without colour as well; on a terminal the lines are redrawn in place, elsewhere they are printed once.
"""

from typing import TYPE_CHECKING, Self

from agent import cli_words as words
from agent.core.diagnosis import Diagnosis, RungResult
from agent.core.ladder.rungs import CUTS
from agent.diagnose.brief import brief
from agent.diagnose.ground import Ground
from agent.diagnose.told import label, rung_label, sentences
from agent.messages import Messages
from wire.actions import action
from wire.verdicts import VERDICTS

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

_STYLES = {"ok": "green", "failed": "bold red", "note": "yellow", "unknown": "dim", "unjudged": "dim"}
_NAME_WIDTH, _STATE_WIDTH, _HEADING_WIDTH = 15, 9, 9


class Screen:
    """Shows the progress on a terminal, then the result everywhere."""

    def __init__(self, messages: Messages, base: Ground) -> None:
        self._messages = messages
        self._console = words.console()
        self._base = base
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._base.center is None:
            self._console.print(self._messages.text("cli.diagnose.no_center"))
        if self._console.is_terminal:
            from rich.live import Live

            self._live = Live(console=self._console, transient=True, refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def progress(self, found: Diagnosis, running: tuple[str, ...]) -> None:
        """Redraw what is known so far."""
        if self._live is None:
            return
        from rich.console import Group
        from rich.text import Text

        waiting = self._messages.text("cli.diagnose.running", what=", ".join(sorted(running))[:50])
        self._live.update(Group(*self._rungs(found), Text(waiting, style="dim", no_wrap=True, overflow="ellipsis")))

    def finish(self, found: Diagnosis) -> None:
        """The last word, which stays on the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None
        for line in self._rungs(found):
            self._console.print(line, overflow="ellipsis", no_wrap=True)
        self._evidence(found)
        self._also(found)
        self._verdict(found)

    def _rungs(self, found: Diagnosis) -> "list[Text]":
        return [self._rung(rung) for rung in found.rungs if _worth_a_line(rung)]

    def _rung(self, rung: RungResult) -> "Text":
        from rich.text import Text

        lang = self._messages.lang
        cut = rung.state == "failed" and rung.code in CUTS
        word = self._messages.text(f"cli.diagnose.state.{'cut' if cut else rung.state}")
        line = Text(f"  {rung_label(rung.name, lang):<{_NAME_WIDTH}}")
        line.append(f"{word:<{_STATE_WIDTH}}", style=_STYLES[rung.state])
        line.append(label(rung.code, lang) if rung.code else self._first(rung))
        line.truncate(words.WIDTH, overflow="ellipsis")
        return line

    def _first(self, rung: RungResult) -> str:
        short = brief(rung.evidence[0], self._messages) if rung.evidence else ""
        said = sentences(rung.evidence[:1], self._messages.lang)
        return words.plain(short or (said[0] if said else ""))

    def _evidence(self, found: Diagnosis) -> None:
        said = "\n".join(words.clean(line) for line in sentences(found.evidence, self._messages.lang))
        if said:
            self._line("evidence", said)

    def _also(self, found: Diagnosis) -> None:
        lang = self._messages.lang
        lines = []
        for one in found.also:
            said = sentences(one.evidence[:1], lang)
            detail = f": {words.clean(said[0])}" if said else ""
            lines.append(f"{one.code}  {label(one.code, lang)}{detail}")
        if lines:
            self._line("also", "\n".join(lines))

    def _verdict(self, found: Diagnosis) -> None:
        say, lang = self._messages.text, self._messages.lang
        party = say(f"cli.diagnose.party.{found.party}") if found.party != "none" else ""
        sure = say("cli.diagnose.sure", pct=round(found.confidence * 100)) if found.confidence else ""
        tail = "; ".join(part for part in (sure, party) if part)
        style = {"OK": "bold green"}.get(found.code, "bold red")
        if VERDICTS[found.code].severity == "note":
            style = "bold yellow"
        self._line("verdict", f"[{style}]{found.code}  {label(found.code, lang)}[/]" + (f" ({tail})" if tail else ""))
        self._line("do", action(found.code, lang))

    def _line(self, heading: str, text: str) -> None:
        """A heading and its text beside it, wrapped under itself."""
        from rich.table import Table

        grid = Table.grid(padding=(0, 0))
        grid.add_column(width=_HEADING_WIDTH, no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(self._messages.text(f"cli.diagnose.{heading}"), text)
        self._console.print(grid)


def _worth_a_line(rung: RungResult) -> bool:
    """What nobody can look at here (no board that tells its voltage, no site in the configuration) is left out."""
    return rung.state != "unknown" or rung.name in ("gateway", "isp", "center", "broker")

"""What the commands about operations share: asking the commander, one-time codes, and what came of it in lines."""

import sys
import time
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from center.commands.common import language, word
from center.core.alert_times import moment
from center.errors import CenterError
from center.operation_phrases import REFUSALS

if TYPE_CHECKING:
    from center.commander.frames import Answer, Question
    from center.operations.orders import OperationRow, TargetRow

DONE, FAILED, NOT_APPROVED, STOPPED = 0, 1, 3, 4
"""Exit codes: every box did it; some did not; nobody approved it (yet); somebody cancelled it."""
LOOK_EVERY_S = 0.3
APPEARS_WITHIN_S = 60.0
TRIES = 3


class RefusedError(CenterError):
    """The commander refused an order. The text says what to do."""


def ask(data: Path, question: "Question") -> "Answer":
    """The commander's answer; an order that was not answered is asked for again under its own key.

    Raises:
        CenterError: nobody answers, or it was refused.
    """
    from center.commander.client import CommanderSilentError, ask_now

    for left in reversed(range(TRIES)):
        try:
            answer = ask_now(data, question)
        except CommanderSilentError:
            if not left:
                raise
            continue
        if not answer.code:
            return answer
        indonesian, english = REFUSALS.get(answer.code, (answer.code, answer.code))
        detail = f" ({answer.detail})" if answer.detail else ""
        raise RefusedError(f"refused: {english}{detail}", f"ditolak: {indonesian}{detail}")
    raise AssertionError("unreachable")


def one_time_code(person: str, from_input: bool) -> str:
    """A code from the terminal, or (`from_input`) a line of standard input. Never an argument: others would see it.

    Raises:
        CenterError: there is no terminal, or it is not six digits.
    """
    if from_input:
        code = sys.stdin.readline().strip()
    elif sys.stdin.isatty():
        code = str(click.prompt(word("operation-otp", person=person), hide_input=True, err=True)).strip()
    else:
        raise CenterError(
            "this command needs a one-time code; run it on a terminal, or add --otp and give the code as input",
            "perintah ini memerlukan kode sekali pakai; jalankan di terminal, atau tambahkan --otp dan kirim kodenya "
            "lewat masukan",
        )
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        raise CenterError("a one-time code has six digits", "kode sekali pakai terdiri dari enam angka")
    return code


def follow(operation: str, tell: Callable[[str], None], *, printing: bool) -> "OperationRow":
    """Lines about an operation until it and all its boxes have their end. `printing`: also what they print."""
    from center.operations import orders

    seen: dict[str, str] = {}
    printed: dict[str, int] = {}
    begun_s = time.monotonic()
    while True:
        row = orders.operation(operation)
        if row is None:  # it stands in the commander's book; the database may have been away for a moment
            if time.monotonic() - begun_s > APPEARS_WITHIN_S:
                raise CenterError(f"there is no operation {operation}", f"tidak ada operasi {operation}")
            time.sleep(LOOK_EVERY_S)
            continue
        for one in orders.targets(operation):
            line = target_line(one)
            if one.state not in {"queued", "due"} and seen.get(one.id) != line:
                seen[one.id] = line
                tell(f"{clock()} {line}")
            if printing:
                printed[one.id] = _print_more(one.id, printed.get(one.id, 0), ended=one.final)
        if row.settled:
            return row
        time.sleep(LOOK_EVERY_S)


def _print_more(target: str, shown: int, *, ended: bool) -> int:
    """Print what has come since `shown` characters, as long as no part is missing."""
    from center.operations import orders

    output = orders.output(target)
    text = safe(output.text)
    if (output.missing and not ended) or len(text) <= shown:
        return shown
    click.echo(text[shown:], nl=False)
    if output.cut and ended:
        click.echo(word("operation-output-cut"))
    return len(text)


def exit_code(row: "OperationRow") -> int:
    """How an operation that is over went."""
    if row.state == "lapsed":
        return NOT_APPROVED
    if row.state == "cancelled":
        return STOPPED
    return DONE if row.state == "done" and row.counts.done == row.counts.total else FAILED


def operation_line(row: "OperationRow") -> str:
    """One operation in a list."""
    count = row.counts
    who = row.made_by + (f"+{row.second_by}" if row.second_by else "")
    where = row.sole_node or f"{count.total} x"
    state = word(f"operation-state-{row.state}")
    words = (row.id, moment(row.made_ms, language()), f"{row.command:<13}", f"{where:<20}", state)
    return "  ".join((*words, f"{count.done}/{count.total}", safe_line(who)))


def target_line(one: "TargetRow") -> str:
    """Where one box stands."""
    state = word(f"target-state-{one.state}")
    progress = f" {one.progress_pct} %" if one.state == "running" and one.progress_pct else ""
    code = f" [{one.code}]" if one.code else ""
    detail = f" {safe_line(one.detail)}" if one.detail else ""
    return f"{one.node:<20} {state}{progress}{code}{detail}"


def summary(row: "OperationRow") -> list[str]:
    """How it went in all, and why it stopped."""
    count = row.counts
    figures = {name: getattr(count, name) for name in ("done", "bad", "skipped", "open", "total")}
    lines = [f"{word(f'operation-state-{row.state}')}: {word('operation-counts', **figures)}"]
    if row.why in {"canary", "threshold", "restored"}:
        facts: Mapping[str, Any] = {key: safe_line(str(value)) for key, value in row.why_facts.items()}
        lines.append(word(f"operation-why-{row.why}", **facts))
    return lines


def clock() -> str:
    """The time of day, for lines that come one after the other."""
    return time.strftime("%H:%M:%S")


def safe(text: str) -> str:
    """What a box printed, without anything that a terminal would obey."""
    return "".join(char if char in "\n\t" or not _commands(char) else "?" for char in text)


def safe_line(text: str) -> str:
    """The same in one line."""
    return " ".join(safe(text).split())


def _commands(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}

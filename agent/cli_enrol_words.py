"""A state of the certificate in words: what it is, why, what to do. The same sentences on every screen."""

import time

import msgspec

from agent import cli_words as words
from agent.core.enrolment import Standing
from agent.core.renewal import days_left
from agent.enrol import statefile
from agent.messages import Messages
from wire.enrolment import fingerprint_text

SOON_DAYS = 30


def sentences(messages: Messages, standing: Standing, now_ms: int) -> list[str]:
    """What it is; the reason, when there is more to say; what to do."""
    found = [f"{words.plain(standing.node)}: {state(messages, standing, now_ms)}".removeprefix(": ")]
    if why := reason(messages, standing):
        found.append(why)
    found.append(todo(messages, standing))
    return found


def state(messages: Messages, standing: Standing, now_ms: int) -> str:
    """One sentence."""
    days = days_left(standing.expires_at_ms, now_ms)
    key = f"enrol.state.{standing.state}"
    if standing.state in ("enrolled", "renewing") and days is None:
        key += "_undated"
    print_of_key = fingerprint_text(standing.fingerprint) if standing.fingerprint else "-"
    return messages.text(key, days=0 if days is None else abs(days), fingerprint=print_of_key)


def reason(messages: Messages, standing: Standing) -> str:
    """Why, by the code, with what the other side said; "" when the state says it all."""
    if not standing.code:
        return ""
    said = messages.optional(f"enrol.why.{standing.code}")
    detail = words.plain(standing.detail)
    if said is None:
        return f"{standing.code}: {detail}" if detail else standing.code
    return f"{said} ({detail})" if detail else said


def todo(messages: Messages, standing: Standing) -> str:
    """What to do now."""
    own = messages.optional(f"enrol.do.{standing.state}.{standing.code}") if standing.code else None
    return own or messages.text(f"enrol.do.{standing.state}")


def severity(standing: Standing, now_ms: int) -> str:
    """ok, note (it goes on by itself), or fault (a person has to do something)."""
    days = days_left(standing.expires_at_ms, now_ms)
    if standing.state == "enrolled":
        return "ok" if days is None or days > SOON_DAYS else "note"
    if standing.state in ("no_network", "unreachable", "waiting", "renewing"):
        return "note"
    return "fault"


def lines(messages: Messages, standing: Standing) -> list[str]:
    """The sentences without the node's name."""
    found = [state(messages, standing, now_ms()), reason(messages, standing), todo(messages, standing)]
    return [line for line in found if line]


def told(messages: Messages, standing: Standing | None) -> list[str]:
    """For a box whose agent does not run: what stands of its certificate, none where nothing is written down."""
    if standing is None:
        return []
    return [
        f"{messages.text('enrol.status.heading')}: {line}" if not n else line
        for n, line in enumerate(lines(messages, standing))
    ]


def facts() -> dict[str, object]:
    """For programs: the state as it is written down, or null; and the days its certificate has left."""
    standing = statefile.read(statefile.usual())
    if standing is None:
        return {"certificate": None}
    return {"certificate": {**msgspec.to_builtins(standing), "days_left": days_left(standing.expires_at_ms, now_ms())}}


def at_fault() -> bool:
    """A person has to do something about the certificate."""
    standing = statefile.read(statefile.usual())
    return standing is not None and severity_now(standing) == "fault"


def severity_now(standing: Standing) -> str:
    return severity(standing, now_ms())


def now_ms() -> int:
    return time.time_ns() // 1_000_000

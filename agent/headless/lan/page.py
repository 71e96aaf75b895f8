"""The two pages as HTML: the question for the PIN, and the state of the box. No script, nothing from elsewhere; what
comes from the network is text and nothing else."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final

from agent import cli_words as words
from agent.core.pingtally import tally
from agent.diagnose.told import label, rung_label, sentences
from agent.messages import LANGUAGES, Messages
from agent.watch.scene import CENTER, GATEWAY, Memory, Scene
from agent.watch.screen import SHOWN
from wire.actions import action
from wire.verdicts import VERDICTS
from wire.warnings import WARNINGS

REFRESH_S: Final = 10
STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="ascii")
_DIGEST: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def question(messages: Messages, *, wrong: bool = False, wait_s: float = 0.0) -> bytes:
    """The page that asks for the PIN. It tells nothing of the box, not even its name."""
    say = messages.text
    told = ""
    if wait_s > 0:
        told = say("lan.wait", time=words.duration(messages, wait_s + 1))
    elif wrong:
        told = say("lan.wrong")
    note = f'<p class="down" role="alert">{escape(told)}</p>' if told else ""
    body = f"""<header><h1>Sandi</h1>{_languages(messages)}</header>
<form method="post" action="/pin?lang={messages.lang}">{note}<label for="pin">{escape(say("lan.pin"))}</label>
<input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" maxlength="12" required autofocus>
<button>{escape(say("lan.open"))}</button></form><p class="dim">{escape(say("lan.about"))}</p>"""
    return _document(messages, "Sandi", body)


def state(scene: Scene, memory: Memory, messages: Messages, clock: str) -> bytes:
    """The state of the box."""
    say, code = messages.text, scene.diagnosis.code
    severity = VERDICTS[code].severity
    sure = say("cli.diagnose.sure", pct=round(scene.diagnosis.confidence * 100)) if scene.diagnosis.confidence else ""
    parts = [
        f"<header><h1>{_text(scene.node)}</h1><span>{escape(clock)} WIB</span>{_languages(messages)}</header>",
        f'<section class="verdict {severity}"><b>{escape(code)} · {escape(label(code, messages.lang))}</b>'
        f"<span>{escape(sure)}</span><p>{escape(action(code, messages.lang))}</p></section>",
        *_stay(scene, messages),
        _section(say("lan.ladder"), _rungs(scene, messages)),
        _section(say("lan.figures"), _figures(scene, memory, messages)),
        _section(say("lan.warnings"), _warnings(scene, messages)),
        f'<p class="dim">{escape(say("lan.refresh", seconds=REFRESH_S))}</p>',
    ]
    return _document(messages, f"{code} {scene.node}", "\n".join(parts), refresh=True)


def plain(messages: Messages, status: int) -> bytes:
    """One sentence for a request that is not served."""
    key = f"lan.status.{status}"
    text = messages.optional(key) or messages.text("lan.status.other")
    return _document(messages, "Sandi", f"<p>{escape(text)}</p>")


def _rungs(scene: Scene, messages: Messages) -> Iterable[tuple[str, str, str, str]]:
    for rung in scene.diagnosis.rungs:
        if rung.state == "unknown" and not rung.evidence:
            continue
        said = [label(rung.code, messages.lang)] if rung.code else sentences(rung.evidence[:1], messages.lang)
        word = messages.text(f"cli.diagnose.state.{rung.state}")
        yield rung_label(rung.name, messages.lang), word, rung.state, said[0] if said else ""


def _figures(scene: Scene, memory: Memory, messages: Messages) -> Iterable[tuple[str, str, str, str]]:
    say = messages.text
    for target in (GATEWAY, CENTER):
        found = tally(list(memory.samples.get(target, ()))[-SHOWN:])
        if found.sent:
            digits = 2 if found.median_ms is not None and found.median_ms < 1 else 1
            took = "" if found.median_ms is None else f"{words.number(messages, found.median_ms, digits)} ms, "
            loss = say("cli.watch.loss", lost=found.lost, sent=found.sent)
            yield f"ping {rung_label(target, messages.lang)}", "", "", took + loss
    if scene.connected is not None:
        word = say(f"state.{'up' if scene.connected else 'down'}")
        yield say("cli.status.center"), word, "ok" if scene.connected else "failed", scene.server
    waiting = ""
    if scene.outbox_error:
        waiting = say("cli.status.outbox_failed", detail=scene.outbox_error)
    elif scene.pending:
        oldest = words.duration(messages, scene.oldest_s or 0)
        waiting = say("cli.watch.waiting", count=scene.pending, oldest=oldest)
    elif scene.pending == 0:
        waiting = say("cli.status.nothing_waits")
    if waiting:
        yield say("cli.status.waiting"), "", "", waiting


def _warnings(scene: Scene, messages: Messages) -> Iterable[tuple[str, str, str, str]]:
    for code, severity in scene.warnings:
        rule = WARNINGS.get(code)
        style = "failed" if severity == "error" else "note"
        word = messages.text(f"severity.{severity}") if severity in ("error", "warning") else ""
        text = f"{rule.title(messages.lang)}. {rule.text(messages.lang)}" if rule else code
        yield code, word, style, text


def _stay(scene: Scene, messages: Messages) -> list[str]:
    if scene.maintenance_left_s is None:
        return []
    left = words.duration(messages, scene.maintenance_left_s)
    return [f'<p class="note">{escape(messages.text("cli.watch.maintenance", left=left))}</p>']


def _section(heading: str, rows: Iterable[tuple[str, str, str, str]]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{_text(name)}</th><td class="state {style}">{_text(word)}</td><td>{_text(said)}</td></tr>'
        for name, word, style, said in rows
    )
    return f"<h2>{escape(heading)}</h2><table>{lines}</table>" if lines else ""


def _text(value: object) -> str:
    return escape(words.plain(value)[:300])


def _languages(messages: Messages) -> str:
    others = [lang for lang in LANGUAGES if lang != messages.lang]
    return "".join(f'<a href="?lang={lang}" hreflang="{lang}">{_NAMES[lang]}</a>' for lang in others)


_NAMES: Final = {"id": "Bahasa Indonesia", "en": "English"}


def _document(messages: Messages, title: str, body: str, *, refresh: bool = False) -> bytes:
    again = f'<meta http-equiv="refresh" content="{REFRESH_S}">' if refresh else ""
    return (
        f'<!doctype html><html lang="{messages.lang}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{again}'
        f"<title>{_text(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    ).encode()

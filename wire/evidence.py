"""Evidence in words: what was sent, what came back, from whom. One short sentence per observation.

Where a sentence comes from, the first that is there:
 1. what its probe says about its reason (`wire.evidence_probes`), for a phase (`timeout/tls`) before in general;
 2. what is said about that reason at any probe (`wire.evidence_reasons`), with a complainer before without one;
 3. the probe, its target and the reason as they are: a newer agent knows more than this.

Details come from the net and from other people's machines: nothing in them can break out of the sentence
(`wire.evidence_text`). Only who shows evidence loads this.
"""

from wire.bodies import EvidenceItem
from wire.evidence_probes import SAID, SUBJECTS, TARGETS
from wire.evidence_reasons import GENERAL
from wire.evidence_text import MOST_CHARACTERS, Pair, Values, clean, fill

_UNKNOWN: Pair = ("{probe} {who}: {reason}", "{probe} {who}: {reason}")
_FLAGS = ("absent", "expiring", "intercepted", "stale")
"""Details that, being true, are news of their own; several of them in this order."""
_SUBJECT: Pair = ("{probe} {who}", "{probe} {who}")


def sentence(item: EvidenceItem, lang: str = "id") -> str:
    """One short sentence in `lang` (id or en), without a full stop; printable, at most MOST_CHARACTERS long."""
    index = int(lang == "en")
    values = _values(item, lang)
    text = fill(_template(item)[index], values)
    return clean(text[:1].upper() + text[1:] if text[:1].isalpha() else text, MOST_CHARACTERS)


def _values(item: EvidenceItem, lang: str) -> Values:
    detail = item.detail
    target = TARGETS.get(item.target, (item.target, item.target))[int(lang == "en")]
    if item.target.startswith("resolver-"):
        number = item.target.removeprefix("resolver-")
        target = f"server nama {number}" if lang != "en" else f"name server {number}"
    address = clean(detail.get("address") or "")
    who = target if address in target else f"{target} {address}"
    counts: dict[str, object] = {"sent": item.sent, "answered": max(0, item.sent - item.lost)} if item.sent else {}
    extra: dict[str, object] = {
        "probe": item.probe,
        "reason": item.reason or "ok",
        "target": target,
        "who": who.strip(),
        "rtt": item.rtt_ms,
        **_days(detail.get("certificate_days")),
    }
    values = Values(lang, {**counts, **detail, **extra})  # `internet` counts addresses itself
    return values.also("subject", fill(SUBJECTS.get(item.probe, _SUBJECT)[int(lang == "en")], values))


def _days(left: object) -> dict[str, object]:
    """Days a certificate has left, or since when it has none."""
    if not isinstance(left, int | float) or isinstance(left, bool):
        return {}
    return {"expired_days": -left} if left < 0 else {"days_left": left}


def _template(item: EvidenceItem) -> Pair:
    probe = SAID.get(item.probe, {})
    for name in _names(item):
        if name in probe:
            return probe[name]
    return next((GENERAL[name] for name in _names(item) if name in GENERAL), _UNKNOWN)


def _names(item: EvidenceItem) -> list[str]:
    """The names a sentence may be listed under, the closest first."""
    reason = item.reason or ("ok" if item.ok else "failed")
    names = [reason]
    phase = item.detail.get("phase")
    if isinstance(phase, str):
        names.insert(0, f"{reason}/{phase}")
    if item.detail.get("offender_is_us"):
        names.insert(0, f"{reason}@us")
    elif item.detail.get("offender"):
        names.insert(0, f"{reason}@router")
    if item.sent:
        names.insert(0, f"{reason}+counted")
    flags = [flag for flag in _FLAGS if item.detail.get(flag) is True]
    for flag in flags:
        names.insert(0, f"{reason}+{flag}")
    if len(flags) > 1:
        names.insert(0, "+".join((reason, *flags)))
    return names

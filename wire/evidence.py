"""Evidence in words: what was sent, what came back, from whom."""

from wire.bodies import EvidenceItem


def sentence(item: EvidenceItem, lang: str = "id") -> str:
    """One short sentence in `lang` (id or en)."""
    extras = "".join(f" {name}={item.detail[name]}" for name in ("address", "offender") if item.detail.get(name))
    count = f" {item.sent - item.lost}/{item.sent}" if item.sent > 1 else ""
    return f"{item.probe} {item.target}: {item.reason or 'ok'}{count}{extras}"

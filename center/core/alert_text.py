"""What a message about an incident says, in the language of its channel: what happened, since when, where, and what to
do. Pure; the words are those of `center.core.alert_words`.

No personal data, and nothing that goes stale on the way: moments are said as moments, not as ages.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from center.core.alert_times import length, moment
from center.core.alert_words import ENDS, HEADS, LASTING, NEXT, PARTIES, SITE_ENDS, column, line
from wire.actions import action
from wire.verdicts import VERDICTS

MAX_NAMES: Final = 12
"""Names in one message: twelve fit a telephone's screen; the rest is a number."""
MAX_CHARS: Final = 3_500
"""Telegram takes 4096 characters; what a channel adds itself must fit as well."""
_OVER: Final = tuple(f"[{head}]" for pair in ENDS.values() for head in pair)
"""How messages begin that tell the end of something: nobody is left in the belief that it lasts."""


@dataclass(frozen=True, slots=True)
class IncidentChange:
    """One change of one incident that somebody may have to hear of.

    `what`: opened | grew | escalated | acknowledged | released | resolved | reopened. `nodes` and `sites`
    are the members' codes at that time, `kecamatan` their areas. `started_ms` is event time, `at_ms` now; both Unix ms.
    The texts are one sentence each, without personal data. `why`: of a resolution, "recovered" when it is over indeed;
    an incident may also end because it became part of a greater one, or because people closed it, and then nobody is
    told "PULIH".
    """

    incident: int
    what: str
    severity: str
    kind: str
    subject: str
    cause: str
    party: str
    nodes: tuple[str, ...]
    sites: tuple[str, ...]
    kecamatan: tuple[str, ...]
    started_ms: int
    at_ms: int
    text_id: str
    text_en: str
    why: str = ""

    def text(self, language: str) -> str:
        """What happened, in "id" or "en"."""
        return (self.text_id, self.text_en)[column(language)]


def compose(change: IncidentChange, names: Mapping[str, str], language: str) -> str:
    """The message to people of the city. `names`: what the sites are called."""
    over = change.what == "resolved"
    heads = (ENDS.get(change.why) or ENDS[""]) if over else (HEADS.get(change.severity) or HEADS["critical"])
    lines = [f"[{heads[column(language)]}] {change.text(language)}"]
    start = moment(change.started_ms, language)
    ended = over and change.why not in LASTING
    if ended:
        lines.append(line("from_to", language, incident=change.incident, start=start,
                          end=moment(change.at_ms, language),
                          length=length(change.at_ms - change.started_ms, language)))  # fmt: skip
    else:
        lines.append(line("since", language, start=start))
        if change.what == "escalated":
            lines.append(line("urge", language))
    if len(change.sites) > 1:
        there = listed([names.get(one, one) for one in change.sites], language)
        lines.append(line("sites", language, count=len(change.sites), names=there))
    if not over:
        lines += _cause_and_action(change, language)
    if not ended:
        lines.append(line("incident", language, incident=change.incident))
    return clipped("\n".join(lines))


def compose_for_site(change: IncidentChange, site: str, language: str) -> str:
    """The message to a site's own people: what they can look at themselves, in words for who is no technician."""
    where = site or line("your_place", language)
    if change.what == "resolved":
        sentence = (SITE_ENDS.get(change.why) or SITE_ENDS[""])[column(language)]
        said = sentence.format(where=where, end=moment(change.at_ms, language), happened=change.text(language))
    else:
        check = action(change.cause, language) or line("site_check", language)
        said = line("site_out", language, where=where, start=moment(change.started_ms, language), check=check)
    return clipped(f"{said}\n{line('incident', language, incident=change.incident)}")


def _cause_and_action(change: IncidentChange, language: str) -> Iterator[str]:
    """Whose it is, and what to do: by the verdict, else by what the incident is about."""
    party = PARTIES[change.party][column(language)] if change.party in PARTIES else ""
    verdict = VERDICTS.get(change.cause)
    if verdict is not None:
        key = "cause_of" if party else "cause"
        yield line(key, language, label=verdict.label(language), code=verdict.code, party=party)
        yield line("next", language, action=verdict.action(language))
        return
    if party:
        yield line("party", language, party=party)
    elif change.kind == "node" and change.cause != "planned":
        yield line("nobodys_yet", language)
    known = NEXT.get(change.cause) or NEXT.get(change.kind)
    if known is not None:
        yield line("next", language, action=known[column(language)])


def digest(texts: Sequence[str], severity: str, language: str) -> str:
    """One message for many that would be too many: how bad, how many, then their first lines, worst first, then
    whatever is over, for as long as there is room; then how many more. `severity`: the worst of them."""
    heads = [text.partition("\n")[0] for text in texts]
    over = sum(map(is_over, heads))
    worst = ENDS[""] if over == len(heads) else HEADS.get(severity) or HEADS["critical"]
    lines = [line("digest", language, head=worst[column(language)], count=len(heads), open=len(heads) - over,
                  over=over)]  # fmt: skip
    lines += [f"- {one[:200]}" for one in heads[:MAX_NAMES]]
    room = MAX_CHARS - 60 - len("\n".join(lines))
    left = 0
    for one in heads[MAX_NAMES:]:
        said = f"- {one[:120]}"
        if is_over(one) and room > len(said):
            room -= len(said) + 1
            lines.append(said)
        else:
            left += 1
    return clipped("\n".join([*lines, *([line("digest_more", language, count=left)] if left else [])]))


def is_over(text: str) -> bool:
    """Whether a message tells the end of something."""
    return text.startswith(_OVER)


def listed(names: Sequence[str], language: str) -> str:
    """At most MAX_NAMES names, then how many more."""
    more = len(names) - MAX_NAMES
    return ", ".join(names[:MAX_NAMES]) + (line("names_more", language, count=more) if more > 0 else "")


def clipped(text: str) -> str:
    """At most MAX_CHARS characters."""
    return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 1] + "…"

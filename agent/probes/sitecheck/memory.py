"""What is remembered of a site between two looks, so that it need not be asked again. Times are boot-time."""

from dataclasses import dataclass, field

from agent.core.site_fresh import Days
from agent.core.site_robots import ALLOW_ALL, Robots
from agent.core.site_signs import Judgement

MAX_AUTHORITIES = 4
"""With www., without, and one it moved to: a site that leads through more is asked for its rules again."""


@dataclass(slots=True)
class Rules:
    """An authority's robots.txt. `known` false: it could not be read, so only what a person asked for is fetched."""

    robots: Robots = ALLOW_ALL
    known: bool = False
    until_ms: int = 0


@dataclass(slots=True)
class Validators:
    """What makes a request conditional."""

    etag: str = ""
    last_modified: str = ""

    def headers(self) -> dict[str, str]:
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


@dataclass(slots=True)
class KnownPage:
    """A page as it was when it was last sent: what a 304 stands for."""

    url: str
    validators: Validators
    judgement: Judgement
    title: str
    feed: str
    refresh: str
    days: dict[str, Days]


@dataclass(slots=True)
class KnownFeed:
    """A feed or sitemap: due again at `due_ms`."""

    url: str = ""
    due_ms: int = 0
    validators: Validators = field(default_factory=Validators)
    days: Days = ()
    error: str = ""


@dataclass(slots=True)
class SiteMemory:
    """All of one site."""

    rules: dict[str, Rules] = field(default_factory=dict)
    page: KnownPage | None = None
    feed: KnownFeed = field(default_factory=KnownFeed)
    sitemap: KnownFeed = field(default_factory=KnownFeed)

    def keep_rules(self, authority: str, rules: Rules) -> Rules:
        if authority not in self.rules and len(self.rules) >= MAX_AUTHORITIES:
            self.rules.clear()
        self.rules[authority] = rules
        return rules


@dataclass(slots=True)
class SiteMemories:
    """The sites a runner watches, by the names of their targets."""

    by_name: dict[str, SiteMemory] = field(default_factory=dict)

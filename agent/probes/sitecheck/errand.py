"""What one look at one site has with it."""

from dataclasses import dataclass

from agent.probes.site import SiteConfig, SiteItem
from agent.probes.sitecheck.fetching import Fetcher
from agent.probes.sitecheck.memory import Rules, SiteMemory


@dataclass(slots=True)
class Errand:
    """`now_ms` is boot-time, `wall_s` Unix time. The rest is where the look stands: the address it has come to, how
    often it was sent on, what the requests took so far, and the rules of the last authority.
    """

    config: SiteConfig
    memory: SiteMemory
    fetcher: Fetcher
    now_ms: int
    wall_s: float
    url: str
    redirects: int = 0
    spent_ms: float = 0.0
    status: int = 0
    not_modified: bool = False
    disallowed: bool = False
    rules: Rules | None = None

    @property
    def item(self) -> SiteItem:
        return self.config.item

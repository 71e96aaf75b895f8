"""Does a public site answer, is what it shows the agency's own page, and how old is it?

`ok` is availability: an answer of status 200 to 399 whose page is not a host's default, parked or error page. How old
its newest content is stands in the detail (`fresh_days`, `fresh_date`, `fresh_source`, `stale`), as do signs of an
intrusion (`suspicious`) and the certificate's days. Polite: one page per interval with conditional requests,
robots.txt honoured, feed and sitemap at most every six hours, every size capped. The work is done by `sitecheck`, which
a box without sites never loads.
"""

from pathlib import Path

from agent.configuration.settings import Settings, field
from agent.core.observation import Observation
from agent.probes.context import Context, Target
from agent.probes.url import parse_url

KINDS = ("city", "agency", "ppid", "rabeg", "other")
MAX_SITES = 60
"""Those of the city are 36. Each costs a fetch per interval and a row in the report of the period it ran in."""
LISTS = Path(__file__).parent / "sites"
"""The lists that come with Sandi, by name."""
MAX_LIST_BYTES = 64 * 1024


class SiteItem(Settings, frozen=True):
    """One `[[probes.site]]`, or one `[[site]]` of a list. `name` is what reports and the centre call it.

    `hosts`: others it may send its readers to (a new address, a national system) without that being a fault.
    `verified` false: nobody has confirmed the address yet, and everything that is said about the site says so.
    """

    name: str = field(metadata={"help": "what reports call it", "example": "Diskominfo"})
    url: str = field(metadata={"help": "its first page", "example": "https://diskominfo.example.go.id/"})
    kind: str = field(default="agency", metadata={"help": "city, agency, ppid, rabeg or other", "choices": KINDS})
    feed: str = field(default="", metadata={"help": "its RSS or Atom feed; empty: the one its page names"})
    sitemap: str = field(default="", metadata={"help": "its sitemap; empty: the one its robots.txt names"})
    stale_after_days: int | None = field(
        default=None, metadata={"help": "instead of that of [probes.sites]", "example": 30, "min": 1, "max": 3650}
    )
    hosts: tuple[str, ...] = field(default=(), metadata={"help": "foreign hosts it may redirect to"})
    verified: bool = field(default=True, metadata={"help": "false: the address is yet to be confirmed"})

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.strip()) <= 60:
            raise ValueError("the name of a site must be 1 to 60 characters")
        if self.kind not in KINDS:
            raise ValueError(f"kind {self.kind!r} of site {self.name!r} must be one of {', '.join(KINDS)}")
        for url in (self.url, self.feed, self.sitemap):
            if url or url is self.url:
                parse_url(url)
        if len(self.hosts) > 10:
            raise ValueError(f"site {self.name!r}: at most 10 hosts it may redirect to")


class SitesConfig(Settings, frozen=True):
    """`[probes.sites]`: how the sites are watched. `timeout_s` is for the page with its redirects."""

    interval_s: float = field(default=300.0, metadata={"help": "seconds between two looks at a site", "min": 60})
    timeout_s: float = field(default=15.0, metadata={"help": "longest time for a page and its redirects", "max": 60})
    stale_after_days: int = field(default=90, metadata={"help": "older content is called stale", "min": 1, "max": 3650})
    contact: str = field(default="", metadata={"help": "whom a site's operator may ask; sent with each request"})
    ca_file: str = field(default="", metadata={"help": "authorities of private sites (PEM)"})

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s <= 60:
            raise ValueError("timeout_s must be above 0 and at most 60 seconds")
        if self.interval_s < 4 * self.timeout_s + 1:
            raise ValueError(f"interval_s must be at least {4 * self.timeout_s + 1:g}: one look can take that long")
        if not all(" " <= letter <= "~" for letter in self.contact) or len(self.contact) > 100:
            raise ValueError("contact must be plain ASCII of at most 100 characters: an address or a telephone number")


class SiteConfig(Settings, frozen=True):
    """One site as it is watched. `thorough`: robots.txt, feed and sitemap in one run, for a person who waits."""

    item: SiteItem
    shared: SitesConfig = field(default_factory=SitesConfig)
    thorough: bool = False

    @property
    def interval_s(self) -> float:
        return self.shared.interval_s

    @property
    def timeout_s(self) -> float:
        return self.shared.timeout_s

    @property
    def deadline_s(self) -> float:
        """Robots.txt, the page, and up to two of feed and sitemap."""
        return 4 * self.shared.timeout_s + 1.0

    @property
    def stale_after_days(self) -> int:
        return self.item.stale_after_days or self.shared.stale_after_days


async def probe(target: Target, context: Context) -> Observation:
    """One look."""
    from agent.probes.sitecheck.check import look  # most boxes watch no site: it is not loaded there

    return await look(target, target.settings(SiteConfig), context)


def site_targets(items: tuple[SiteItem, ...], shared: SitesConfig) -> tuple[Target, ...]:
    """A target for each site."""
    return tuple(Target("site", item.name, SiteConfig(item, shared), url=item.url) for item in items)


def read_list(name: str) -> tuple[SiteItem, ...]:
    """The sites of a list: a file by its absolute path, or one that comes with Sandi by its name.

    Raises ValueError with a sentence: no such list, or something in it is wrong.
    """
    import tomli

    from agent.configuration.strict import Reader

    path = Path(name) if name.startswith("/") else LISTS / f"{name}.toml"
    if not name.startswith("/") and (not name.replace("-", "").isalnum() or not path.is_file()):
        known = ", ".join(sorted(found.stem for found in LISTS.glob("*.toml")))
        raise ValueError(f"sites_file {name!r} is neither an absolute path nor one of the lists here: {known}")
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_LIST_BYTES + 1)
        table = tomli.loads(raw.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"sites_file {path}: {error}") from error
    if len(raw) > MAX_LIST_BYTES:
        raise ValueError(f"sites_file {path}: larger than {MAX_LIST_BYTES // 1024} KiB")
    reader = Reader(path.parent)
    entries = table.get("site", [])
    if set(table) - {"site"} or not isinstance(entries, list):
        raise ValueError(f"sites_file {path}: it holds [[site]] tables and nothing else")
    items = [reader.build(SiteItem, entry, f"site[{number}]") for number, entry in enumerate(entries, 1)]
    if reader.problems:
        raise ValueError(f"sites_file {path}: " + "; ".join(problem.text() for problem in reader.problems[:5]))
    return tuple(item for item in items if item is not None)

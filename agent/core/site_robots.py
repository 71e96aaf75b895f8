"""robots.txt by RFC 9309: may this product fetch this path?

The group that names the product decides, else the group for `*`, else everything is allowed. The longest rule that
matches wins, `Allow` before `Disallow` on equal length; `*` stands for any characters, `$` for the end.
"""

from dataclasses import dataclass

MAX_BYTES = 512_000
"""RFC 9309 section 2.5: at least 500 KiB have to be read."""
MAX_RULES = 2_000
MAX_PATTERN = 500


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules that hold for us, as (allow, pattern), and the sitemaps the file names."""

    rules: tuple[tuple[bool, str], ...] = ()
    sitemaps: tuple[str, ...] = ()

    def allows(self, path: str) -> bool:
        """Whether `path` (with its query) may be fetched. /robots.txt always may."""
        if path == "/robots.txt":
            return True
        matching = [(len(pattern), allow) for allow, pattern in self.rules if matches(pattern, path)]
        return max(matching, default=(0, True))[1]


ALLOW_ALL = Robots()


def parse_robots(body: bytes, product: str) -> Robots:
    """The rules for `product` (a lower-case token) in the first MAX_BYTES of a robots.txt; never raises."""
    ours: list[tuple[bool, str]] = []
    others: list[tuple[bool, str]] = []
    sitemaps: list[str] = []
    agents: set[str] = set()
    found_us = in_agents = False
    for line in body[:MAX_BYTES].decode("utf-8", "replace").lstrip("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            agents = {value.lower()} if not in_agents else agents | {value.lower()}
            in_agents = True
            found_us = found_us or product in agents
        elif key in ("allow", "disallow"):
            in_agents = False
            rule = (key == "allow", value[:MAX_PATTERN])
            for wanted, rules in ((product, ours), ("*", others)):
                if wanted in agents and value and len(rules) < MAX_RULES:
                    rules.append(rule)
        elif key == "sitemap" and len(sitemaps) < 10:
            sitemaps.append(value[:500])
    return Robots(tuple(ours if found_us else others), tuple(sitemaps))


def matches(pattern: str, path: str) -> bool:
    """Whether the pattern fits the beginning of the path; time grows with the product of both lengths at worst."""
    anchored = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    if not rest:
        return not anchored or path == first
    at = len(first)
    for piece in rest[:-1]:
        at = path.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    last = rest[-1]
    if anchored:
        return len(path) - len(last) >= at and path.endswith(last)
    return path.find(last, at) >= 0

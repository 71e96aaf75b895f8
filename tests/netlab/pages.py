"""Faults of public sites: errors, pages that are none of their own, old content, certificates."""

from tests.netlab import signs
from tests.netlab.fault import Breaking, Expected, codes
from tests.netlab.town import SITE
from tests.netlab.web import Page


def _page(on: Breaking, page: Page, *exact: str, **params: object) -> Expected:
    sites = on.town.sites
    on.undo.callback(setattr, sites, "page", sites.page)
    sites.page = page

    def shows() -> bool:
        status, body = signs.http(on.town, f"https://{SITE}/")
        return (status, body) == (page.status, page.rendered())

    return Expected(codes(*exact), shows, params=params)


def site_error(on: Breaking) -> Expected:
    """The site answers with an error of its server."""
    status = on.draw.choice((500, 502, 503, 403, 404))
    return _page(on, Page(status, "<html><body>galat</body></html>"), "W1", status=status)


FALSE_PAGES = {
    "database": "<html><body><h1>Error establishing a database connection</h1></body></html>",
    "apache": "<html><head><title>Apache2 Debian Default Page: It works</title></head><body>It works!</body></html>",
    "nginx": "<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1></body></html>",
    "suspended": "<html><head><title>Account Suspended</title></head><body>This Account has been suspended."
    " Contact your hosting provider for more information.</body></html>",
    "parked": "<html><head><title>domain</title></head><body>This domain is for sale. Buy this domain.</body></html>",
}


def site_false_page(on: Breaking) -> Expected:
    """The site answers 200 with a page that is none of its own."""
    kind = on.draw.choice(sorted(FALSE_PAGES))
    return _page(on, Page(200, FALSE_PAGES[kind]), "W1", kind=kind)


def site_stale(on: Breaking) -> Expected:
    """Nobody has touched the site for a long time."""
    days = on.draw.randrange(200, 900)
    return _page(on, Page(age_days=days), "W3", days=days)


def site_refuses(on: Breaking) -> Expected:
    """Nobody listens at the site's port."""
    town = on.town
    on.rules(town.internet, f"arriving ip daddr {town.at.web} tcp dport 443 reject with tcp reset")
    return Expected(codes("W1"), lambda: signs.tcp(town, town.at.web, 443) == "refused")


def site_certificate_expired(on: Breaking) -> Expected:
    """The site's certificate has run out."""
    return _site_certificate(on, "W2", "expired", begins_days=-400, days=-on.draw.randrange(1, 100))


def site_certificate_of_another(on: Breaking) -> Expected:
    """The site's certificate is for another name."""
    return _site_certificate(on, "W2", "match|subject name", names=("www.kota-lain.test",))


def site_certificate_ends_soon(on: Breaking) -> Expected:
    """The site's certificate runs out within days."""
    days = on.draw.randrange(1, 8)
    _site_certificate(on, "W4", "", begins_days=-80, days=days + 0.5)
    return Expected(
        codes("W4"),
        lambda: int(signs.certificate_days(on.town, on.town.at.web, 443, SITE)) == days,
        params={"days": days},
    )


def _site_certificate(on: Breaking, code: str, sign: str, *, names: tuple[str, ...] = (), **dates: float) -> Expected:
    town = on.town
    on.undo.callback(setattr, town.sites, "certificate", town.good_site)
    town.sites.certificate = town.site_context(names=names, **dates)

    def shows() -> bool:
        said = signs.http(town, f"https://{SITE}/")[1]
        return any(word in said for word in sign.split("|"))

    return Expected(codes(code), shows, params={"names": names, **dates})

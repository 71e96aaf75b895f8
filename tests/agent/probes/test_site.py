"""Public sites behind real servers: what answers, what pretends, what is old, and how little is asked of them."""

import gzip
import socket
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.core.observation import Observation
from agent.core.site_fresh import local_day
from agent.probes.sitecheck.fetching import unpacked
from tests.support.own_time import within
from tests.support.probe_once import with_time
from tests.support.serving import Certificates, read_request, serving, silent
from tests.support.websites import HOME, Reply, Watch, Website, look_at, online


def page(text: str = "") -> str:
    return HOME % text


@pytest.fixture(autouse=True)
def one_day() -> None:
    """Not over midnight: what was written yesterday would be a day older when it is read."""
    while local_day(time.time()) != local_day(time.time() + 30):
        time.sleep(0.5)


def ago(days: int) -> date:
    return local_day(time.time()) - timedelta(days=days)


def test_a_site_that_is_well_has_phases_a_title_and_no_fault() -> None:
    seen = look_at(Website(**{"": Reply(page())}))
    assert (seen.ok, seen.reason, seen.sent, seen.lost) == (True, "", 1, 0)
    assert list(seen.phases_ms) == ["resolve", "connect", "first_byte", "body"]
    assert (seen.detail["title"], seen.detail["status"], seen.detail["kind"]) == ("Dinas Contoh", 200, "agency")
    assert "phase" not in seen.detail


def test_the_request_says_who_asks_and_whom_to_ask() -> None:
    site = Website(**{"": Reply(page())})
    look_at(site, contact="diskominfo@example.go.id")
    assert site.paths == ["/robots.txt", "/"]
    for _, head in site.asked:
        assert "User-Agent: Sandi/" in head
        assert "diskominfo@example.go.id" in head
        assert "Accept-Encoding: gzip" in head


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_an_error_status_is_the_sites_fault(status: int) -> None:
    seen = look_at(Website(**{"": Reply("galat", status)}))
    assert (seen.ok, seen.reason, seen.detail["status"], seen.lost) == (False, "http_status", status, 0)


def test_a_page_with_status_200_that_is_an_error_is_one() -> None:
    seen = look_at(Website(**{"": Reply("<title>Galat</title>Error establishing a database connection")}))
    assert (seen.ok, seen.reason, seen.detail["status"]) == (False, "site_database_error", 200)
    assert seen.detail["sign"] == "WordPress: database"


def test_signs_of_gambling_are_a_note_and_the_site_is_up() -> None:
    seen = look_at(Website(**{"": Reply(page("slot gacor maxwin bonus new member"))}))
    assert seen.ok
    assert seen.detail["suspicious"] == "gambling: slot gacor, maxwin, bonus new member"


# -- redirects -------------------------------------------------------------------------------------------------------


def test_a_redirect_within_the_family_is_followed() -> None:
    site = Website(**{"": Reply("", 302, {"Location": "/beranda"}), "beranda": Reply(page())})
    seen = look_at(site)
    assert seen.ok
    assert (seen.detail["redirects"], site.paths) == (1, ["/robots.txt", "/", "/beranda"])
    assert str(seen.detail["final"]).endswith("/beranda")


def test_a_redirect_to_a_foreign_host_is_a_fault_and_is_not_followed() -> None:
    site = Website(**{"": Reply("", 301, {"Location": "https://slot.example/gacor"})})
    seen = look_at(site)
    assert (seen.ok, seen.reason, seen.detail["redirect_host"]) == (False, "site_foreign_redirect", "slot.example")


def test_a_refresh_in_the_page_leads_astray_as_a_redirect_does() -> None:
    away = "<meta http-equiv='refresh' content='0;url=//slot.example/'><p>tunggu</p>"
    assert look_at(Website(**{"": Reply(away)})).reason == "site_foreign_redirect"
    stay = "<meta http-equiv='refresh' content='0;url=/utama'><p>tunggu</p>"
    seen = look_at(Website(**{"": Reply(stay), "utama": Reply(page())}))
    assert (seen.ok, seen.detail["title"]) == (True, "Dinas Contoh")


def test_a_foreign_host_that_was_named_is_allowed() -> None:
    target = Website(**{"": Reply(page())})
    with serving(target.handler) as port:
        site = Website(**{"": Reply("", 302, {"Location": f"http://localhost:{port}/"})})
        assert look_at(site, {"hosts": ("localhost",)}).ok
        assert look_at(site).reason == "site_foreign_redirect"


def test_redirects_without_end_are_a_fault() -> None:
    site = Website(**{"": Reply("", 302, {"Location": "/"})})
    seen = look_at(site)
    assert (seen.reason, seen.detail["error"]) == ("http_status", "redirects without end")
    assert site.paths.count("/") == 6


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f\x85\xa0"), max_size=40))
def test_whatever_a_server_sends_as_location_is_an_observation(location: str) -> None:
    seen = look_at(Website(**{"": Reply("", 302, {"Location": location})}))
    assert seen.reason in {"http_status", "site_foreign_redirect", "http_malformed", "refused", "not_permitted"}


# -- TLS -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "expiring"), [(60.0, False), (13.5, True), (1.0, True)])
def test_a_certificate_near_its_end_is_a_note(tmp_path: Path, days: float, expiring: bool) -> None:
    made = Certificates(tmp_path)
    site = Website(**{"": Reply(page())})
    with online(site, made.server_context(made.leaf("site", days=days))) as url:
        seen = Watch(url, ca_file=str(made.ca)).look()
    assert seen.ok
    assert seen.detail["certificate_days"] == pytest.approx(days, abs=0.1)
    assert seen.detail.get("expiring", False) is expiring


@pytest.mark.parametrize(
    ("leaf", "reason"),
    [({"days": -1}, "tls_expired"), ({"begins": 5}, "tls_not_yet_valid"), ({"host": "lain.go.id"}, "tls_hostname")],
)
def test_an_invalid_certificate_is_named(tmp_path: Path, leaf: dict[str, float | str], reason: str) -> None:
    made = Certificates(tmp_path)
    site = Website(**{"": Reply(page())})
    with online(site, made.server_context(made.leaf("site", **leaf))) as url:  # type: ignore[arg-type]
        seen = Watch(url, ca_file=str(made.ca)).look()
    assert (seen.ok, seen.reason, seen.detail["phase"]) == (False, reason, "tls")
    assert site.paths == []


def test_an_unknown_authority_is_not_trusted(tmp_path: Path) -> None:
    made = Certificates(tmp_path)
    with online(Website(), made.server_context(made.leaf("site"))) as url:
        assert Watch(url).look().reason == "tls_untrusted"


# -- politeness ------------------------------------------------------------------------------------------------------


def test_robots_txt_is_obeyed_and_the_rest_is_told_by_a_handshake() -> None:
    site = Website(**{"robots.txt": Reply("User-agent: *\nDisallow: /"), "": Reply(page())})
    seen = look_at(site)
    assert (seen.ok, seen.detail["robots"], seen.sent, seen.lost) == (True, "disallowed", 1, 0)
    assert site.paths == ["/robots.txt"]


def test_robots_txt_is_asked_for_once_a_day() -> None:
    site = Website(**{"robots.txt": Reply("User-agent: *\nDisallow:"), "": Reply(page())})
    with online(site) as url:
        watch = Watch(url)
        for later_s in (0, 300, 23 * 3600, 25 * 3600):
            watch.clock.later_s = later_s
            assert watch.look().ok
    assert (site.paths.count("/robots.txt"), site.paths.count("/")) == (2, 4)


def test_a_robots_txt_that_cannot_be_had_leaves_the_page_and_forbids_the_feed() -> None:
    link = "<link rel='alternate' type='application/rss+xml' href='/feed'>"
    site = Website(**{"robots.txt": Reply("x", 503), "": Reply(page(link)), "feed": Reply("<rss></rss>")})
    with online(site) as url:
        watch = Watch(url)
        assert watch.look().ok
        watch.look()
        assert site.paths == ["/robots.txt", "/", "/"]
        watch.clock.later_s = 3700
        watch.look()
    assert site.paths.count("/robots.txt") == 2


def test_a_page_that_did_not_change_is_not_sent_again_and_is_judged_as_before() -> None:
    body = page(f"<p>{ago(40):%d/%m/%Y}</p><p>slot gacor maxwin toto slot</p>")
    site = Website(**{"": Reply(body, etag='"a1"')})
    with online(site) as url:
        watch = Watch(url)
        first, second = watch.look(), watch.look()
        site.pages["/"] = Reply(page(), etag='"a2"')
        third = watch.look()
    assert (first.detail["status"], second.detail["status"], second.detail["not_modified"]) == (200, 304, True)
    assert second.ok
    for name in ("title", "suspicious", "fresh_days", "fresh_source"):
        assert second.detail[name] == first.detail[name]
    assert (third.detail["status"], "suspicious" in third.detail) == (200, False)


def test_a_bad_page_stays_bad_while_it_does_not_change() -> None:
    site = Website(**{"": Reply("<title>Index of /</title>x", etag='"a"')})
    with online(site) as url:
        watch = Watch(url)
        assert [watch.look().reason for _ in range(2)] == ["site_default_page"] * 2


def test_the_feed_is_asked_for_every_six_hours_and_conditionally() -> None:
    feed = Reply(f"<rss><item><pubDate>{ago(3).isoformat()}</pubDate></item></rss>", etag='"f"')
    site = Website(**{"": Reply(page()), "feed.xml": feed})
    with online(site) as url:
        watch = Watch(url, {"feed": f"{url}feed.xml"})
        for later_s in (0, 300, 5 * 3600, 6 * 3600 + 10):
            watch.clock.later_s = later_s
            seen = watch.look()
            assert seen.detail["fresh_source"] == "feed"
    asked = [head for path, head in site.asked if path == "/feed.xml"]
    assert ["If-None-Match" in head for head in asked] == [False, True]


def test_one_look_of_the_service_asks_for_one_of_feed_and_sitemap() -> None:
    robots = "User-agent: *\nDisallow:\nSitemap: {}s.xml"
    feed = f"<rss><item><pubDate>{ago(30).isoformat()}</pubDate></item></rss>"
    sitemap = f"<urlset><url><lastmod>{ago(20).isoformat()}</lastmod></url></urlset>"
    site = Website(**{"": Reply(page()), "f.xml": Reply(feed), "s.xml": Reply(sitemap)})
    with online(site) as url:
        site.pages["/robots.txt"] = Reply(robots.format(url))
        watch = Watch(url, {"feed": f"{url}f.xml"})
        first, second = watch.look(), watch.look()
    assert (first.detail["fresh_source"], second.detail["fresh_source"]) == ("feed", "sitemap")
    assert site.paths == ["/robots.txt", "/", "/f.xml", "/", "/s.xml"]


def test_a_feed_elsewhere_or_one_that_is_forbidden_is_not_asked_for() -> None:
    link = "<link rel='alternate' type='application/atom+xml' href='{}'>"
    site = Website(**{"": Reply(page(link.format("https://lain.example/feed")))})
    look_at(site)
    assert site.paths == ["/robots.txt", "/"]
    barred = Website(
        **{"robots.txt": Reply("User-agent: sandi\nDisallow: /feed"), "": Reply(page(link.format("/feed")))}
    )
    look_at(barred)
    assert barred.paths == ["/robots.txt", "/"]


def test_a_broken_feed_takes_nothing_from_the_site() -> None:
    link = "<link rel='alternate' type='application/rss+xml' href='/feed'>"
    for feed in (Reply("<!DOCTYPE x [<!ENTITY a 'b'>]><rss></rss>"), Reply("x", 500), Reply("<html>")):
        site = Website(**{"": Reply(page(link + f"<p>{ago(9):%d/%m/%Y}</p>")), "feed": feed})
        seen = look_at(site)
        assert (seen.ok, seen.detail["fresh_source"], seen.detail["fresh_days"]) == (True, "text", 9)


# -- freshness -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "stale"), [(5, False), (90, False), (91, True), (2000, True)])
def test_old_content_is_a_note_and_the_site_is_up(days: int, stale: bool) -> None:
    seen = look_at(Website(**{"": Reply(page(f"<span>{ago(days):%d/%m/%Y}</span>"))}))
    assert seen.ok
    assert (seen.detail["fresh_days"], seen.detail["fresh_source"]) == (days, "text")
    assert seen.detail["fresh_date"] == ago(days).isoformat()
    assert seen.detail.get("stale", False) is stale


def test_a_site_can_have_a_patience_of_its_own() -> None:
    body = page(f"<span>{ago(40):%d/%m/%Y}</span>")
    assert look_at(Website(**{"": Reply(body)}), {"stale_after_days": 30}).detail["stale"] is True
    assert "stale" not in look_at(Website(**{"": Reply(body)}), {"stale_after_days": 41}).detail


def test_the_header_counts_unless_it_was_made_for_the_answer() -> None:
    def http_date(at: datetime) -> str:
        return at.strftime("%a, %d %b %Y %H:%M:%S GMT")

    now = datetime.now(UTC)
    old = {"Last-Modified": http_date(now - timedelta(days=200)), "Date": http_date(now)}
    assert look_at(Website(**{"": Reply(page(), headers=old)})).detail["fresh_source"] == "last_modified"
    made = {"Last-Modified": http_date(now), "Date": http_date(now)}
    assert "fresh_days" not in look_at(Website(**{"": Reply(page(), headers=made)})).detail


def test_the_age_grows_while_a_site_is_down() -> None:
    site = Website(**{"": Reply(page(f"<span>{ago(89):%d/%m/%Y}</span>"))})
    with online(site) as url:
        watch = Watch(url)
        watch.look()
        site.pages["/"] = Reply("galat", 500)
        watch.clock.later_s = 3 * 86_400
        seen = watch.look()
    assert (seen.ok, seen.detail["fresh_days"], seen.detail["stale"]) == (False, 92, True)


def test_a_clock_that_was_never_set_says_nothing_about_dates() -> None:
    with online(Website(**{"": Reply(page("<span>1 Maret 2026</span>"))})) as url:
        watch = Watch(url)
        watch.clock.wall = lambda: 5000
        seen = watch.look()
    assert seen.ok
    assert not {"fresh_days", "stale", "expiring"} & set(seen.detail)


# -- servers that behave badly ---------------------------------------------------------------------------------------


def test_a_hung_server_costs_its_time_and_no_more() -> None:
    with serving(silent) as port:

        def look(timeout_s: float) -> Observation:
            with within(4 * timeout_s + 6):
                return Watch(f"http://127.0.0.1:{port}/", timeout_s=timeout_s).look()

        seen = with_time(look, 1.0, lambda seen: seen.detail.get("phase") == "first_byte")
    assert (seen.ok, seen.reason, seen.detail["phase"], seen.lost) == (False, "timeout", "first_byte", 1)


def test_nobody_listening_is_refused_and_an_unknown_name_is_no_lost_request() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # nobody else's port, and nobody listens
        assert Watch(f"http://127.0.0.1:{held.getsockname()[1]}/").look().reason == "refused"
    seen = Watch("http://tidak-ada.invalid/", timeout_s=3.0).look()
    assert (seen.reason, seen.sent) == ("resolve_failed", 0)


def test_a_huge_page_is_read_up_to_its_bound_and_a_bomb_is_not_unpacked() -> None:
    seen = look_at(Website(**{"": Reply(page() + "<p>isi</p>" * 100_000)}))
    assert seen.ok
    bomb = gzip.compress(b"<title>Bom</title>" + b"\0" * 50_000_000)
    seen = look_at(Website(**{"": Reply(bomb, headers={"Content-Encoding": "gzip"})}))
    assert (seen.ok, seen.detail["title"]) == (True, "Bom")


def test_a_compressed_page_is_read() -> None:
    body = gzip.compress(page(f"<span>{ago(12):%d/%m/%Y}</span>" * 2000).encode())
    seen = look_at(Website(**{"": Reply(body, headers={"Content-Encoding": "gzip"})}))
    assert (seen.ok, seen.detail["title"], seen.detail["fresh_days"]) == (True, "Dinas Contoh", 12)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "x-gzip", "br", ""]), st.integers(1, 100))
def test_any_body_unpacks_within_its_bound_or_stays(body: bytes, coding: str, limit: int) -> None:
    found, _ = unpacked(body, coding, limit)
    assert found == body or len(found) <= limit


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_any_answer_ends_in_an_observation(answer: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    with serving(talk) as port:
        seen = Watch(f"http://127.0.0.1:{port}/").look()
    assert not seen.ok
    assert seen.reason not in {"probe_failed", "deadline"}


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300))
def test_any_page_feed_and_rules_end_in_an_observation(body: bytes) -> None:
    link = b"<link rel='alternate' type='application/rss+xml' href='/feed'>"
    site = Website(
        **{"": Reply(link + body), "feed": Reply(b"<rss><item>" + body), "robots.txt": Reply(body, headers={})}
    )
    assert look_at(site).reason not in {"probe_failed", "deadline"}

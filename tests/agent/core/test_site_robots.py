"""robots.txt: groups, longest rule, wildcards, and files that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.site_robots import Robots, matches, parse_robots


def rules(text: str) -> Robots:
    return parse_robots(text.encode(), "sandi")


@pytest.mark.parametrize(
    ("text", "path", "allowed"),
    [
        ("", "/", True),
        ("User-agent: *\nDisallow: /", "/", False),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("User-agent: *\nDisallow:", "/", True),
        ("User-agent: *\nDisallow: /admin", "/", True),
        ("User-agent: *\nDisallow: /admin", "/admin/x", False),
        ("User-agent: *\nDisallow: /\nAllow: /$", "/", True),
        ("User-agent: *\nDisallow: /\nAllow: /$", "/berita", False),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.php$", "/index.php", False),
        ("User-agent: *\nDisallow: /*.php$", "/index.php?x=1", True),
        ("User-agent: *\nDisallow: /*?s=", "/berita?s=x", False),
        ("User-agent: sandi\nDisallow: /\n\nUser-agent: *\nAllow: /", "/", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: Sandi\nDisallow: /admin", "/", True),
        ("User-agent: GPTBot\nUser-agent: sandi\nDisallow: /", "/", False),
        ("User-agent: GPTBot\nDisallow: /", "/", True),
        ("user-agent : *\ndisallow : / # semua", "/", False),
        ("\ufeffUser-agent: *\r\nDisallow: /", "/", False),
        ("Disallow: /", "/", True),
        ("<html>404</html>", "/", True),
    ],
)
def test_who_may_fetch_what(text: str, path: str, allowed: bool) -> None:
    assert rules(text).allows(path) is allowed


def test_sitemaps_are_found_wherever_they_stand() -> None:
    text = "Sitemap: https://a.go.id/s.xml\nUser-agent: x\nDisallow: /\nsitemap: https://a.go.id/t.xml"
    assert rules(text).sitemaps == ("https://a.go.id/s.xml", "https://a.go.id/t.xml")


@given(st.binary(max_size=2000), st.text(max_size=50))
def test_any_file_gives_rules_and_any_path_an_answer(body: bytes, path: str) -> None:
    assert parse_robots(body, "sandi").allows(f"/{path}") in (True, False)


@given(st.text("ab*$", max_size=12), st.text("ab", max_size=12))
def test_wildcards_mean_what_a_regular_expression_means(pattern: str, path: str) -> None:
    import re

    body, end = pattern.removesuffix("$"), "$" if pattern.endswith("$") else ""
    wanted = ".*".join(re.escape(piece) for piece in body.split("*")) + (r"\Z" if end else "")
    assert matches(pattern, path) is (re.match(wanted, path, re.DOTALL) is not None)

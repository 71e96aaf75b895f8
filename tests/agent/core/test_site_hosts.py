"""Which hosts are of one family, and where a reference leads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.core.site_hosts import family, joined, related
from agent.probes.url import parse_url


@pytest.mark.parametrize(
    ("host", "other", "same"),
    [
        ("serangkota.go.id", "www.serangkota.go.id", True),
        ("dinkes.serangkota.go.id", "SerangKota.go.id.", True),
        ("serangkota.go.id", "bantenprov.go.id", False),
        ("serangkota.go.id", "go.id", False),
        ("serangkota.go.id", "serangkota.go.id.slot.example", False),
        ("serangkota.go.id", "notserangkota.go.id", False),
        ("rsud.example.com", "www.example.com", True),
        ("example.com", "example.org", False),
        ("desa.sukamaju.desa.id", "www.sukamaju.desa.id", True),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("::1", "::1", True),
    ],
)
def test_families(host: str, other: str, same: bool) -> None:
    assert related(host, other) is same


def test_a_named_foreign_host_and_what_lies_below_it_are_allowed() -> None:
    assert related("rabeg.serangkota.go.id", "www.lapor.go.id", ("lapor.go.id",))
    assert not related("rabeg.serangkota.go.id", "bukanlapor.go.id", ("lapor.go.id",))


@pytest.mark.parametrize(
    ("base", "reference", "found"),
    [
        ("http://a.go.id/x/", "/beranda", "http://a.go.id/beranda"),
        ("http://a.go.id/x/", "y?z=1#t", "http://a.go.id/x/y?z=1"),
        ("http://a.go.id/", "//b.go.id/", "http://b.go.id/"),
        ("http://a.go.id/", "berita baru", "http://a.go.id/berita%20baru"),
        ("http://a.go.id/", "/é", "http://a.go.id/%C3%A9"),
        ("http://a.go.id/", "javascript:alert(1)", ""),
        ("http://a.go.id/", "http://[", ""),
        ("http://a.go.id/", "file:///etc/passwd", ""),
    ],
)
def test_references(base: str, reference: str, found: str) -> None:
    assert joined(base, reference) == found


@given(st.text(max_size=60))
def test_whatever_a_server_writes_as_location_is_an_address_or_nothing(reference: str) -> None:
    found = joined("https://a.go.id/x", reference)
    if found:
        try:
            assert parse_url(found).host
        except ValueError as error:
            assert "Port" in str(error) or "port" in str(error) or "user name" in str(error)
    assert family("a.go.id") == "a.go.id"

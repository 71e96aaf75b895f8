"""`sandi site` as a technician uses it: the real program against real servers, without service or configuration."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from agent.core.observation import Reason
from agent.messages import Messages
from tests.support.serving import Certificates
from tests.support.websites import HOME, Reply, Website, online


def sandi(*arguments: str, config: str = "/tidak/ada.toml") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "agent.cli", "site", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "80", "SANDI_CONFIG": config},
        timeout=60,
        check=False,
    )


def test_a_site_that_is_well_ends_in_its_verdict_and_exit_0() -> None:
    with online(Website(**{"": Reply(HOME % "<p>1 Maret 2001</p>")})) as url:
        done = sandi(url)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert "baik, status 200" in done.stdout
    assert "byte pertama" in done.stdout
    assert "tidak diperbarui" in done.stdout
    assert "menurut tanggal di teks halaman" in done.stdout
    assert lines[-2].split() == ["Putusan", "W3", "Isi", "situs", "usang"]
    assert lines[-1].startswith("Lakukan")
    assert "\x1b" not in done.stdout


def test_a_fault_is_named_in_english_when_asked_and_exits_1() -> None:
    with online(Website(**{"": Reply("<title>Account Suspended</title>x")})) as url:
        done = sandi(url, "--lang", "en")
    assert done.returncode == 1
    assert "FAULT, the host's own page (account suspended or not set up) (account suspended), status 200" in done.stdout
    assert "W1  Site error" in done.stdout


def test_one_json_document_for_programs() -> None:
    with online(Website(**{"": Reply("galat", 500)})) as url:
        done = sandi(url, "--json")
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["ok"], facts["reason"], facts["verdicts"]) == (1, False, "http_status", ["W1"])
    assert facts["detail"]["status"] == 500
    assert facts["phases_ms"]["connect"] >= 0


def test_a_name_that_does_not_resolve_blames_nobody_yet() -> None:
    done = sandi("https://tidak-ada.invalid/")
    assert done.returncode == 1
    assert "U0" in done.stdout
    assert "sandi diagnose" in done.stdout.splitlines()[-1] + done.stdout.splitlines()[-2]


def test_a_site_is_known_by_its_name_in_the_configuration(tmp_path: Path) -> None:
    made = Certificates(tmp_path / "ca")
    site = Website(**{"": Reply(HOME % "")})
    with online(site, made.server_context(made.leaf("site", days=9))) as url:
        config = tmp_path / "agent.toml"
        config.write_text(
            '[node]\nid = "opd-diskominfo"\n[uplink]\nhost = "198.51.100.7"\n'
            f'[probes.sites]\nca_file = "{made.ca}"\ncontact = "hubungi@example.go.id"\n'
            f'[[probes.site]]\nname = "Dinas Contoh"\nurl = "{url}"\n'
        )
        done = sandi("dinas contoh", config=str(config))
    assert done.returncode == 0, done.stderr
    assert "berlaku 9 hari lagi" in done.stdout
    assert "W4" in done.stdout
    assert all("hubungi@example.go.id" in head for _, head in site.asked)


@pytest.mark.parametrize("wanted", ["entah", "ftp://x/", "http://[", "http://a b/"])
def test_what_is_no_site_is_wrong_usage(wanted: str) -> None:
    done = sandi(wanted)
    assert (done.returncode, done.stdout) == (2, "")
    assert wanted in done.stderr


def test_the_citys_list_is_known_without_a_configuration() -> None:
    assert "Kota Serang, PPID, RABEG" in sandi("entah").stderr


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_reason_a_site_can_have_has_words(lang: str) -> None:
    messages = Messages(lang)
    prefixes = ("tls_", "http_", "site_", "timeout", "refused", "reset", "resolve_", "host_", "net_", "no_route")
    notes = (Reason.SITE_STALE, Reason.SITE_CERTIFICATE_EXPIRING)
    wanted = [reason for reason in Reason if reason.startswith(prefixes) and reason not in notes]
    assert len(wanted) > 20
    assert [reason for reason in wanted if messages.optional(f"site.reason.{reason}") is None] == []

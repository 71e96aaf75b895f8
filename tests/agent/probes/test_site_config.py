"""Which sites a box watches, when, and what that costs its reports."""

import asyncio
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from agent.clock import Clock
from agent.config import parse
from agent.configuration.problems import ConfigError
from agent.core.observation import Observation, Reason
from agent.core.schedule import spread_slot
from agent.core.window import Window
from agent.probes import targets
from agent.probes.config import ProbesConfig
from agent.probes.job import Job
from agent.probes.runner import ProbeRunner
from agent.probes.site import MAX_SITES, SiteConfig, SiteItem, SitesConfig, read_list, site_targets
from tests.support.websites import HOME, Reply, Website, online

HEAD = '[node]\nid = "opd-diskominfo"\n[uplink]\nhost = "198.51.100.7"\n'


def probes(text: str) -> ProbesConfig:
    return parse(HEAD + text, Path("/etc/sandi/agent.toml"), {}).probes


def test_without_a_word_no_site_is_watched_and_none_of_its_code_is_loaded() -> None:
    assert ProbesConfig().watched == ()
    code = (
        "import sys\nfrom agent.clock import Clock\nfrom agent.probes.config import ProbesConfig\n"
        "from agent.probes.runner import ProbeRunner\nimport agent.service\n"
        "ProbeRunner(ProbesConfig(), 'kel-1', Clock())\n"
        "print([n for n in sys.modules if 'sitecheck' in n or 'core.site' in n or n in ('tomli', 'datetime')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "site" not in done.stdout


def test_sites_stand_in_the_file_and_in_a_list() -> None:
    found = probes('[probes]\nsites_file = "kota-serang"\n[[probes.site]]\nname = "Uji"\nurl = "https://uji.go.id/"\n')
    names = [item.name for item in found.watched]
    assert names[:3] == ["Kota Serang", "PPID", "RABEG"]
    assert names[-1] == "Uji"
    built = [target for target in targets.build(found, None) if target.probe == "site"]
    assert [target.name for target in built] == names
    assert built[-1].settings(SiteConfig).stale_after_days == 90


def test_every_address_of_the_citys_list_belongs_to_the_city_and_says_where_it_was_seen() -> None:
    items = read_list("kota-serang")
    assert len(items) >= 5
    assert {"city", "ppid", "rabeg", "agency"} == {item.kind for item in items}
    assert all(item.url.startswith("https://") and "serangkota.go.id/" in item.url for item in items)
    text = (Path(targets.__file__).parent / "sites" / "kota-serang.toml").read_text(encoding="utf-8")
    assert text.count("# sumber:") == len(items)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[probes]\nsites_file = "kota-lain"\n', "kota-serang"),
        ('[probes]\nsites_file = "../x"\n', "absolute path"),
        ('[probes]\nsites_file = "/tidak/ada.toml"\n', "/tidak/ada.toml"),
        ('[[probes.site]]\nname = "A"\nurl = "ftp://x/"\n', "http://"),
        ('[[probes.site]]\nname = "A"\n', "url"),
        ('[[probes.site]]\nname = ""\nurl = "http://x/"\n', "1 to 60"),
        ('[[probes.site]]\nname = "A"\nurl = "http://x/"\nkind = "kota"\n', "kind"),
        ('[[probes.site]]\nname = "A"\nurl = "http://x/"\nfeed = "x"\n', "http://"),
        ('[[probes.site]]\nname = "A"\nurl = "http://x/"\n' * 2, "two sites"),
        ("[probes.sites]\ninterval_s = 30\n", "60"),
        ("[probes.sites]\ninterval_s = 60\ntimeout_s = 20\n", "at least 81"),
        ('[probes.sites]\ncontact = "a\\nb"\n', "ASCII"),
        ("".join(f'[[probes.site]]\nname = "s{n}"\nurl = "http://x/"\n' for n in range(MAX_SITES + 1)), "at most 60"),
    ],
)
def test_an_impossible_setting_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        probes(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[site]]\nname = 'A'\n", "url"),
        ("[[situs]]\nname = 'A'\n", "[[site]] tables"),
        ("x = ", "sites_file"),
        ("[[site]]\nname = 'A'\nurl = 'http://x/'\nwarna = 'biru'\n", "warna"),
        ("# " + "x" * 70_000, "64 KiB"),
    ],
)
def test_a_list_with_a_mistake_is_refused_and_named(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "situs.toml"
    file.write_text(content)
    with pytest.raises(ValueError, match="sites_file") as caught:
        read_list(str(file))
    assert says in str(caught.value)


def test_forty_sites_are_spread_over_the_interval_and_none_begins_at_once() -> None:
    slots = [spread_slot("kel-1", f"site s{n}", 300_000, 1_000_000) for n in range(40)]
    due = sorted(slot.due_ms - 1_000_000 for slot in slots)
    assert due[0] > 0
    assert due[-1] <= 300_000
    assert max(later - earlier for earlier, later in pairwise(due)) < 60_000


def job() -> Job:
    [target] = site_targets((SiteItem("Dinas", "http://x/"),), SitesConfig())
    return Job(target, spread_slot("n", "site Dinas", 300_000, 0), Window("site", "Dinas"))


def seen(ok: bool, at_ms: int) -> Observation:
    reason = Reason.NONE if ok else Reason.HTTP_STATUS
    return Observation("site", "Dinas", at_ms, ok, reason, (12.0,), detail={"status": 200 if ok else 500})


def test_a_site_has_a_row_in_the_report_of_the_period_it_ran_in_and_in_no_other() -> None:
    watched = job()
    assert not watched.reportable
    watched.take(seen(True, 1000), 1000)
    assert watched.reportable
    assert watched.drain().detail["status"] == 200
    assert not watched.reportable
    watched.take(seen(False, 301_000), 301_000)
    assert watched.drain().detail["reason"] == "http_status"


def test_a_failing_site_is_neither_asked_again_soon_nor_with_a_burst() -> None:
    watched = job()
    announced = []
    for round_number in range(4):
        at_ms = 300_000 * round_number
        transitions, confirm = watched.take(seen(round_number == 0, at_ms), at_ms + 100)
        announced += transitions
        assert not confirm
        assert not watched.restless
    assert [(change.state, change.onset_ms) for change in announced] == [("up", 0), ("down", 300_000)]


def test_the_runner_looks_at_its_sites_and_reports_each_look_once() -> None:
    async def run(url: str) -> tuple[list[int], int]:
        item = SiteItem("Dinas", url)
        runner = ProbeRunner(ProbesConfig(defaults=False, site=(item,)), "kel-1", Clock())
        [watched] = runner._jobs
        watched.slot = watched.slot.sooner(0)
        task = asyncio.create_task(runner.run(_ignore))
        try:
            async with asyncio.timeout(90):
                while watched.last is None or watched.running:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            return [len(runner.known.windows()) for _ in range(3)], watched.slot.due_ms - Clock().mono_ms()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    with online(Website(**{"": Reply(HOME % "")})) as url:
        counts, next_ms = asyncio.run(run(url))
    assert counts == [1, 0, 0]
    assert 0 < next_ms <= 300_000


async def _ignore(_reach: object) -> None:
    return None


def test_the_handbooks_settings_load() -> None:
    import re

    text = (Path(__file__).parents[3] / "docs" / "situs.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", text, re.S)
    assert len(blocks) == 2
    found = probes("".join(blocks).replace("https://...", "https://bappeda.example.go.id/"))
    assert found.watched[-1].hosts == ("lapor.go.id",)
    assert found.sites.contact

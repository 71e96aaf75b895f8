"""From a press on a node's page to the answer on it, with the whole city talking: python -m bench.afar [--json]

1. A whole centre (`sandi-center up`: broker, ingest, worker, web, commander), 109 simulated nodes, each with its own
   certificate and session at the broker, every one with a health report each 30 s; and one real agent with a camera.
2. Chromium has that node's page open and presses "picture now", then "diagnose", each so many times: web, commander,
   signature, ingest, broker, the agent, its camera process or its diagnosis, and all the way back. The time from the
   press to the answer in the document, all on the page's clock; for a picture, until the picture itself has come.
"""

import argparse
import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench import table
from bench.city import NODE, City, running_agent, running_center
from bench.live import CHROMIUM, ENROL, sign_in, talk, uplink

TIMES = 40
FRESH_S = 3.2
"""A picture serves whoever asks within three seconds: the next one is asked for after that."""
GOAL_S = 2.0
PATIENCE_MS = 60_000
SAMPLES = Path(__file__).resolve().parents[1] / "agent" / "cameras" / "samples"
WATCH = """
addEventListener("DOMContentLoaded", () => {
  const look = () => {
    if (!window.answeredAt && document.querySelector(".boxes li[data-target=done]")) window.answeredAt = Date.now();
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, attributes: true});
  look();
});
document.addEventListener("load", (event) => {
  if (!window.shownAt && event.target.matches?.("figure.shot img")) window.shownAt = Date.now();
}, true);
"""
PRESS = "(button) => { const at = Date.now(); button.click(); return at; }"


def run(nodes: int = 110, times: int = TIMES) -> list[table.Row]:
    """The figures as rows."""
    with tempfile.TemporaryDirectory(prefix="sandi-bench-") as name, running_center(Path(name)) as city:
        folder = Path(name)
        with contextlib.ExitStack() as stack:
            stack.enter_context(_city_talks(city, folder / "fleet", nodes - 1))
            stack.enter_context(_box(city, folder / "box"))
            page = stack.enter_context(_page(city, folder / "center.log"))
            found = {press: _pressed(page, city, press, times) for press in ("diagnose", "snapshot")}
    rows = [table.figure("nodes connected", nodes, "")]
    for press, what in (("diagnose", "diagnosis"), ("snapshot", "picture")):
        took_s = sorted(found[press])
        rows += [
            table.figure(f"{what}: answers", f"{len(took_s)} of {times}", ""),
            table.figure(f"{what}: press to answer, median", statistics.median(took_s), "s"),
            table.below(f"{what}: press to answer, p95", statistics.quantiles(took_s, n=20)[-1], "s", GOAL_S),
            table.figure(f"{what}: press to answer, longest", took_s[-1], "s"),
        ]
    return rows


@contextlib.contextmanager
def _city_talks(city: City, out: Path, nodes: int) -> Iterator[None]:
    """The other nodes, connected, each reporting every 30 s."""
    enrol = [sys.executable, "-c", ENROL, str(city.data), str(out), str(nodes), NODE]
    subprocess.run(enrol, check=True, capture_output=True)
    with contextlib.ExitStack() as stack:
        fleet = [stack.enter_context(uplink(city, place.name, place)) for place in sorted(out.iterdir())]
        stop = threading.Event()
        crowd = threading.Thread(target=talk, args=(fleet, stop))
        crowd.start()
        try:
            yield
        finally:
            stop.set()
            crowd.join()


@contextlib.contextmanager
def _box(city: City, folder: Path) -> Iterator[None]:
    """The real agent, and its camera process."""
    folder.mkdir()
    camera = (
        f'[cameras.gate]\ntype = "replay"\nfolder = "{SAMPLES}"\npurpose = "traffic"\nnotice_posted = true\n'
        f'[camera_process]\ndata_dir = "{folder}/eyes"\nrun_dir = "{folder}/eyes-run"\n'
        f'logins_file = "{folder}/logins.toml"\n'
    )
    with running_agent(city, folder, more=camera):
        command = [sys.executable, "-m", "agent.cli", "camera", "run", "--config", str(folder / "agent.toml")]
        with (folder / "eyes.log").open("wb") as log:
            eyes = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                yield
            finally:
                eyes.terminate()
                eyes.wait(30)


@contextlib.contextmanager
def _page(city: City, log: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(WATCH)
        sign_in(page, city, log)
        yield page
        browser.close()


def _pressed(page: Page, city: City, press: str, times: int) -> list[float]:
    """How long each press took, the first two left out: they load what is loaded once."""
    took_s = []
    for _ in range(times + 2):
        page.goto(f"http://127.0.0.1:{city.http_port}/nodes/{NODE}/")
        button = page.wait_for_selector(f'form[action$="/ask/{press}"] button')
        assert button is not None
        pressed_ms = button.evaluate(PRESS)
        seen = "shownAt" if press == "snapshot" else "answeredAt"
        page.wait_for_url("**/operations/**")
        answered = page.wait_for_function(f"() => window.answeredAt && window.{seen}")
        took_s.append((answered.json_value() - pressed_ms) / 1000)
        page.wait_for_timeout(FRESH_S * 1000 if press == "snapshot" else 200)
    return took_s[2:]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command; exit 1 when the goal was missed."""
    options = argparse.ArgumentParser(prog="bench.afar", description=__doc__)
    options.add_argument("--nodes", type=int, default=110)
    options.add_argument("--times", type=int, default=TIMES)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args(arguments)
    rows = run(chosen.nodes, chosen.times)
    table.show("asked from afar with the city live", rows, chosen.json)
    sys.exit(1 if any(row.met is False for row in rows) else 0)


if __name__ == "__main__":
    main()

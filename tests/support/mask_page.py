"""The mask page as it runs: `sandi camera mask` as a process, over a camera that plays pictures of a folder."""

import contextlib
import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.support.processes import Program, program

CAMERA = "halaman"
SAMPLES = Path(__file__).resolve().parents[2] / "agent" / "cameras" / "samples"
ADDRESS = re.compile(r"http://([0-9.]+):(\d+)/([a-z0-9-]+)/\s")
CSRF = re.compile(r'name="csrf" content="([^"]+)"')


def write_config(folder: Path, pictures: Path = SAMPLES, more: str = "", camera: str = "") -> Path:
    """A configuration with one camera: `pictures` played, unless `camera` has the lines of another type; `more` are
    further lines of its table."""
    source = camera or f'type = "replay"\nfolder = "{pictures}"'
    if "deadline_s" not in source + more:
        more = f"deadline_s = 60\n{more}"  # however busy the machine is
    file = folder / "agent.toml"
    file.write_text(
        f'[node]\nid = "kel-3673011001"\ndata_dir = "{folder}/data"\nrun_dir = "{folder}/run"\n'
        f'[uplink]\nhost = "127.0.0.1"\n'
        f'[camera_process]\ndata_dir = "{folder}/camera"\nrun_dir = "{folder}/camera-run"\n'
        f'logins_file = "{folder}/camera-passwords.toml"\n'
        f'[cameras.{CAMERA}]\n{source}\npurpose = "traffic"\n'
        f"notice_posted = true\n{more}\n"
    )
    return file


class MaskPage:
    """A running page: requests to it as a browser would send them, and rude ones."""

    def __init__(self, process: Program, host: str, port: int, word: str) -> None:
        self.process = process
        self.host = host
        self.port = port
        self.word = word
        self.base = f"http://{host}:{port}/{word}/"
        self.csrf = ""

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, header fields in lower case, body)."""
        with contextlib.closing(HTTPConnection(self.host, self.port, timeout=120)) as connection:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def state(self) -> dict[str, Any]:
        return dict(json.loads(self.ask(f"/{self.word}/state")[2]))

    def post(self, name: str, body: dict[str, object] | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
        """What the page's script sends; the page is read first for its token."""
        if not self.csrf:
            found = CSRF.search(self.ask(f"/{self.word}/")[2].decode())
            assert found is not None
            self.csrf = found[1]
        sent = json.dumps({"csrf": self.csrf, **(body or {})}).encode()
        kind = {"Content_Type": "application/json", **headers}
        status, _, answer = self.ask(f"/{self.word}/{name}", "POST", sent, **kind)
        return status, json.loads(answer) if answer[:1] == b"{" else {}


@contextlib.contextmanager
def mask_page(config: Path, *options: str, lang: str = "id") -> Iterator[MaskPage]:
    """The page while the block runs; Ctrl-C ends the command unless the page has."""
    command = (sys.executable, "-m", "agent.cli", "camera", "mask", CAMERA, "-c", str(config), "--lang", lang)
    with program(*command, *options, environment={"TMPDIR": os.environ.get("TMPDIR", "/tmp")}) as process:
        process.wait_for_output("/\n", 120)
        found = ADDRESS.search(process.output)
        assert found is not None, process.output
        yield MaskPage(process, found[1], int(found[2]), found[3])
        if process.process.poll() is None:
            process.send(signal.SIGINT)
            assert process.wait(120) == 0, process.output

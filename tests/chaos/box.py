"""One agent of the suite: behind a line of its own, on a disk of its own, with a clock that can be set."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from agent.control_client import NoDaemonError, RefusedError
from center.processes import die_with_parent
from tests.support import fake_time
from tests.support.city import ROOT, Agent, City, Program
from tests.support.tcp_proxy import TcpProxy

DISK_MB = 48
"""Of the small tmpfs a box lives on when the suite runs as root."""
_SAMPLES = ROOT / "agent" / "cameras" / "samples"


class Box(Agent):
    """`sandi run` of one node. `wanted` says whether it should be running: what falls by itself is started again."""

    def __init__(
        self,
        directory: Path,
        city: City,
        node: str,
        *,
        camera: bool = False,
        small_disk: bool = False,
        fake_clock: bool = False,
    ) -> None:
        self.proxy = TcpProxy(city.mqtt_port)
        self.proxy.start()
        super().__init__(directory, city, node)
        self.city = city
        self.data = directory / "data"
        self.mounted = False
        self.wanted = False
        self.fell = 0
        """Times it ended although nobody had killed it."""
        self.clock_file = directory / "clock"
        self._write_config(city, camera)
        if camera:
            words = ("agent.cli", "camera", "run", "--config", str(self.config))
            self.eyes = Program(directory / "camera.log", *words)
        self.env = self._fake_clock() if fake_clock else {}
        if small_disk:
            self._mount()

    def start(self) -> None:
        """As Program.start, but the kernel ends it with this suite, whatever ends the suite. Main thread only.

        The camera process outlives the agent's deaths, as it does under systemd, and finds its door again.
        """
        self.wanted = True
        self._spawn(self)
        if self.eyes is not None and not self.eyes.alive():
            self._spawn(self.eyes)

    def _spawn(self, program: Program) -> None:
        with program.log.open("ab") as log:
            program.process = subprocess.Popen(
                [sys.executable, "-m", *program.words],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.env},
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509
            )  # fmt: skip

    def kill(self) -> bool:
        """kill -9; False when it did not run."""
        self.wanted = False
        if not self.alive() or self.process is None:
            return False
        self.process.kill()
        self.process.wait(60)
        fake_time.sweep_fake_clocks()
        return True

    def keep(self) -> None:
        """What systemd does: start again what ended by itself."""
        if self.wanted and not self.alive():
            fake_time.sweep_fake_clocks()
            self.fell += 1
            self.start()

    def set_clock(self, offset_s: int) -> None:
        """Step the box's wall clock to the true time plus `offset_s`."""
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(f"{offset_s:+d}\n")
        fresh.replace(self.clock_file)

    def outbox(self) -> dict[str, dict[str, int]] | None:
        """Per stream what the agent says of its outbox (head, pending, ...); None when it does not answer."""
        with suppress(NoDaemonError, RefusedError):
            streams = self.ask("control", op="outbox").get("streams")
            return streams if isinstance(streams, dict) else None
        return None

    def remount(self, *, read_only: bool) -> None:
        """Only while the agent is not running: the kernel refuses while files are open for writing."""
        mode = "ro" if read_only else "rw"
        subprocess.run(["mount", "-o", f"remount,{mode}", str(self.data)], check=True, capture_output=True)

    def close(self) -> None:
        """End it for good and take its disk away."""
        self.kill()
        if self.eyes is not None:
            self.eyes.stop()
        fake_time.sweep_fake_clocks()
        self.proxy.close()
        if self.mounted:
            subprocess.run(["umount", "--lazy", str(self.data)], check=False, capture_output=True)
            self.mounted = False

    def _tidy(self) -> None:
        if self.env:
            fake_time.sweep_fake_clocks()

    def _mount(self) -> None:
        self.data.mkdir(exist_ok=True)
        options = f"size={DISK_MB}m,mode=0750"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "sandi-chaos", str(self.data)], check=True)
        self.mounted = True

    def _write_config(self, city: City, camera: bool) -> None:
        pictures = (
            f'[cameras.depan]\ntype = "replay"\nfolder = "{_SAMPLES}"\ninterval_s = 10\n'
            'purpose = "traffic"\nnotice_posted = true\n'
        )
        # Time is compressed: a box is killed some four times a minute, not a few times a year. So what happens by the
        # clock happens sooner too, each within the handbook's limits. Acknowledgements are written down after a second
        # instead of fifteen minutes: what was not yet written down is sent again after each kill.
        self.config.write_text(
            f'[node]\nid = "{self.node}"\ndata_dir = "{self.data}"\nrun_dir = "{self.directory / "run"}"\n'
            f'[uplink]\nhost = "127.0.0.1"\nport = {self.proxy.port}\ncredentials = "{city.credentials(self.node)}"\n'
            "keepalive_s = 5\nuser_timeout_s = 5\nconnect_timeout_s = 5\nreconnect_min_s = 0.2\nreconnect_max_s = 3\n"
            "taken_over_s = 3\n"
            "[health]\ninterval_s = 5\n[outbox]\ncommit_window_s = 2\nack_commit_s = 1\nreserve_mb = 8\n"
            + (pictures if camera else "")
            + f'[camera_process]\ndata_dir = "{self.directory / "camera"}"\n'
            + f'run_dir = "{self.directory / "camera-run"}"\n'
        )

    def _fake_clock(self) -> dict[str, str]:
        """The environment under which the wall clock can be stepped; empty when libfaketime is not installed."""
        self.set_clock(0)
        loaded = fake_time.library()
        return {} if loaded is None else fake_time.environment(loaded, self.clock_file)

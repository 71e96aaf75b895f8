"""A node whose cameras go wrong: the real agent, the real camera process beside it, one camera for each trouble."""

import base64
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.cameras.base import Secrets
from agent.control_client import RefusedError, ask
from tests.support.agent_box import AgentBox
from tests.support.odd_drivers import beside
from tests.support.processes import Program, program, wait_until, weight_mib

WAIT_S = 120.0
WORKER_MB = 200
PROCESS = (
    '[camera_process]\ndata_dir = "camera"\nrun_dir = "camera-run"\nlogins_file = "logins.toml"\n'
    f"worker_mb = {WORKER_MB}\n"
)


def nothing() -> None:
    """To be done."""


@dataclass(frozen=True)
class Source:
    """A camera and its trouble. `settings` are its section's; a source that needs no `login` has none."""

    settings: Mapping[str, object]
    breaks: Callable[[], None] = nothing
    mends: Callable[[], None] = nothing
    login: Secrets | None = None


@dataclass
class Place:
    """Where the sources are made: everything of a node before its programs start."""

    folder: Path
    logins: dict[str, Secrets] = field(default_factory=dict)

    def state(self, name: str) -> Path:
        """A folder of this camera's own."""
        made = self.folder / "sources" / name
        made.mkdir(parents=True, exist_ok=True)
        return made

    def drivers(self) -> Path:
        """Where the fake webcam has its state."""
        return self.folder / "drivers"

    def know(self, name: str, login: Secrets) -> None:
        """The password file says this of a camera from now on."""
        self.logins[name] = login
        new = self.folder / "logins.new"
        new.write_text(
            "".join(
                f"[{each}]\nuser = {json.dumps(said.user)}\npassword = {json.dumps(said.password)}\n"
                for each, said in self.logins.items()
            )
        )
        new.chmod(0o600)
        new.rename(self.folder / "logins.toml")


MakeSource = Callable[[Place, str], AbstractContextManager[Source]]


@dataclass(frozen=True)
class Asked:
    """What became of a request for a picture: `code` is "" when one came."""

    code: str
    width: int = 0
    mask_version: str = ""
    shared: bool = False


class Eyes:
    """The running pair."""

    def __init__(self, box: AgentBox, agent: Program, process: Program, sources: Mapping[str, Source]) -> None:
        self.sources = sources
        self._box, self._agent, self._process = box, agent, process

    def camera(self, name: str) -> dict[str, object]:
        """What the agent's status says of a camera."""
        return dict(self._box.status()["cameras"][name])

    def until_well(self, name: str, pictures: int = 1) -> None:
        """Wait for so many pictures of this camera since the start."""
        wait_until(
            lambda: self.camera(name)["state"] == "ok" and int(str(self.camera(name)["pictures"])) >= pictures,
            f"{pictures} pictures of {name}", WAIT_S, lambda: f"{self.camera(name)}\n{self._process.output[-3000:]}",
        )  # fmt: skip

    def ask(self, name: str) -> Asked:
        """A picture now."""
        try:
            answer = ask(self._box.run_dir / "control.sock", {"op": "snapshot", "camera": name}, timeout_s=WAIT_S)
        except RefusedError as error:
            return Asked(error.code)
        found: dict[str, object] = dict(answer["snapshot"])  # type: ignore[call-overload]
        jpeg = base64.b64decode(str(found["jpeg"]))
        whole = jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9")
        return Asked(
            "" if whole else "no JPEG", int(str(found["width"])), str(found["mask_version"]), bool(found["shared"])
        )

    def weights_mib(self) -> tuple[float, float]:
        """Of the agent and of the camera process, without its workers."""
        return weight_mib(self._agent.pid), weight_mib(self._process.pid)

    @property
    def said(self) -> str:
        """What both programs said."""
        return f"{self._agent.output}\n{self._process.output}"


@contextmanager
def troubled_eyes(folder: Path, makers: Mapping[str, MakeSource]) -> Iterator[Eyes]:
    """A node with one camera for each of the makers; all of it is gone after the block."""
    with ExitStack() as stack:
        place = Place(folder)
        environment = beside(place.drivers())
        sources = {name: stack.enter_context(make(place, name)) for name, make in makers.items()}
        for name, source in sources.items():
            if source.login is not None:
                place.know(name, source.login)
        (folder / "sign.key").write_bytes(base64.b64encode(bytes(range(32))))
        box = AgentBox(folder, more=PROCESS + "".join(_section(*each) for each in sources.items()))
        command = (sys.executable, "-m", "agent.cli", "camera", "run", "--config", str(box.config))
        agent = stack.enter_context(box.running())
        process = stack.enter_context(program(*command, environment=environment))
        yield Eyes(box, agent, process, sources)


def _section(name: str, source: Source) -> str:
    common = {"interval_s": 3600, "deadline_s": 60, "purpose": "traffic", "notice_posted": True}
    common |= {"events": False}  # nobody but the test asks, and the schedule once
    lines = (f"{key} = {json.dumps(value)}" for key, value in (common | dict(source.settings)).items())
    return "\n".join([f"[cameras.{name}]", *lines, ""])

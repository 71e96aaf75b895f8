"""Pictures in the core: the door, the maker behind it, requests, and the events that are worth a picture."""

import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.cameras.handing import Facts, Take
from agent.control import ControlError
from agent.names import PICTURES_SOCKET, SPOOL_FOLDER
from agent.picturedoor import PictureDoor
from agent.picturerequests import PictureRequests, SnapshotError
from agent.snapshots import Picture, SnapshotMaker, Stored
from agent.uplink.threads import in_daemon_thread
from wire.shape import asdict

if TYPE_CHECKING:
    from agent.clock import Clock
    from agent.config import AgentConfig
    from agent.outbox import OutboxWriter

log: Final = logging.getLogger("agent.pictures")


class Pictures:
    """Of a node that has cameras. `run` serves the door; everything else may be asked at any time."""

    def __init__(
        self, config: "AgentConfig", clock: "Clock", writer: "OutboxWriter", synced: Callable[[], bool]
    ) -> None:
        node, keys = config.node, config.uplink.credentials
        self._config, self._clock, self._synced = config, clock, synced
        self._maker = SnapshotMaker(node.id, writer, node.data_dir, keys / "sign.key")
        self.door = PictureDoor(
            node.run_dir / PICTURES_SOCKET,
            config.cameras,
            config.control.camera_group,
            facts=self._facts,
            keep=self._keep,
        )
        self.requests = PictureRequests(self.door, config.cameras)

    async def run(self) -> None:
        """Until cancelled."""
        await in_daemon_thread("former-spool", lambda: _drop(self._config.node.data_dir / SPOOL_FOLDER))
        await self.door.run()

    def event(self, ident: str, *, urgent: bool = False) -> None:
        """Something happened that is worth a picture of every camera. Nobody waits for it; without a camera process
        there is none."""
        for name, camera in self._config.cameras.items():
            if not camera.events or camera.capture_refusal() is not None or name not in self.door.stands:
                continue
            self.door.take(Take(name, "event", ident, urgent))

    def emergency(self) -> None:
        """An urgent complaint was accepted. What the picture is filed under says nothing about whose it was."""
        self.event(f"emergency-{os.urandom(4).hex()}", urgent=True)

    async def operation(self, request: Mapping[str, object]) -> Mapping[str, object]:
        """`snapshot` at the control socket: {camera, request_id?}."""
        camera, ident = request.get("camera"), request.get("request_id", "")
        if not isinstance(camera, str) or not isinstance(ident, str):
            raise ControlError("bad_request", "a snapshot needs the name of a camera")
        try:
            return {"snapshot": asdict(await self.requests.snapshot(camera, ident))}
        except SnapshotError as error:
            raise ControlError(error.code, error.message) from error

    def status(self) -> dict[str, dict[str, object]]:
        """Per camera what the camera process last said of it; `unknown` and why when it says nothing."""
        return {name: self._status_of(name) for name in self._config.cameras}

    def _status_of(self, name: str) -> dict[str, object]:
        report = self.door.report(name)
        if report is not None:
            return asdict(report)
        camera = self._config.cameras[name]
        code = "silent" if self.door.connected else "no_camera_process"
        return {
            "state": "unknown",
            "code": code,
            "cause": "the camera process says nothing of it"
            if self.door.connected
            else "the camera process does not run",
            "type": camera.type,
            "purpose": camera.purpose or "",
            "interval_s": camera.interval_s,
            "last_picture_age_s": None,
        }

    def _facts(self) -> Facts:
        node = self._config.node
        return Facts(node.id, node.place or node.id, self._synced(), self._config.uplink.profile == "metered")

    async def _keep(self, picture: Picture) -> Stored:
        return await self._maker.store(picture, self._clock.stamp())


def _drop(spool: Path) -> None:
    """Versions whose core ran the cameras itself left pictures here; nobody else would ever remove them."""
    with contextlib.suppress(OSError):
        for path in spool.iterdir():
            path.unlink(missing_ok=True)
        spool.rmdir()

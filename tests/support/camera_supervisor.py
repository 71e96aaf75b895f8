"""The camera supervisor as a process: `python -m tests.support.camera_supervisor PLACE WORKER_MB DEADLINE_S`.

One replay camera plays PLACE/pictures by faulty workers (`tests.support.faulty_worker`). Tells its status as a line of
JSON on standard output, with each change.
"""

import asyncio
import json
import logging
import sys
from pathlib import Path

from agent.cameras.config import CameraProcessConfig
from agent.cameras.handing import Facts
from agent.cameras.keeping.supervisor import CameraSupervisor, Picture
from agent.cameras.replay import ReplayConfig

WORKER = (sys.executable, "-m", "tests.support.faulty_worker")


async def run(place: Path, worker_mb: int, deadline_s: float) -> None:
    camera = ReplayConfig(
        folder=place / "pictures", interval_s=1, deadline_s=deadline_s, purpose="traffic", notice_posted=True
    )
    settings = CameraProcessConfig(
        data_dir=place / "state", run_dir=place / "run", logins_file=place / "logins.toml", worker_mb=worker_mb
    )

    def tell() -> None:
        print(json.dumps(supervisor.status()["gate"]), flush=True)

    async def keep(picture: Picture) -> None:
        assert (picture.spool / picture.file).read_bytes()[:2] == b"\xff\xd8"

    supervisor = CameraSupervisor({"gate": camera}, settings, WORKER, on_change=tell)
    supervisor.told(Facts("kel-3673011001", "Kelurahan Serang", synced=True, metered=False))
    await supervisor.run(keep)


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, format="%(message)s %(name)s")
    asyncio.run(run(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))

"""`bundle`: the archive for help from afar, made by this version's own `sandi bundle`.

No lane to the centre carries files of the box: those of complaints and pictures are sealed or signed for what they are,
and the output of a command ends at 64 KiB. So what tells most goes out as text, and the archive itself stays on the
box, where a technician fetches it; the result says where, and how large it is.
"""

import contextlib
from pathlib import Path
from typing import Final

from agent.commands.job import CommandError, Done, Job, Tools
from agent.uplink.threads import in_daemon_thread

FOLDER: Final = "bundles"
KEPT: Final = 3
SHOWN_BYTES: Final = 56 * 1024
"""Of `MAX_OUTPUT_BYTES`; the rest is for the words of the command itself."""
WITHIN_S: Final = 240.0


async def run(job: Job, tools: Tools) -> Done:
    """`file` (a path on the box), `size_bytes`, `sent` False: the archive itself did not travel. CommandError
    `bundle`: it was not made, and the output says why."""
    node = tools.config.node
    path = node.data_dir / FOLDER / f"sandi-bundle-{node.id}-{job.id}.tar.gz"
    await in_daemon_thread("bundles", lambda: _make_room(path.parent))
    code = await tools.sandi(job, ("bundle", "--output", str(path), "--show", str(SHOWN_BYTES)), timeout_s=WITHIN_S)
    size_bytes = await in_daemon_thread("bundles", lambda: _size_of(path))
    if code or not size_bytes:
        raise CommandError("bundle", f"sandi bundle ended with {code}")
    return Done(f"the archive lies on the box: {path}", {"file": str(path), "size_bytes": size_bytes, "sent": False})


def _make_room(folder: Path) -> None:
    """The newest archives stay, one fewer than `KEPT`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    there = sorted(folder.glob("sandi-bundle-*.tar.gz"), key=_made_ns)
    for path in there[: max(0, len(there) - KEPT + 1)]:
        with contextlib.suppress(OSError):
            path.unlink()


def _made_ns(path: Path) -> int:
    try:
        return path.lstat().st_mtime_ns
    except OSError:
        return 0


def _size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0

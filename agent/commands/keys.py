"""The remote command `keys`: which command keys this box trusts from now on.

1. The new ones must hold the key this very command was signed with: a slip at the centre cannot lock the box out, and
   a key is only dropped by a command that the other one signed.
2. They are on the disk, read back, before it is done. Until the centre signs with another key, the old one stays good.
Taken up again after a restart it does the same once more.
"""

import os
from pathlib import Path
from typing import Protocol, cast

from agent.commands.job import CommandError, Done, Job, Tools
from agent.commands.verify import brought, over
from agent.files import write_durably
from agent.uplink.threads import in_daemon_thread
from wire.commands import Keys
from wire.keys import decode_key, key_id, key_line, parse_keys


class SignedJob(Job, Protocol):
    """A job that says which key its command was signed with."""

    @property
    def key_id(self) -> str: ...


async def run(job: Job, tools: Tools) -> Done:
    wish = cast(Keys, job.arguments)
    keys = {key_id(public): public for public in map(decode_key, wish.keys.split())}
    if cast(SignedJob, job).key_id not in keys:
        raise CommandError("locks_out", "the new keys do not hold the one this command was signed with")
    path, credentials = brought(tools.config.node.data_dir), tools.config.uplink.credentials
    try:
        await in_daemon_thread("command-keys", lambda: _write(path, over(credentials), keys))
    except OSError as error:
        raise CommandError("storage", str(error)) from error
    return Done(f"{len(keys)} keys", {"keys": " ".join(keys)})


def _write(path: Path, first: str, keys: dict[str, bytes]) -> None:
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    text = first + "".join(key_line(public) for public in keys.values())
    write_durably(path, text.encode(), 0o640)
    if parse_keys(path.read_text(encoding="ascii")) != keys:
        raise OSError(os.strerror(5), str(path))

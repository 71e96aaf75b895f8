"""`python -m tests.support.held_backup GO sandi-center-words...`: a backup that stands still while it writes its file.

It says "held" when the first of the centre's files is in it, and goes on once the file GO is there.
"""

import sys
import time
from pathlib import Path

from center.backup import archive
from center.backup.archive import Planned
from center.backup.manifest import File
from center.backup.tar import TarWriter


def main(go: Path, words: list[str]) -> int:
    """Run the command."""
    put = archive._put

    def put_and_wait(tar: TarWriter, one: Planned) -> File:
        done = put(tar, one)
        if not go.exists():
            print("held", flush=True)
        while not go.exists():
            time.sleep(0.02)
        return done

    archive._put = put_and_wait
    from center.cli import main as center

    return center(words)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))

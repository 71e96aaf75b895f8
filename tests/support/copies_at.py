"""`python -m tests.support.copies_at DATA COPIES sandi-center-words...`: the command, copying as it goes.

COPIES/N is the directory DATA as it was before the Nth step on disk.
Which is what the command would have left there had it been killed at that moment: kill -9 takes nothing back of what a
process gave to the kernel.
"""

import shutil
import sys
from pathlib import Path

from tests.support import dies_at


def main(data: Path, copies: Path, words: list[str]) -> int:
    def copy(step: int) -> None:
        shutil.copytree(data, f"{copies}/{step}", symlinks=True)  # by none of what is counted

    return dies_at.run(words, copy)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))

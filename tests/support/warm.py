"""Programs that start in milliseconds: a process that has imported everything forks one child per request.

What a child does is what the program does; only the time Python needs to import it is saved, so that a thousand
starts and kills fit into minutes. One request at a time, answered by a line of JSON.
"""

import ctypes
import importlib
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1


class Warm:
    """`start` a child that calls `module:function(*args)`, `kill` it or `wait` for it. A context manager."""

    def __init__(self, *modules: str, log: Path) -> None:
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.warm", *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", "the warm process did not come up"

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._process.kill()  # its children die with it
        self._process.communicate()

    def start(self, call: str, *args: str | int) -> int:
        """Fork a child; its process id. What it prints goes to the log."""
        return self._ask({"call": call, "args": args, "log": str(self._log)})

    def wait(self, pid: int) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        return self._ask({"wait": pid})

    def kill(self, pid: int, number: signal.Signals = signal.SIGKILL) -> int:
        """Send the signal and wait for the end; the exit code."""
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        return self.wait(pid)

    def alive(self, pid: int) -> bool:
        """Whether it still runs (not ended, not waited for)."""
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return state not in ("Z", "X")

    def _ask(self, request: dict[str, object]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve(modules: list[str]) -> None:
    """Fork on request until standard input ends; then take the children along (they die with this process)."""
    for module in modules:
        importlib.import_module(module)
    print("ready", flush=True)
    parent = os.getpid()
    while line := sys.stdin.readline():
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        elif pid := os.fork():
            print(pid, flush=True)
        else:
            _become(request, parent)


def _become(request: dict[str, object], parent: int) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    log = os.open(str(request["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    module, _, name = str(request["call"]).partition(":")
    code = 1
    try:
        args = request["args"]
        assert isinstance(args, list)
        code = int(getattr(importlib.import_module(module), name)(*args) or 0)
    except BaseException:  # noqa: BLE001 - whatever it was belongs into its log, and nothing of ours may run after it
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1:])

"""What somebody tries who has taken over a process of ours: `python3 abuse.py [NAME...]` with nothing but Python.

Prints one JSON object: attempt -> "open" where it went through (or got as far as its harmless arguments allow), else
the name of the errno. Every attempt runs in a child of its own, and none of them does harm where it succeeds.
"""

# ruff: noqa: PTH101, PTH108, PTH110, PTH116, PTH118, PTH123, PTH208, BLE001

import ctypes
import errno
import json
import mmap
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

_LIBC = ctypes.CDLL(None, use_errno=True)
_NUMBERS = {  # x86_64, aarch64: asm/unistd.h
    "init_module": (175, 105), "finit_module": (313, 273), "kexec_load": (246, 104), "reboot": (169, 142),
    "ptrace": (101, 117), "umount2": (166, 39), "mount": (165, 40), "unshare": (272, 97), "bpf": (321, 280),
    "perf_event_open": (298, 241), "clock_settime": (227, 112), "adjtimex": (159, 171), "swapoff": (168, 225),
    "personality": (135, 92), "sched_setscheduler": (144, 119), "sethostname": (170, 161), "iopl": (172, None),
    "add_key": (248, 217), "chroot": (161, 51), "setns": (308, 268), "process_vm_readv": (310, 270),
    "syslog": (103, 116), "acct": (163, 89), "quotactl": (179, 60), "userfaultfd": (323, 282),
}  # fmt: skip
_COLUMN = {"x86_64": 0, "aarch64": 1}[platform.machine()]
_NEWNS, _NEWUSER, _NEWPID, _NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000


def _call(name: str, *arguments: Any, past: tuple[int, ...] = ()) -> None:
    """A system call; an errno of `past` means that it was let through to its senseless arguments, or to a
    kernel that has no such call (ENOSYS): a filter answers EPERM before."""
    number = _NUMBERS[name][_COLUMN]
    if number is None:
        raise PermissionError(errno.EPERM, "not on this processor")
    if _LIBC.syscall(ctypes.c_long(number), *arguments) == -1 and (found := ctypes.get_errno()) not in past:
        raise OSError(found, name)


def _read(path: str) -> None:
    with open(path, "rb") as file:
        file.read(1)


def _write(folder: str) -> None:
    path = os.path.join(folder, f".abuse-{os.getpid()}")
    with open(path, "wb"):
        os.unlink(path)


def _append(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY))


def _reach(path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(path)


def _socket(family: int, kind: int, protocol: int = 0) -> None:
    socket.socket(family, kind, protocol).close()


def _low_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 81))


def _send_away() -> None:
    """To an address of this machine that is none of a local network's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("192.0.2.1", 9))


def _ptrace() -> None:
    child = os.fork()
    if child == 0:
        signal.pause()
    try:
        _call("ptrace", ctypes.c_long(0x4206), ctypes.c_long(child), None, None)  # PTRACE_SEIZE
    finally:
        os.kill(child, signal.SIGKILL)


def _device() -> None:
    """The kernel's random numbers under a name of our own."""
    with tempfile.TemporaryDirectory() as folder:
        os.mknod(os.path.join(folder, "null"), 0o600 | 0o020000, os.makedev(1, 8))


def _setuid_bit() -> None:
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0o4755)


def _setuid_program() -> None:
    """A copy of `id` that belongs to root and has the bit: whose rights it runs with."""
    done = subprocess.run(["/srv/abuse/id", "-u"], capture_output=True, text=True, check=True)
    if done.stdout.strip() != "0":
        raise PermissionError(errno.EPERM, "no new rights")


def _write_and_run() -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close()


def _others() -> None:
    """Whether processes of other users can be seen."""
    mine = os.getuid()
    for name in os.listdir("/proc"):
        if name.isdigit() and os.stat(f"/proc/{name}").st_uid != mine:
            return
    raise PermissionError(errno.EPERM, "none in sight")


def _control_group() -> None:
    """Into another control group: out of every limit of this one."""
    for folder in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"):
        if os.path.exists(f"{folder}/cgroup.procs"):
            _append(f"{folder}/cgroup.procs")
            return
    raise FileNotFoundError(errno.ENOENT, "no control groups")


def _journal() -> None:
    """What all of this machine logs; kept on the disk, or in memory alone."""
    for folder in ("/var/log/journal", "/run/log/journal"):
        try:
            machines = os.listdir(folder)
        except FileNotFoundError:
            continue
        for machine in machines:
            _read(os.path.join(folder, machine, "system.journal"))
            return
    raise FileNotFoundError(errno.ENOENT, "no journal in sight")


ATTEMPTS: dict[str, Callable[[], None]] = {
    "read /etc/shadow": lambda: _read("/etc/shadow"),
    "read the journal": _journal,
    "read the node's key": lambda: _read("/etc/sandi/credentials/node.key"),
    "read the enrolment token": lambda: _read("/etc/sandi/enrol/token"),
    "read the agent's credentials": lambda: _read("/run/credentials/sandi-agent.service/node.key"),
    "read the outbox": lambda: _read("/var/lib/sandi/outbox.db"),
    "read the cameras' passwords": lambda: _read("/etc/sandi/camera-passwords.toml"),
    "read the authority's key": lambda: _read("/var/lib/sandi-center/pki/ca.key"),
    "read the broker's key": lambda: _read("/var/lib/sandi-center/pki/server.key"),
    "read another process's certificate key": lambda: _read(
        "/var/lib/sandi-center/pki/clients/center-ingest-1/client.key"
    ),
    "read the sealing key": lambda: _read("/var/lib/sandi-center/keys/seal.key"),
    "read the key of sessions": lambda: _read("/var/lib/sandi-center/secret_key"),
    "read the alarm channels' secrets": lambda: _read("/var/lib/sandi-center/alerts-secrets/example"),
    "write another's memory": lambda: _append("/proc/1/mem"),
    "read another's environment": lambda: _read("/proc/1/environ"),
    "see other users' processes": _others,
    "write /etc": lambda: _write("/etc"),
    "write /usr": lambda: _write("/usr/lib"),
    "write /opt/sandi": lambda: _write("/opt/sandi"),
    "write /boot": lambda: _write("/boot"),
    "write /root": lambda: _write("/root"),
    "write the agent's data": lambda: _write("/var/lib/sandi"),
    "write the cameras' data": lambda: _write("/var/lib/sandi-camera"),
    "write the authority": lambda: _write("/var/lib/sandi-center/pki"),
    "write pictures": lambda: _write("/var/lib/sandi-center/pictures"),
    "write units": lambda: _write("/run/systemd/system"),
    "write cron": lambda: _write("/etc/cron.d"),
    "write /proc/sys": lambda: _append("/proc/sys/net/ipv4/ip_forward"),
    "leave the control group": _control_group,
    "agent's control socket": lambda: _reach("/run/sandi/control.sock"),
    "agent's intake": lambda: _reach("/run/sandi/intake.sock"),
    "agent's picture door": lambda: _reach("/run/sandi/pictures.sock"),
    "read the command key": lambda: _read("/var/lib/sandi-center/commander/keys/ring.json"),
    "read the commander's book": lambda: _read("/var/lib/sandi-center/commander/book.db"),
    "commander's socket": lambda: _reach("/run/sandi-commander/commander.sock"),
    "signer's socket": lambda: _reach("/run/sandi-signer/signer.sock"),
    "systemd's own socket": lambda: _reach("/run/systemd/private"),
    "load a module": lambda: _call(
        "init_module", None, ctypes.c_ulong(0), b"", past=(errno.ENOEXEC, errno.EFAULT, errno.EINVAL, errno.ENOSYS)
    ),
    "load a module from a file": lambda: _call(
        "finit_module", -1, b"", 0, past=(errno.EBADF, errno.ENOEXEC, errno.EINVAL, errno.ENOSYS)
    ),
    "load a kernel": lambda: _call(
        "kexec_load", 0, 0, None, ctypes.c_ulong(1 << 62), past=(errno.EINVAL, errno.ENOSYS)
    ),
    "reboot": lambda: _call("reboot", 0, 0, 0, None, past=(errno.EINVAL,)),
    "ptrace": _ptrace,
    "unmount": lambda: _call("umount2", b"/etc", 0, past=(errno.EINVAL,)),
    "mount": lambda: _call("mount", b"none", b"/etc", b"no-such-file-system", 0, None, past=(errno.ENODEV,)),
    "new mounts": lambda: _call("unshare", _NEWNS),
    "new users": lambda: _call("unshare", _NEWUSER),
    "new network": lambda: _call("unshare", _NEWNET),
    "bpf": lambda: _call("bpf", 999, None, 0, past=(errno.EINVAL, errno.E2BIG, errno.EFAULT)),
    "count the processor": lambda: _call("perf_event_open", None, 0, -1, -1, 0, past=(errno.EFAULT,)),
    "set the clock": lambda: _call("clock_settime", 99, None, past=(errno.EINVAL, errno.EFAULT)),
    "ask the clock": lambda: _call("adjtimex", ctypes.create_string_buffer(256)),
    "swap off": lambda: _call("swapoff", b"/no/such/file", past=(errno.ENOENT,)),
    "another personality": lambda: _call("personality", 0x0400000),
    "real time": lambda: _call("sched_setscheduler", 0, 1, (ctypes.c_int * 1)(1)),
    "host name": lambda: _call("sethostname", None, -1, past=(errno.EINVAL,)),
    "change root": lambda: _call("chroot", b"/"),
    "kernel's log": lambda: _call("syslog", 3, None, 0, past=(errno.EINVAL,)),
    "accounting": lambda: _call("acct", b"/no/such/file", past=(errno.ENOENT,)),
    "a device of its own": _device,
    "set a setuid bit": _setuid_bit,
    "run a setuid program": _setuid_program,
    "raw packets": lambda: _socket(socket.AF_PACKET, socket.SOCK_RAW),
    "raw IP": lambda: _socket(socket.AF_INET, socket.SOCK_RAW, 1),
    "another family": lambda: _socket(socket.AF_VSOCK, socket.SOCK_STREAM),
    "a low port": _low_port,
    "send away": _send_away,
    "kill another": lambda: os.kill(1, 0),
    "write and run memory": _write_and_run,
}


def _outcome(attempt: Callable[[], None]) -> str:
    """In a child: what it does to itself ends with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            attempt()
            word = "open"
        except OSError as error:
            word = errno.errorcode.get(error.errno or 0, str(error))
        except BaseException as error:
            word = repr(error)
        os.write(writing, word.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        word = stream.read()
    _, status = os.waitpid(child, 0)
    return word or f"killed by {status}"


def main() -> None:
    chosen = sys.argv[1:] or list(ATTEMPTS)
    found = {name: _outcome(ATTEMPTS[name]) for name in chosen}
    print("ABUSE " + json.dumps({"uid": os.getuid(), **found}), flush=True)


if __name__ == "__main__":
    main()

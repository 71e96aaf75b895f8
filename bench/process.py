"""Reads what the kernel says about a process and a connection: memory, CPU, disk writes, bytes on the wire."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

HOST_LIBRARIES = re.compile(r"/(ld-linux|libc|libm|libdl|libpthread|libz|libssl|libcrypto|libgcc_s)[-.]")
"""Mapped by other processes of any Debian host anyway (sshd, systemd): their pages are shared there too."""
MAPPING = re.compile(r"^[0-9a-f]+-[0-9a-f]+ ")
SEGMENT_HEADER_BYTES = 52
"""IPv4 header (20) and TCP header with timestamps (32), per segment."""


@dataclass(frozen=True, slots=True)
class Memory:
    """In MiB. `pss_host_shared` counts host libraries by their share and all the rest as if nobody else mapped it."""

    rss: float
    pss: float
    private: float
    pss_host_shared: float


def memory(pid: int) -> Memory:
    """From /proc/PID/smaps: what this process weighs."""
    rss = pss = private = host_shared = 0
    library = False
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        if MAPPING.match(line):
            library = HOST_LIBRARIES.search(line) is not None
            continue
        key, _, rest = line.partition(":")
        if not rest.endswith("kB"):
            continue
        kilobytes = int(rest.split()[0])
        if key == "Rss":
            rss += kilobytes
            host_shared += 0 if library else kilobytes
        elif key == "Pss":
            pss += kilobytes
            host_shared += kilobytes if library else 0
        elif key in {"Private_Clean", "Private_Dirty"}:
            private += kilobytes
    return Memory(rss / 1024, pss / 1024, private / 1024, host_shared / 1024)


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and of its children that ended, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def written_bytes(pid: int) -> int:
    """Bytes the process caused to be sent to the storage layer."""
    text = Path(f"/proc/{pid}/io").read_text(encoding="utf-8")
    return int(re.search(r"^write_bytes: (\d+)", text, re.MULTILINE)[1])  # type: ignore[index]


@dataclass(frozen=True, slots=True)
class Wire:
    """Bytes both ways on one connection: as TLS records, and with the TCP/IP headers of every segment."""

    tls: int
    with_headers: int


def wire_bytes(pid: int, port: int, inside: str = "") -> Wire:
    """What went over the process's established connection to this port so far; `inside` a network namespace."""
    command = [
        *(("ip", "netns", "exec", inside) if inside else ()),
        "ss",
        "-tinpOH",
        "state",
        "established",
        f"( dport = :{port} )",
    ]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    tls = segments = 0
    for line in listing.splitlines():
        if f"pid={pid}," not in line:
            continue
        counts = {name: int(value) for name, value in re.findall(r"\b(bytes_\w+|segs_\w+):(\d+)", line)}
        tls += counts.get("bytes_sent", 0) + counts.get("bytes_received", 0)
        segments += counts.get("segs_out", 0) + counts.get("segs_in", 0)
    return Wire(tls, tls + SEGMENT_HEADER_BYTES * segments)

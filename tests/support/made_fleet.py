"""A made centre with a whole city enrolled: 110 boxes' keys in one process, made once per run."""

import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

from tests.support.made_center import made_center
from tests.support.made_once import made_once
from tests.support.mqtt import Peer

NODES = 110
_ENROL = """
import sys
from pathlib import Path
from center.database import open_database
open_database()
from center.sites.enrolment import add_site, enroll_node
from center.sites.models import Site
data, out, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
sites = sorted(Site.objects.values_list("code", flat=True))
for number in range(count - len(sites)):
    add_site(f"cctv-titik-{number}", f"Titik {number}")
    sites.append(f"cctv-titik-{number}")
for code in sites[:count]:
    enroll_node(code, out / code, data)
"""


def lay_fleet(data: Path, credentials: Path, count: int = NODES) -> tuple[str, ...]:
    """Lay it at `data`, which is not there yet, each node's credentials in its folder; the nodes, sorted."""

    def make(folder: Path) -> None:
        made_center(folder / "center")
        words = (str(folder / "center"), str(folder / "credentials"), str(count))
        environment = {**os.environ, "SANDI_CENTER_DATA": str(folder / "center")}
        subprocess.run([sys.executable, "-c", _ENROL, *words], check=True, env=environment, timeout=280)

    folder = made_once(f"fleet-{count}", make)
    shutil.copytree(folder / "center", data)
    shutil.copytree(folder / "credentials", credentials, dirs_exist_ok=True)
    return tuple(sorted(place.name for place in credentials.iterdir()))


def session(host: str, port: int, node: str, credentials: Path) -> Peer:
    """The node's connection to the broker, with its own certificate."""
    context = ssl.create_default_context(cafile=str(credentials / "ca.crt"))
    context.load_cert_chain(str(credentials / "node.crt"), str(credentials / "node.key"))
    peer = Peer(host, port, context, node)
    peer.connect()
    return peer

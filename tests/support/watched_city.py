"""A city whose box has a camera in its network: what of its pictures the centre holds, and how both are asked."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from agent.cli_app import app
from tests.support.city import ROOT, Agent, City, wait_until
from wire.snapshot import SnapshotRecord, extract

CAMERA = "gerbang"
COLUMNS = "seq, camera, reason, request_id, verdict, mask_version, previous_sha256, sha256, evicted, evicted_more, path"


class Row(dict[str, Any]):
    """A picture at the centre: its columns by name."""

    def file(self, city: City) -> bytes:
        """As the centre keeps it."""
        return (city.data / str(self["path"])).read_bytes()

    def record(self, city: City) -> SnapshotRecord:
        """What the box signed; checked against the bytes."""
        return extract(self.file(city)).record

    def image(self, city: City) -> bytes:
        """The picture without its record."""
        return extract(self.file(city)).image


def camera(kind: str, name: str = CAMERA, **settings: object) -> str:
    """The table of one camera that may take pictures."""
    values = {"type": kind, "interval_s": 1, "purpose": "traffic", "notice_posted": True, **settings}
    return f"[cameras.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())


def watched(city: City, cameras: str, login: tuple[str, str] | None = None, *, port: int = 0, more: str = "") -> Agent:
    """An agent with these cameras, not yet started. `port`: of a line to the centre other than the direct one; `more`:
    tables; `login`: what CAMERA asks for."""
    agent = city.agent(cameras=True)
    folder, keys = agent.directory, city.credentials(city.node)
    agent.config.write_text(
        f'[node]\nid = "{city.node}"\ndata_dir = "{folder / "data"}"\nrun_dir = "{folder / "run"}"\n'
        f'[uplink]\nhost = "127.0.0.1"\nport = {port or city.mqtt_port}\ncredentials = "{keys}"\n'
        "reconnect_max_s = 2.0\nuser_timeout_s = 6.0\nkeepalive_s = 5\ntaken_over_s = 2\n"
        f'[camera_process]\ndata_dir = "{folder / "camera"}"\nrun_dir = "{folder / "camera-run"}"\n'
        f'logins_file = "{folder / "camera-passwords.toml"}"\n{cameras}{more}'
    )
    if login is not None:
        logins = folder / "camera-passwords.toml"
        logins.touch(0o600)
        logins.write_text(f"[{CAMERA}]\nuser = {json.dumps(login[0])}\npassword = {json.dumps(login[1])}\n")
    return agent


def sandi(agent: Agent, *arguments: str) -> Result:
    """`sandi ARGUMENTS` at this box, in this process: only a start of Python is saved."""
    return CliRunner().invoke(app, [*arguments, "-c", str(agent.config)], env={"COLUMNS": "80", "SANDI_LANG": "id"})


def arrived(city: City, where: str = "1") -> list[Row]:
    """The pictures at the centre whose signature is good, by their number."""
    good = "node = ? AND finding = 'genuine' AND signature_ok"
    sql = f"SELECT {COLUMNS} FROM cctv_snapshot WHERE {good} AND {where} ORDER BY seq"
    return [Row(zip(COLUMNS.split(", "), values, strict=True)) for values in city.query(sql, city.node)]


def wait_for(
    city: City, agent: Agent, enough: Callable[[list[Row]], object], what: str, timeout_s: float = 120
) -> None:
    """Until the centre's pictures are so; both logs of the box when they never are."""
    try:
        wait_until(lambda: enough(arrived(city)), what, timeout_s)
    except AssertionError as error:
        rows = [dict(row) for row in arrived(city)][-5:]
        assert agent.eyes is not None
        raise AssertionError(f"{error}\n{rows}\n{agent.tail()}\n{agent.eyes.tail()}") from None


def settled(city: City, agent: Agent) -> None:
    """Take no more pictures, and wait until each of those there are has a row at the centre, and a genuine one."""
    assert agent.eyes is not None
    agent.eyes.stop()
    wait_until(lambda: has_left(agent), f"the last picture to be taken in\n{agent.tail()}")
    wait_until(lambda: pending(agent) == 0, f"the outbox to be empty\n{agent.tail()}", 120)
    raw = "SELECT count(*) FROM ingest_rawrecord WHERE stream = 'snapshot' AND node = ?"
    wait_until(
        lambda: [(len(arrived(city)),)] == city.query(raw, city.node), "a row, and a genuine one, of each of them", 120
    )


def has_left(agent: Agent) -> bool:
    """Whether the agent is done with all that the camera process which has ended gave it, by its log."""
    log = agent.tail(10_000_000)
    return log.rfind("camera-process-left") > log.rfind("camera-process-connected")


def pending(agent: Agent) -> int:
    """Pictures the centre has not acknowledged; -1 while the box cannot say."""
    outbox = agent.ask("control", op="status")["outbox"]
    assert isinstance(outbox, dict)
    return int(outbox.get("streams", {}).get("snapshot", {}).get("pending", -1))


def packed(city: City, target: Path, name: str = CAMERA) -> Path:
    """The evidence pack of everything this camera brought."""
    city.command(
        "evidence", "export", "--node", city.node, "--camera", name, "--from", "2020-01-01", "--to", "2099-12-31",
        "--out", str(target),
    )  # fmt: skip
    return target


def verified(*files: Path, key: str = "", data: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """`sandi-center evidence verify` where there is no centre, unless `data` names one."""
    words = [*("--key", key)[: 2 * bool(key)], "--data", str(data or files[0].parent / "no-centre-here")]
    return subprocess.run(
        [sys.executable, "-m", "center.cli", "--lang", "en", "evidence", "verify", "--json", *map(str, files), *words],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def box_key(agent: Agent, city: City) -> str:
    """The public key this box signs with, base64."""
    from nacl.signing import SigningKey

    seed = base64.b64decode((city.credentials(agent.node) / "sign.key").read_bytes())
    return base64.b64encode(bytes(SigningKey(seed).verify_key)).decode()


def chain_in_pack(city: City, folder: Path) -> list[str]:
    """What `sandi-center evidence verify` says of each picture's place in the chain, oldest first, in a pack of all
    that is there. AssertionError when the pack as a whole is not good."""
    done = verified(packed(city, folder / "pack.zip"), data=city.data)
    found = json.loads(done.stdout)
    assert (done.returncode, found["good"], found["faults"]) == (0, True, []), done.stdout
    ordered = sorted(found["pictures"], key=lambda one: one["seq"])
    assert [one["seq"] for one in ordered] == [row["seq"] for row in arrived(city)]
    return [str(one["chain"]) for one in ordered]


def given_up(agent: Agent) -> int:
    """Pictures the box had to give up unsent."""
    outbox = agent.ask("control", op="status")["outbox"]
    assert isinstance(outbox, dict)
    return int(outbox.get("given_up", {}).get("snapshot", 0))


def is_unbroken(chain: list[str]) -> bool:
    """Whether every picture the box ever took is there, in one chain."""
    return chain == ["first", *["follows"] * (len(chain) - 1)]

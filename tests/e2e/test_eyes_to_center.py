"""A picture's whole road: a camera that asks for a password, the camera process, the agent, the broker, the centre's
row, file, pages and wall, and out again as evidence that is checked where nothing of the centre is."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.agent.cameras.http_camera import http_camera
from tests.support.city import NODE, City, running_city
from tests.support.voice_officer import Officer
from tests.support.watched_city import (
    CAMERA,
    arrived,
    box_key,
    camera,
    packed,
    sandi,
    settled,
    wait_for,
    watched,
)

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]


def test_a_picture_travels_from_a_camera_with_a_password_to_the_pages_and_out_as_evidence(tmp_path: Path) -> None:
    with http_camera(auth="sha256") as source, running_city(tmp_path) as city:
        agent = watched(
            city, camera("http_jpeg", url=source.url, events=False, deadline_s=60), (source.user, source.password)
        )
        agent.start()
        wait_for(city, agent, lambda rows: len(rows) >= 2, "two pictures at the centre")
        asked = sandi(agent, "snapshot", CAMERA, "--json", "-o", str(tmp_path / "asked.jpg"))
        told = json.loads(asked.stdout)
        assert (asked.exit_code, told["ok"], told["shared"]) == (0, True, False), asked.output
        wait_for(city, agent, lambda rows: told["seq"] in {row["seq"] for row in rows}, "the one asked for")
        settled(city, agent)
        agent.stop()

        rows = arrived(city)
        [mine] = [row for row in rows if row["seq"] == told["seq"]]
        assert mine.file(city) == (tmp_path / "asked.jpg").read_bytes(), "the centre has the very file the box gave"
        assert (mine["reason"], mine["request_id"], mine["verdict"]) == ("request", told["request_id"], told["verdict"])
        assert mine.record(city).taken_age_ms <= told["age_ms"]
        assert {"grab", "total"} <= told["timings_ms"].keys()
        assert {row["reason"] for row in rows} == {"schedule", "request"}
        hashes = [row["sha256"] for row in rows]
        assert [row["previous_sha256"] for row in rows] == ["", *hashes[:-1]]
        assert len(set(hashes)) == len(hashes)

        ids = dict(city.query("SELECT seq, id FROM cctv_snapshot WHERE node = ?", city.node))
        picture_id, newest_id = ids[mine["seq"]], ids[rows[-1]["seq"]]
        page, files = looked_at(city, picture_id, newest_id)
        assert f"/pictures/{picture_id}.jpg" in page
        assert files == [mine.file(city), rows[-1].file(city)], "on the page, and the newest on the wall"
        looks = city.query("SELECT subject FROM accounts_act WHERE what = 'picture'")
        assert any(f"{NODE}/{CAMERA}" in str(row[0]) for row in looks)

        pack, key = packed(city, tmp_path / "pack.zip"), box_key(agent, city)
        logs = [log.read_text(errors="replace") for log in (agent.log, agent.eyes.log, city.up.log)]  # type: ignore[union-attr]
        secrets = (source.password, source.password.encode("unicode_escape").decode())
        assert not any(secret in log for log in logs for secret in secrets)

    away = unpacked(pack, tmp_path / "away")
    code, said = script(away, str(pack))
    assert (code, f"{len(rows)}/{len(rows)} gambar sah" in said, "lubang / holes: 0" in said) == (0, True, True), said

    shutil.copy(tmp_path / "asked.jpg", away / "one.jpg")
    code, said = script(away, "one.jpg", "--key", key)
    assert (code, "SAH / GENUINE  one.jpg" in said) == (0, True), said
    forge(away / "one.jpg")
    code, said = script(away, "one.jpg", "--key", key)
    assert (code, "TIDAK SAH / NOT GENUINE  one.jpg" in said) == (1, True), said


def looked_at(city: City, picture_id: object, newest_id: object) -> tuple[str, list[bytes]]:
    """The camera's page at this picture, the picture as the page fetches it, and the newest as the wall does: that
    shows no picture which three have followed."""
    officer = Officer(city)
    page = officer.get(f"/cameras/{NODE}/{CAMERA}/?at={picture_id}")
    return page, [officer.fetch(f"/pictures/{picture_id}.jpg"), officer.fetch(f"/wall/pictures/{newest_id}.jpg")]


def unpacked(pack: Path, folder: Path) -> Path:
    """The folder, with all that the pack holds."""
    folder.mkdir()
    with zipfile.ZipFile(pack) as archive:
        archive.extractall(folder)
    return folder


def forge(file: Path) -> None:
    """One bit in its middle."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def script(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and words of the pack's own script, which sees nothing of this program."""
    command = [sys.executable, "-I", "verify.py", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout

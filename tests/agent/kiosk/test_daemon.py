"""`sandi run` with a kiosk at its socket: what it takes is sealed elsewhere, and it stays as small as it was."""

import base64
import hashlib
import io
from pathlib import Path

import pytest
from nacl.public import PrivateKey
from PIL import Image

from tests.agent.test_service import TELLING
from tests.support.agent_box import AgentBox, stop
from tests.support.kiosk_box import a_request

NEVER = ("nacl", "PIL", "click", "rich", "cryptography", "email", "multiprocessing", "urllib.request", "http", "dis")


def test_after_a_photo_a_complaint_a_survey_and_a_look_the_daemon_has_loaded_no_cryptography_and_no_pictures(
    tmp_path: Path,
) -> None:
    (tmp_path / "seal.pub").write_bytes(base64.b64encode(bytes(PrivateKey.generate().public_key)))
    box = AgentBox(tmp_path)
    made = io.BytesIO()
    Image.new("RGB", (50, 40)).save(made, "JPEG")
    raw = made.getvalue()
    piece = {"op": "photo", "client_id": "p" * 32, "index": 0, "offset": 0, "bytes_total": len(raw)}
    photo = piece | {"sha256": hashlib.sha256(raw).hexdigest(), "data": base64.b64encode(raw).decode()}
    with box.running("-c", TELLING) as agent:
        ready = box.ask_intake({"op": "ready", "lang": "id"})
        assert ready["place"] == "kel-3673011001" and ready["limits"]["photos"] == 3  # type: ignore[index]
        taken = box.ask_intake(photo)
        ticket = box.ask_intake(a_request() | {"photos": [taken["photo_id"]]})
        assert ticket["photos"] == 1 and ticket["online"] is False
        survey = {"op": "survey", "unit": "opd-disdukcapil", "answers": [4] * 9, "client_id": "s" * 32}
        assert box.ask_intake(survey)["duplicate"] is False
        found = box.ask_intake({"op": "lookup", "code": ticket["code"], "pin": ticket["pin"]})
        assert (found["status"], found["delivered"]) == ("stored", False)
        assert box.ask_intake({"op": "board"})["notices"] == []
        stop(agent)
        line, *_ = [line for line in agent.output.splitlines() if line.startswith("loaded ")]
        said = agent.output
    loaded = line.split()[1:]
    assert "agent.kiosk.handing_in" in loaded
    assert [one for one in loaded if any(one == name or one.startswith(f"{name}.") for name in NEVER)] == []
    for secret in (str(ticket["code"]), "Siti", "Lampu", "3456-7890", str(a_request()["client_id"])):
        assert secret not in said


@pytest.mark.parametrize("line", ["photos = false", 'areas_file = ""'])
def test_the_configuration_reaches_the_door(tmp_path: Path, line: str) -> None:
    (tmp_path / "seal.pub").write_bytes(base64.b64encode(bytes(PrivateKey.generate().public_key)))
    box = AgentBox(tmp_path, more=f"[kiosk]\n{line}")
    with box.running():
        ready = box.ask_intake({"op": "ready"})
    limits, areas = ready["limits"], ready["areas"]
    assert (limits["photos"] == 0) == (line == "photos = false")  # type: ignore[index]
    assert (areas == []) == (line.startswith("areas"))

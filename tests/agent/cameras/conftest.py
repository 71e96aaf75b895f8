"""Pictures and folders for the camera tests."""

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from agent.cameras.stream import rtsp

SAMPLES = Path(__file__).resolve().parents[3] / "agent" / "cameras" / "samples"


def noise_jpeg(width: int, height: int, seed: int = 1, quality: int = 90) -> bytes:
    """A picture that does not compress: the worst case for a budget."""
    pixels = random.Random(seed).randbytes(width * height * 3)
    target = io.BytesIO()
    Image.frombytes("RGB", (width, height), pixels).save(target, "JPEG", quality=quality)
    return target.getvalue()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera of this machine may be silent for long: it waits for a processor."""
    monkeypatch.setattr(rtsp, "LONGEST_SILENCE_S", 60.0)


@pytest.fixture
def samples() -> Path:
    return SAMPLES


@pytest.fixture
def noise() -> Callable[..., bytes]:
    return noise_jpeg


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three small pictures: a.jpg, b.jpg, c.jpg of 32, 48 and 64 pixels a side."""
    made = tmp_path / "pictures"
    made.mkdir()
    for name, side in (("b", 48), ("a", 32), ("c", 64)):
        (made / f"{name}.jpg").write_bytes(noise_jpeg(side, side))
    return made

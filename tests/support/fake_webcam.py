"""A webcam that is none: no Video4Linux device is where tests run, so FFmpeg reads a file of pictures in its place.

What stays real: FFmpeg's demuxer gives the packets a webcam's would (JPEG pictures, or raw YUYV ones), and everything
after `agent.cameras.v4l2.open_device` is the product's. What this cannot test: the driver, its buffers, what it
negotiates, and that it gives FFmpeg the errors that are raised here by hand.
"""

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from PIL import Image

from agent.cameras import v4l2, worker
from agent.cameras.v4l2 import V4l2Config

WIDTH, HEIGHT = 320, 240
PICTURES = 40


class FakeWebcam:
    """Plugged in until told otherwise. Its state lies in the folder: a worker's process sees the same webcam."""

    def __init__(self, folder: Path, encoding: str = "mjpeg") -> None:
        self._folder, self._encoding = folder, encoding
        self.hangs: threading.Event | None = None
        """While it is there and not set, the driver does not come back."""
        self.length = PICTURES
        """How many pictures it gives until it is pulled out."""

    def trouble(self, number: int) -> None:
        """From now on opening brings this error (ENODEV, EBUSY, EACCES, ...); 0: none."""
        (self._folder / "trouble").write_text(str(number))

    def open_device(self, config: V4l2Config) -> "av.container.InputContainer":
        """Stands in for `agent.cameras.v4l2.open_device`. No two openings give the same pictures."""
        trouble = self._folder / "trouble"
        av.error.err_check(-int(trouble.read_text() if trouble.exists() else 0))
        if self.hangs is not None:
            self.hangs.wait()
        opened = self._folder / "opened"
        first = int(opened.read_text() if opened.exists() else 0)
        opened.write_text(str(first + PICTURES + 1))
        file = self._folder / f"pictures-{first}"
        file.write_bytes(b"".join(self._picture(first + count) for count in range(self.length)))
        options = {"video_size": f"{WIDTH}x{HEIGHT}", "pixel_format": self._encoding}
        try:
            if self._encoding == "mjpeg":
                return av.open(str(file), format="mjpeg")
            return av.open(str(file), format="rawvideo", options=options)
        finally:
            file.unlink()

    @contextmanager
    def plugged_in(self) -> Iterator["FakeWebcam"]:
        """For the adapters of this process, until the block ends."""
        real, v4l2.open_device = v4l2.open_device, self.open_device
        try:
            yield self
        finally:
            v4l2.open_device = real

    def _picture(self, number: int) -> bytes:
        if self._encoding == "mjpeg":
            with io.BytesIO() as target:
                picture(number).save(target, "JPEG", quality=90)
                return target.getvalue()
        return bytes((number % 200, 128)) * (WIDTH * HEIGHT)


def picture(number: int) -> Image.Image:
    """The picture of this number."""
    return Image.linear_gradient("L").resize((WIDTH, HEIGHT)).rotate(number % 360).convert("RGB")


if __name__ == "__main__":  # a worker with this webcam: python -m tests.support.fake_webcam FOLDER
    with FakeWebcam(Path(sys.argv[1])).plugged_in():
        sys.exit(worker.main())

"""A network camera's RTSP stream: one keyframe a picture, over TCP.

Usually each picture opens the stream anew and takes its first keyframe, which costs nothing in between. A camera that
sends a keyframe only every ten seconds is better read all the time: `reader = "persistent"`
(`agent.cameras.stream.keyframes`).
"""

import time
from typing import TYPE_CHECKING, ClassVar, Literal

from agent.cameras.base import CameraConfig, Frame, PictureInvalidError, Secrets
from agent.cameras.stream.url import check_stream_url
from agent.configuration.settings import field

if TYPE_CHECKING:
    from agent.cameras.stream.keyframe import Keyframe
    from agent.cameras.stream.keyframes import KeyframeReader
    from agent.cameras.stream.rtsp import Stream


class RtspConfig(CameraConfig, frozen=True, kw_only=True):
    """Where the stream is; user and password are in the password file."""

    type: ClassVar[str] = "rtsp"
    url: str = field(
        metadata={
            "example": "rtsp://192.168.1.64:554/Streaming/Channels/102",
            "help": "address of the stream, better the camera's second (smaller) one; never with a password",
        }
    )
    reader: Literal["each", "persistent"] = field(
        default="each",
        metadata={
            "help": '"each": opens the stream for every picture; "persistent": reads it all the time, '
            "for a camera with seldom keyframes"
        },
    )

    def __post_init__(self) -> None:
        check_stream_url(self.url)

    @property
    def stays_open(self) -> bool:
        return self.reader == "persistent"


class RtspCamera:
    """Obeys `agent.cameras.base.Camera`."""

    def __init__(self, config: RtspConfig, secrets: Secrets = Secrets()) -> None:  # noqa: B008 - frozen
        self._config = config
        self._secrets = secrets
        self._reader: KeyframeReader | None = None

    def open(self, turn: int) -> None:
        from agent.cameras.stream.keyframes import KeyframeReader
        from agent.cameras.stream.rtsp import Patience

        if self._config.reader == "persistent" and self._reader is None:
            self._reader = KeyframeReader(self._config.url, self._secrets, Patience.within(self._config.deadline_s))

    def grab(self, deadline_s: float) -> Frame:
        from agent.cameras.stream.rtsp import Patience, Stream

        if self._reader is not None:
            return self._reader.grab(deadline_s)
        patience = Patience.within(deadline_s)
        until_s = time.monotonic() + patience.all_s - patience.packet_s
        stream = Stream(self._config.url, self._secrets, patience)
        stream.until_s = until_s
        try:
            return _first_whole(stream)
        finally:
            stream.close()

    def close(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()


def _first_whole(stream: "Stream") -> Frame:
    """The first keyframe that decodes: one that was cut by joining in the middle is followed by a whole one. When none
    of several does, the stream is not what it said it was, and is opened anew next time."""
    from agent.cameras.stream.keyframe import MOST_BROKEN, frame_of

    began_s = time.monotonic()
    before: Keyframe | None = None
    for count, keyframe in enumerate(stream.keyframes(), 1):
        before = keyframe.joined_to(before)
        waited_ms = round((time.monotonic() - began_s) * 1000)
        try:
            return frame_of(before, {"connect": stream.connect_ms, "keyframe": waited_ms})
        except PictureInvalidError:
            if count >= MOST_BROKEN or time.monotonic() > stream.until_s:
                raise
    raise AssertionError("a stream ends with an error")
